import { CannotExplore } from '../cannot-explore.ts';
import { nameTold } from '../outside-store.ts';
import type { Observation, Settled } from './instance-events.ts';
import type { PendingTimer } from './timers.ts';
import { decodeCommand } from '../../wire/resp.ts';

/** Where two runs of one history parted. */
export interface Difference {
  /** The command or call that differed, in words. */
  what: string;
}

/** Other names in a text. */
export type Rename = (text: string) => string;

/** Whether a command (bytes) that was expected otherwise, renamed, differs by nothing but names that are new. */
export type Adopt = (recorded: string, expected: string, seen: string) => boolean;

/** One history had two results. */
export class Nondeterministic extends CannotExplore {}

export function nondeterministic({ what }: Difference): Nondeterministic {
  return new Nondeterministic(
    `nondeterministic: the code did different things when the same history was replayed: ${what} differed`,
    'take time and chance from env (now, sleep, random, pick), keep state in the module or the seller ' +
      '(not in globalThis or process.env), and leave the request as it is',
  );
}

/**
 * Compares two runs of one history event by event. What was written stays written, and an answer stays given: after
 * each event only what came with it is looked at.
 */
export class Comparison {
  readonly #rename: Rename | undefined;
  readonly #adopt: Adopt | undefined;
  /** Per connection, how many commands were found equal. */
  readonly #written: number[] = [];
  /** Answers that were found equal. */
  readonly #settled = new Set<number>();

  /**
   * @param rename what the first run did is expected of the second under these names
   * @param adopt asked about a command that comes out otherwise
   */
  constructor(rename?: Rename, adopt?: Adopt) {
    this.#rename = rename;
    this.#adopt = adopt;
  }

  /** After each event. @returns what differs, or undefined */
  compare(expected: Observation, seen: Observation): Difference | undefined {
    return (
      this.#commands(expected.written, seen.written) ??
      this.#answers(expected.settled, seen.settled) ??
      restDiffers(expected, seen)
    );
  }

  #commands(expected: Observation['written'], seen: Observation['written']): Difference | undefined {
    for (let connection = 0; connection < Math.max(expected.length, seen.length); connection++) {
      const commands = expected[connection] ?? NONE;
      const others = seen[connection] ?? NONE;
      const most = Math.max(commands.length, others.length);
      for (let i = this.#written[connection] ?? 0; i < most; i++) {
        if (this.#isAsExpected(commands[i], others[i])) continue;
        const name = nameTold(decodeCommand(commands[i] ?? others[i]!)[0]!);
        return { what: `${name} (command ${i + 1} of its connection)` };
      }
      this.#written[connection] = most;
    }
    return undefined;
  }

  #answers(expected: Observation['settled'], seen: Observation['settled']): Difference | undefined {
    for (let call = 0; call < Math.max(expected.length, seen.length); call++) {
      if (this.#settled.has(call)) continue;
      if (this.#expected(textOf(expected[call])) !== textOf(seen[call]))
        return { what: 'the answer of a call' };
      if (expected[call]) this.#settled.add(call);
    }
    return undefined;
  }

  #isAsExpected(command: string | undefined, seen: string | undefined): boolean {
    const expected = this.#expected(command);
    if (expected === seen) return true;
    return expected !== undefined && seen !== undefined && this.#adopt?.(command!, expected, seen) === true;
  }

  #expected(text: string | undefined): string | undefined {
    return text === undefined || !this.#rename ? text : this.#rename(text);
  }
}

const NONE: readonly string[] = [];

const textOf = (settled: Settled | undefined): string | undefined => settled && JSON.stringify(settled);

function restDiffers(expected: Observation, seen: Observation): Difference | undefined {
  if (!sameTimers(expected.timers, seen.timers)) return { what: 'the timers that are set' };
  if (expected.limits !== seen.limits) return { what: 'which commands wait for a reply' };
  if (expected.putOff?.join() !== seen.putOff?.join()) return { what: 'what it put off' };
  return undefined;
}

const sameTimers = (some: readonly PendingTimer[], others: readonly PendingTimer[]): boolean =>
  some.length === others.length &&
  some.every((one, i) => one.repeats === others[i]!.repeats && one.firable === others[i]!.firable);
