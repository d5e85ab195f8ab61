import { CannotExplore } from '../cannot-explore.ts';
import type { Observation, Settled } from './instance.ts';
import type { PendingTimer } from './timers.ts';
import { decodeCommand } from '../../wire/resp.ts';

/** Where two runs of one history parted. */
export interface Difference {
  /** The command or call that differed, in words. */
  what: string;
}

export function nondeterministic({ what }: Difference): CannotExplore {
  return new CannotExplore(
    `nondeterministic: the code did different things when the same history was replayed: ${what} differed`,
    'take time and chance from env (now, sleep, random, pick), keep state in the module or the seller ' +
      '(not in globalThis or process.env), and leave the request as it is',
  );
}

export function compare(expected: Observation, seen: Observation): Difference | undefined {
  for (const [connection, commands] of expected.written.entries()) {
    const others = seen.written[connection] ?? [];
    for (let i = 0; i < Math.max(commands.length, others.length); i++) {
      if (commands[i] === others[i]) continue;
      const name = decodeCommand(commands[i] ?? others[i]!)[0]!.toUpperCase();
      return { what: `${name} (command ${i + 1} of its connection)` };
    }
  }
  if (JSON.stringify(expected.settled) !== JSON.stringify(seen.settled))
    return { what: 'the answer of a call' };
  if (!sameTimers(expected.timers, seen.timers)) return { what: 'the timers that are set' };
  if (JSON.stringify(expected.putOff) !== JSON.stringify(seen.putOff)) return { what: 'what it put off' };
  return undefined;
}

const sameTimers = (some: readonly PendingTimer[], others: readonly PendingTimer[]): boolean =>
  some.length === others.length &&
  some.every((one, i) => one.repeats === others[i]!.repeats && one.firable === others[i]!.firable);

export function renameObservation(observation: Observation, rename: (text: string) => string): Observation {
  return {
    ...observation,
    written: observation.written.map((commands) => commands.map(rename)),
    settled: observation.settled.map(
      (settled) => settled && (JSON.parse(rename(JSON.stringify(settled))) as Settled),
    ),
  };
}
