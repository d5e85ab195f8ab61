import { CannotExplore } from '../cannot-explore.ts';
import type { KeyContent } from './content.ts';

/** SPOP of a set with more members than it takes: the server draws which. */
export interface Draw {
  key: string;
  members: readonly string[];
  /** Every choice of members that it may take. */
  outcomes: readonly (readonly string[])[];
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
