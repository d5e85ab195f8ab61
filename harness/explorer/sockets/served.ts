import { mostWaitMs } from '../server/blocking.ts';
import type { ServerMemo } from '../server/memo.ts';
import { decodeCommand } from '../../wire/resp.ts';

/** What a command that may wait would meet now. `refused`: an error, at once. */
export type Met = 'served' | 'blocked' | 'refused';

/**
 * Whether there is something for a command that may wait, as the server stands. The search runs the command in a transaction
 * to find out; here other commands are asked, so that each is checked by the other.
 *
 * @returns undefined: it never waits
 */
export async function meets(memo: ServerMemo, command: string): Promise<Met | undefined> {
  if (mostWaitMs(command) === undefined) return undefined;
  const args = decodeCommand(command);
  try {
    return (await isThere(memo, args)) ? 'served' : 'blocked';
  } catch {
    return 'refused';
  }
}

async function isThere(memo: ServerMemo, args: readonly string[]): Promise<boolean> {
  const ask = async (...asked: string[]): Promise<unknown> => memo.ask(asked);
  switch (args[0]!.toUpperCase()) {
    case 'BLMPOP':
    case 'BZMPOP':
      return Number(await ask('EXISTS', ...args.slice(3, 3 + Number(args[2])))) > 0;
    case 'BLMOVE':
    case 'BRPOPLPUSH':
      return Number(await ask('EXISTS', args[1]!)) > 0;
    case 'XREAD':
    case 'XREADGROUP': {
      const after = args.slice(args.findIndex((arg) => arg.toUpperCase() === 'STREAMS') + 1);
      const streams = after.length / 2;
      for (let i = 0; i < streams; i++)
        if (await isAhead(memo, args, after[i]!, after[streams + i]!)) return true;
      return false;
    }
    default:
      return Number(await ask('EXISTS', ...args.slice(1, -1))) > 0;
  }
}

/** Whether the stream has an entry that the reader has not had. What was delivered to a consumer is told at once, be it nothing. */
async function isAhead(memo: ServerMemo, args: readonly string[], key: string, id: string): Promise<boolean> {
  if (args[0]!.toUpperCase() === 'XREAD')
    return (await memo.ask(['XREAD', 'COUNT', '1', 'STREAMS', key, id])) !== null;
  if (id !== '>') return true;
  const group = args[args.findIndex((arg) => arg.toUpperCase() === 'GROUP') + 1];
  const groups = (await memo.ask(['XINFO', 'GROUPS', key])) as { items: { items: unknown[] }[] };
  const found = groups.items.find(({ items }) => valueOf(items, 'name') === group);
  if (!found) throw new Error('there is no such group');
  const last = String(valueOf(found.items, 'last-delivered-id'));
  const next = (await memo.ask(['XRANGE', key, `(${last}`, '+', 'COUNT', '1'])) as { items: unknown[] };
  return next.items.length > 0;
}

const valueOf = (pairs: readonly unknown[], name: string): unknown => pairs[pairs.indexOf(name) + 1];
