import { X509Certificate } from 'node:crypto';
import { readText } from '../documents/read-json.ts';
import { UsageError } from '../ground/errors.ts';
import { parseRedisUrl, type RedisAddress } from '../ground/redis-url.ts';

/**
 * Where a server of the user's is, as a client takes it.
 *
 * @param url see parseRedisUrl
 * @param tlsCa a file with certificates of authorities (PEM), by which the server's is trusted besides those that Node knows
 * @throws UsageError if one of them makes no sense
 */
export function redisAddress(url: string, tlsCa?: string): RedisAddress {
  const address = parseRedisUrl(url);
  return tlsCa === undefined ? address : { ...address, tls: { ca: certificatesIn(tlsCa) } };
}

function certificatesIn(file: string): string {
  const text = readText(file, (message, cause) => noCertificate(`--tls-ca: ${message}`, cause));
  try {
    void new X509Certificate(text);
  } catch (cause) {
    throw noCertificate(`--tls-ca: ${file} is no certificate in PEM`, cause);
  }
  return text;
}

const noCertificate = (message: string, cause: unknown): UsageError =>
  new UsageError(
    'BAD_TLS_CA',
    message,
    'give a file that begins with -----BEGIN CERTIFICATE-----: that of the authority, or the server’s own',
    { cause },
  );
