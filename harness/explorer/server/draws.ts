import { CannotExplore } from '../errors.ts';
import { encodeCommand } from '../../wire/resp.ts';
import type { Entry, ServerMemo } from './memo.ts';
import type { Step } from './step-server.ts';
import type { KeyContent } from './content.ts';

/** SPOP of a set with more members than it takes: the server draws which. */
export interface Draw {
  key: string;
  members: readonly string[];
  /** Every choice of members that it may take. */
  outcomes: readonly (readonly string[])[];
}

/** A draw, and the members that it takes. */
export interface Drawn extends Pick<Draw, 'key' | 'members'> {
  outcome: readonly string[];
}

const MOST_OUTCOMES = 1000;

/** Whether the command may be one that draws. */
export const mayDraw = (args: readonly string[]): boolean => args[0]!.toUpperCase() === 'SPOP';

/** What the server will draw for the command; undefined where nothing is left to chance. */
export function drawOf(args: readonly string[], keys: readonly KeyContent[]): Draw | undefined {
  const [, key = '', count = '1', ...others] = args;
  if (!mayDraw(args) || others.length > 0 || !/^[1-9]\d*$/.test(count)) return undefined;
  const set = keys.find((content) => content.key === key && content.type === 'set');
  if (!set || set.items.length <= Number(count)) return undefined;
  return { key, members: set.items, outcomes: choices(set.items, Number(count)) };
}

/** Every choice of `count` members, in their order. */
function choices(members: readonly string[], count: number): string[][] {
  let ways = 1;
  for (let i = 0; i < count; i++) ways = (ways * (members.length - i)) / (i + 1);
  if (ways > MOST_OUTCOMES) {
    throw new CannotExplore(
      `its SPOP has ${ways} possible outcomes, too many to explore`,
      'put fewer units on sale',
    );
  }
  if (count === 0) return [[]];
  return members.flatMap((member, i) =>
    choices(members.slice(i + 1), count - 1).map((others) => [member, ...others]),
  );
}

/**
 * Runs the draw as if it had come out so. The reply is the server's own, to the same command on a set of just these
 * members; the effect is that of SREM.
 */
export async function executeDraw(
  memo: ServerMemo,
  state: number,
  step: Step,
  { key, members, outcome }: Drawn,
): Promise<Entry> {
  const remove = (gone: readonly string[]): Promise<Entry> =>
    memo.execute(state, { command: encodeCommand(['SREM', key, ...gone]), queued: [], dirty: false });
  const alone = await remove(members.filter((member) => !outcome.includes(member)));
  const { reply } = await memo.execute(alone.next, step);
  const { next, touched } = await remove(outcome);
  return { reply, next, touched };
}

/** A set beside the sale's keys. */
const ASIDE = '\x00oversell:draw';

/**
 * The same on the server as it stands: the command draws from a set of just these members, and they leave theirs.
 * @param send sends it in place of what the strategy sent
 */
export async function forceDraw<T>(
  memo: ServerMemo,
  args: readonly string[],
  { key, outcome }: Drawn,
  send: (instead: string) => Promise<T>,
): Promise<T> {
  await memo.call(['SADD', ASIDE, ...outcome]);
  const sent = await send(encodeCommand([args[0]!, ASIDE, ...args.slice(2)]));
  await memo.call(['SREM', key, ...outcome]);
  return sent;
}
