import { inspect } from 'node:util';
import type { Strategy } from '../../strategies/contract.ts';
import type { Requirements } from '../documents/result.ts';

/** Client options whose values are nobody's business. */
const SECRET = /password|username|^tls$/i;

/** What must be true where the strategy runs, as it declares it. */
export const requirementsOf = ({ connection, supports, needs, client }: Strategy): Requirements => ({
  connection,
  supports: [...(supports ?? [])],
  commands: [...(needs?.commands ?? [])],
  ...(needs?.minRedis !== undefined && { minRedis: needs.minRedis }),
  client: Object.entries(client ?? {}).map(
    ([option, value]) => `${option}: ${SECRET.test(option) ? '…' : inspect(value)}`,
  ),
});
