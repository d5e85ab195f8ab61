import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const openssl = (...words: string[]): string => {
  const { status, stderr, stdout } = spawnSync('openssl', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${words.join(' ')}: ${stderr}`);
  return stdout;
};

/** Whether this machine can make certificates. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** Files of a server that speaks TLS. */
export interface Certified {
  key: string;
  certificate: string;
  /** The authority that has signed it. */
  ca: string;
}

/** A certificate for 127.0.0.1, signed by an authority that nobody knows; or by itself. Its files go into the folder. */
export function certified(
  folder: string,
  { host = 'IP:127.0.0.1', selfSigned = false }: { host?: string; selfSigned?: boolean } = {},
): Certified {
  const at = (name: string): string => join(folder, name);
  const fresh = ['-newkey', 'rsa:2048', '-nodes'];
  const names = ['-addext', `subjectAltName=${host}`];
  if (selfSigned) {
    const files = ['-keyout', at('key.pem'), '-out', at('cert.pem')];
    openssl('req', '-x509', ...fresh, ...files, '-days', '2', '-subj', '/CN=shop', ...names);
    return { key: at('key.pem'), certificate: at('cert.pem'), ca: at('cert.pem') };
  }
  const authority = ['-keyout', at('ca-key.pem'), '-out', at('ca.pem')];
  openssl('req', '-x509', ...fresh, ...authority, '-days', '2', '-subj', '/CN=an authority');
  openssl('req', ...fresh, '-keyout', at('key.pem'), '-out', at('request.pem'), '-subj', '/CN=shop');
  writeFileSync(at('names'), `subjectAltName=${host}\n`);
  const signing = [
    '-CA',
    at('ca.pem'),
    '-CAkey',
    at('ca-key.pem'),
    '-CAcreateserial',
    '-extfile',
    at('names'),
  ];
  openssl('x509', '-req', '-in', at('request.pem'), ...signing, '-days', '2', '-out', at('cert.pem'));
  return { key: at('key.pem'), certificate: at('cert.pem'), ca: at('ca.pem') };
}

/** What redis-server is told so that it speaks TLS at that port, too. */
export const tlsArgs = ({ key, certificate, ca }: Certified, port: number, clients = 'no'): string[] =>
  Object.entries({
    'tls-port': String(port),
    'tls-cert-file': certificate,
    'tls-key-file': key,
    'tls-ca-cert-file': ca,
    'tls-auth-clients': clients,
  }).flatMap(([name, value]) => [`--${name}`, value]);
