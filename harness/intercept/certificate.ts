import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { dateAt } from '../ground/ambient.ts';
import { loadPackage } from '../ground/optional-packages.ts';
import { folderOfRun } from '../ground/temporary.ts';

/** With what the front ends TLS: a certificate of the run's own, for 127.0.0.1 and localhost. */
export interface Certificate {
  context: SecureContext;
  /** A file with the certificate, for who is to trust it. */
  ca: string;
  remove(): Promise<void>;
}

const A_WEEK_MS = 7 * 86_400_000;

/** @throws EnvironmentError if the package is missing that makes it, or there is no room for its file */
export async function certificateOfRun(nowMs: number): Promise<Certificate> {
  const { generate } = await loadPackage('selfsigned', () => import('selfsigned'), 'TLS to a service');
  const pems = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    // Clocks of containers are not always ours.
    notBeforeDate: dateAt(nowMs - A_WEEK_MS),
    notAfterDate: dateAt(nowMs + A_WEEK_MS),
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  const folder = folderOfRun('oversell-certificate-');
  const ca = join(folder.path, 'ca.pem');
  await writeFile(ca, pems.cert);
  const context = createSecureContext({ key: pems.private, cert: pems.cert });
  return { context, ca, remove: () => folder.remove() };
}
