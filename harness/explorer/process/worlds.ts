import { AsyncLocalStorage } from 'node:async_hooks';
import { handOver } from '../../ground/busy.ts';
import type { StrayKind } from '../../ground/strays.ts';
import type { OwnGlobals } from './own-globals.ts';

/** One explored process, as far as it matters to whose code is running. */
export interface World {
  /** An error that nobody catches. */
  strays(what: string, error: unknown): void;
  /** What it keeps on globalThis. */
  readonly globals: OwnGlobals;
}

/**
 * Whose code is running. Instances run one at a time, each until it is quiet, but others may work beside them in the
 * same thread (the tests of a file, a client that is busy); so the world goes along with every callback and promise of
 * the code that it belongs to. It is undefined for everybody else.
 */
const worlds = new AsyncLocalStorage<World | undefined>();
export const currentWorld = (): World | undefined => worlds.getStore();

/** The world that is being settled. */
let active: World | undefined;
export const isActive = (world: World): boolean => world === active;

/** Whose properties globalThis has; while nobody stays, those of the world that is being settled. */
let present: OwnGlobals | undefined;
let stays = 0;

function bring(globals: OwnGlobals): void {
  if (present === globals) return;
  leave();
  globals.enter();
  present = globals;
}

function leave(): void {
  const gone = present;
  present = undefined;
  gone?.leave();
}

/** Runs `body` as the code of `world`: its clock, chance and timers, until the promise settles. */
export async function inWorld<T>(world: World, body: () => Promise<T>): Promise<T> {
  if (active) throw new Error('two explored instances ran at once');
  active = world;
  handOver();
  try {
    bring(world.globals);
    return await worlds.run(world, body);
  } finally {
    active = undefined;
    handOver();
    if (stays === 0) goAway();
  }
}

/** Only while explored code runs: a search waits at every state, and each promise of its own would pay for this. */
function goAway(): void {
  worlds.disable();
  leave();
}

/**
 * While `body` looks after one process, event after event, what that one keeps on globalThis stays there: to look for
 * it takes as long as an event does.
 */
export async function stayingInWorld<T>(body: () => Promise<T>): Promise<T> {
  stays++;
  try {
    return await body();
  } finally {
    if (--stays === 0) goAway();
  }
}

/** What explored code causes, and is not its own doing: its packages are compiled, say. */
export const outsideWorlds = <T>(body: () => T): T => worlds.exit(body);

/** Packages that are being evaluated, one within the other. */
let evaluating = 0;
export const isEvaluatingPackage = (): boolean => evaluating > 0;

/** Evaluates a package for one process. */
export function evaluatingPackage<T>(body: () => T): T {
  evaluating++;
  try {
    return body();
  } finally {
    evaluating--;
  }
}

/** Processes that are being ended. */
let burials = 0;

/** Ends a process: whatever its code is told meanwhile, nobody hears of it any more. */
export async function buried(end: () => Promise<void>): Promise<void> {
  burials++;
  try {
    await end();
  } finally {
    burials--;
  }
}

/**
 * An error that nobody catches is the instance's in whose code it was thrown, or the promise made. Else it is ours; or
 * that of somebody who works beside us, and looks after it.
 *
 * @returns whether nobody else needs to look after it
 */
export function blame(error: unknown, kind: StrayKind): boolean {
  // A microtask of the explored code may have lost its world; nobody else throws while that is being settled.
  const world = currentWorld() ?? (kind === 'uncaughtException' ? active : undefined);
  world?.strays(kind === 'unhandledRejection' ? 'a promise is rejected' : 'an error is thrown', error);
  return world !== undefined || burials > 0;
}
