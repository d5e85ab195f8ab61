import { epochOfRun } from '../process/virtual.ts';
import { restoredAt } from './deadlines.ts';
import type { ServerImage } from './image.ts';

/** What the server holds. */
export interface Held extends Pick<ServerImage, 'scripts' | 'functions'> {
  names: readonly string[];
  /** Key to dump, of the keys that are as a restore leaves them. */
  restored: ReadonlyMap<string, string>;
}

export const NOTHING = { names: [], restored: new Map<string, string>() };

/**
 * A key that the step changed is not as a restore would leave it, its order for one. Nor is one with a deadline: the
 * strategy's may be near, and must not pass while we look on.
 */
export function heldAfter(from: ServerImage, { keys, scripts, functions }: ServerImage): Held {
  const restored = [...keys].flatMap(([key, { dump, dated }]): [string, string][] =>
    from.keys.get(key)?.dump === dump && !dated ? [[key, dump]] : [],
  );
  return { names: [...keys.keys()], restored: new Map(restored), scripts, functions };
}

/**
 * Makes the keys those of another state. What is the same stays: an exploration goes back and forth between
 * neighbours, and to flush a server takes longer than all that is asked of it.
 */
export function changing(
  held: Pick<Held, 'names' | 'restored'>,
  wanted: ServerImage,
  referenceMs: number,
): string[][] {
  const gone = held.names.filter((key) => !wanted.keys.has(key));
  const commands = gone.length > 0 ? [['DEL', ...gone]] : [];
  for (const [key, { volatile, dump, deadline = {} }] of wanted.keys) {
    if (held.restored.get(key) === dump && !volatile) continue;
    const atMs = restoredAt(deadline, referenceMs, epochOfRun());
    const until = atMs === undefined ? ['0', dump, 'REPLACE'] : [String(atMs), dump, 'REPLACE', 'ABSTTL'];
    commands.push(['RESTORE', key, ...until]);
  }
  return commands;
}

export const digestsIn = (scripts: string): string[] => scripts.split(' ').filter(Boolean);
