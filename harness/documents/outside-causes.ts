import type { CounterexampleStep } from './counterexample.ts';
import { changes, isBeside, whose } from './path-commands.ts';
import type { Cause, Path } from './violation-path.ts';

/** The second step failed, as far as the code was told: whether what it does then is about to undo what has taken effect. */
export function failedBeside({ step, at, sent }: Path & { step: CounterexampleStep; at: number }): Cause {
  const because = step.detail ?? 'the second step failed';
  const undo = sent.find(
    (one) => one.at > at && one.actor === step.actor && changes(one) && one.ran && !isBeside(one),
  );
  // Nothing of it never ran: it took effect.
  return undo && (step.lost ?? []).length === 0
    ? { name: 'second-step-undone', because: `${because}, and ${whose(undo)} followed all the same` }
    : { name: 'second-step-failed', because };
}
