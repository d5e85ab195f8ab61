import type { RedisTarget } from '../../redis/target.ts';
import { locating } from '../../wire/refusal.ts';
import { requirePrivate } from '../../redis/target.ts';
import type { Counterexample } from '../../documents/counterexample.ts';
import { possibleSteps } from './possible-steps.ts';
import type { Replay } from '../../documents/exploration.ts';
import { RealSale } from './real-sale.ts';
import { soldText } from '../../checkers/words.ts';
import { acknowledgedUnits } from '../search/finishes.ts';
import { ServerMemo } from '../server/memo.ts';
import type { Subject } from '../process/spec.ts';
import { virtualGlobals } from '../process/virtual.ts';
import { follow } from './audit.ts';

/** Runs one schedule again, step by step, on a real server over real sockets. @throws NotNamed if the code connects to another */
export async function replay(
  counterexample: Counterexample,
  subject: Subject,
  target: RedisTarget,
): Promise<Replay> {
  requirePrivate(target, 'replay');
  using _ = virtualGlobals(counterexample.epochMs);
  return await locating(counterexample.path, () => follows(counterexample, subject, target));
}

async function follows(
  counterexample: Counterexample,
  subject: Subject,
  target: RedisTarget,
): Promise<Replay> {
  const memo = await ServerMemo.open(target);
  try {
    const { scope, schedule, property, boots = 'none' } = counterexample;
    await using sale = await RealSale.open(scope, { subject, memo, target }, { boots });
    const mismatch = await follow(sale, schedule);
    if (mismatch) {
      const { step, message } = mismatch;
      return {
        result: 'diverged',
        stepsRun: step,
        message: `step ${step + 1} of ${schedule.length}: ${message}`,
      };
    }
    const stepsRun = schedule.length;
    const units = acknowledgedUnits(scope, sale.finishes());
    if (property === 'oversell' && units > scope.stock)
      return { result: 'confirmed', stepsRun, message: soldText(units, scope.stock) };
    if ((await possibleSteps(sale)).regular.length > 0)
      return { result: 'no-longer-violated', stepsRun, message: 'nothing was violated by then' };
    const { judgement } = await sale.finish();
    const { verdict, evidence } = judgement[property];
    if (verdict !== 'violated')
      return { result: 'no-longer-violated', stepsRun, message: `${property} held at rest` };
    return { result: 'confirmed', stepsRun, message: evidence.map((item) => item.message).join('; ') };
  } finally {
    await memo.close();
  }
}
