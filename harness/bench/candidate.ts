import type { Strategy } from '../../strategies/contract.ts';
import type { Trial } from './row.ts';
import type { Judgement } from '../checkers/checker.ts';
import type { Verdict } from '../documents/vocabulary.ts';
import { judge } from '../checkers/judge.ts';
import type { Course, Offered, Sweep } from '../documents/figures.ts';
import { runLoad } from '../load/driver.ts';
import { planLoad, type LoadOptions } from '../load/run-options.ts';
import type { SessionPool } from '../load/pool.ts';
import { median } from './statistics.ts';
import type { LoadRun } from '../load/summary.ts';

const JUDGE_MS = 10_000;

/** A strategy of the session, and what is known of it so far. */
export interface Candidate {
  strategy: Strategy;
  load: LoadOptions;
  skipped?: string;
  judgements: Judgement[];
  trials: Trial[];
  sweep?: Sweep;
  offered?: Offered;
  course?: Course;
  /** Name of the ceiling with its own command. */
  ceiling?: string;
}

export const verdictsOf = (judgement: Judgement): Verdict[] =>
  Object.values(judgement).map(({ verdict }) => verdict);

/** Sells once on threads of the session, and keeps what the checkers say of it. */
export async function sellOnce(
  { judgements }: Candidate,
  load: LoadOptions,
  pool: SessionPool,
): Promise<LoadRun> {
  const { workers } = planLoad(load);
  const run = await pool.lend(workers, (threads) => runLoad(load, threads));
  const judgement = judge(run.history, { timeoutMs: JUDGE_MS });
  // A sale that was cut short leaves open what others have decided, and may have violated something all the same.
  const cut = run.ended === 'aborted' && judgements.length > 0;
  if (!cut || verdictsOf(judgement).includes('violated')) judgements.push(judgement);
  return run;
}

/** Sales per second of the trials' closed loop; null: nothing was sold. */
export const capacityOf = ({ trials }: Candidate): number | null =>
  median(trials.flatMap(({ salesPerSecond }) => salesPerSecond ?? []));
