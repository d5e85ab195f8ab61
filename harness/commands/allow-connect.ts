import { InvalidArgumentError, Option } from 'commander';
import { ignoredFlag } from '../terminal/options.ts';

export const allowConnectOption = (): Option =>
  new Option(
    '--allow-connect <host:port>',
    'other servers that the code may connect to, as it names them, with commas between; a path is that of a socket',
  ).argParser((text: string) => text.split(',').map(serverIn));

function serverIn(text: string): { host: string; port: number } | { path: string } {
  if (/^\/./.test(text)) return { path: text };
  const [, inBrackets, plain, port = ''] =
    /^(?:\[([\da-f:.]+)\]|([^\s:/@[\]]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = inBrackets ?? plain;
  if (host !== undefined && Number(port) > 0 && Number(port) < 65_536) return { host, port: Number(port) };
  throw new InvalidArgumentError('Give a host and a port, as in 127.0.0.1:5432, or the path of a socket.');
}

/** @throws UsageError if the flag would do nothing. `strategies`: as they are typed */
export function requireOwnCode(strategies: readonly string[], allowed: readonly unknown[] | undefined): void {
  if (allowed === undefined || strategies.some((word) => /[/\\.]/.test(word))) return;
  throw ignoredFlag(
    '--allow-connect',
    'built-in strategies use nothing but the connection that they are handed',
  );
}
