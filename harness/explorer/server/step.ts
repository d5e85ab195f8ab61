import { decodeCommand } from '../../wire/resp.ts';
import { nameTold } from '../outside-store.ts';
import type { ServerImage } from './image.ts';

/** What is to run: one command in the state of its connection, or a fault of the server. */
export interface Step {
  /** Bytes of the command. */
  command: string;
  /** For EXEC: the bytes of the commands queued before it. */
  queued: readonly string[];
  /** For EXEC: a watched key was touched. */
  dirty: boolean;
  /** What the clock shows, in milliseconds after the world's beginning. Absent: nothing can ask for it. */
  atMs?: number;
}

/** What one run of a step came to. */
export interface Ran {
  /** Reply bytes, verbatim but for the order of unordered collections. */
  reply: string;
  image: ServerImage;
  /** Bit i: the step touched key i of `watchable`, as WATCH sees it. */
  touched: number;
  /** Commands that its scripts called and whose answers have no order. */
  listed: readonly string[];
  /** It wrote something, which replicas are told; false while nobody counts that. */
  wrote: boolean;
  /** It depends on what the clock shows. */
  dated: boolean;
}

/** A step to run, in which state. */
export interface Task {
  from: ServerImage;
  step: Step;
  /** Commands of ours to run before it. */
  prepared: readonly string[][];
  /** Deadlines far ahead that an earlier run of it left. */
  earlier: ReadonlyMap<string, number>;
}

/** One run of a step. */
export interface Run extends Ran {
  /** A deadline could not be told: run it again. */
  unsure: boolean;
  /** Deadlines far ahead, by key. */
  far: ReadonlyMap<string, number>;
}

/** The command that it runs, as people write it. */
export const nameOfStep = (step: Step): string => nameTold(decodeCommand(step.command)[0]!);
