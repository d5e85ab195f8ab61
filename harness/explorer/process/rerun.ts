import { inOneChunk, type Chunk, type ToldEvent } from './chunks.ts';
import { Comparison, type Adopt, type Difference, type Rename } from './difference.ts';
import { renamedEvent } from './event-key.ts';
import { bootInstance } from './boot-instance.ts';
import type { Instance, Observation } from './instance-events.ts';
import { repliesTold, retold, type ToldReply } from './replies-told.ts';
import type { InstanceSpec } from './spec.ts';
import { stayingInWorld } from './worlds.ts';

/** One history, as far as it matters to how it is run again. */
export interface EventHistory {
  role: number;
  /** Replies in it that could have arrived in one chunk. */
  chunks: () => Chunk[];
  /** What it was told, and to which commands. */
  replies: () => ToldReply[];
  /** All that it was told, did and answered. */
  text: () => string;
  /** How often it drew chance, names apart. */
  draws: number;
  /** Names that it drew. */
  names: number;
}

/** Other circumstances to run a history under. */
export interface Change {
  spec?: (spec: InstanceSpec) => Partial<InstanceSpec>;
  /** What it is told is renamed in this way, and what it does is expected to be, too. */
  rename?: Rename;
  /** Asked about a command that comes out otherwise. */
  adopt?: Adopt;
  /** These replies arrive in one chunk. */
  chunk?: Chunk;
  /** Its replies are told in this way instead. */
  retell?: (told: ToldReply) => string;
}

/** What a process was told, and what it had done: at its start, and after each event. */
export interface Lived {
  told: readonly ToldEvent[];
  observations: readonly Observation[];
}

/** Runs one history again, from nothing, under other circumstances. @returns what differs, or undefined */
export const differenceUnder = (
  change: Change,
  spec: InstanceSpec,
  lived: Lived,
): Promise<Difference | undefined> => stayingInWorld(() => runUnder(change, spec, lived));

async function runUnder(change: Change, spec: InstanceSpec, lived: Lived): Promise<Difference | undefined> {
  const instance = await bootInstance({ ...spec, ...change.spec?.(spec) });
  try {
    return await follow(instance, change, lived);
  } finally {
    await instance.leave?.();
  }
}

async function follow(
  instance: Instance,
  { rename, adopt, chunk, retell }: Change,
  { told, observations }: Lived,
): Promise<Difference | undefined> {
  const comparison = new Comparison(rename, adopt);
  const replies = retell ? repliesTold(told) : [];
  const booted = comparison.compare(observations[0]!, instance.look());
  if (booted) return booted;
  for (const [i, { event: recorded }] of told.entries()) {
    if (chunk && i >= chunk.from && i < chunk.to) continue;
    const whole =
      i === chunk?.to ? inOneChunk(told.slice(chunk.from, chunk.to + 1).map(({ event }) => event)) : recorded;
    const event = retell ? retold(whole, replies[i]!, retell) : whole;
    await instance.apply(rename ? renamedEvent(event, rename) : event);
    const difference = comparison.compare(observations[i + 1]!, instance.look());
    if (difference) return difference;
  }
  return undefined;
}
