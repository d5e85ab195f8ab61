import type { BenchProfile } from './bench-profiles.ts';
import { folderToBe, keepSession } from './keep-session.ts';
import { Keeper, requireFolder } from '../documents/write-file.ts';
import { keepBencher } from '../../reports/ci/bencher.ts';
import type { TargetOptions } from '../redis/open.ts';
import type { Answer, Invocation } from '../terminal/answer.ts';
import { ignoredFlag } from '../terminal/options.ts';
import { serviceFileOf } from './service-file-flags.ts';
import { contradiction, loopOf, type LoopFlags } from './loop-flags.ts';
import { windowOf } from '../terminal/window.ts';

/** As they are typed; those of strategies alone are here to be refused. */
export interface ServiceFlags extends LoopFlags, TargetOptions {
  service: string;
  profile: BenchProfile;
  trials?: number;
  baseline?: string;
  inFlight?: number;
  stock?: number;
  buyers?: number;
  users?: number;
  perUserLimit?: number;
  workers?: number;
  seconds?: number;
  seed: number;
  history?: true;
  runs: string;
  bencher?: string;
}

/** `bench --service`: a load test of a service over HTTP, with a verdict. */
export async function benchServiceFile(
  strategies: readonly string[],
  flags: ServiceFlags,
  invocation: Invocation,
): Promise<Answer> {
  const { stdout, progress, signal, loss } = invocation;
  const { serviceBenchText } = await import('../../reports/text/service.ts');
  const {
    service,
    trials = 1,
    history,
    runs,
    bencher,
    profile,
    mode,
    rate,
    arrivals,
    slo,
    baseline,
    ...rest
  } = flags;
  if (strategies.length > 0) {
    throw contradiction(
      `${strategies.join(', ')} and --service: a service sells by its own code`,
      'leave out one of them',
    );
  }
  if (slo !== undefined) throw ignoredFlag('--slo', 'a service is offered one rate, by --rate');
  if (profile !== 'quick')
    throw ignoredFlag('--profile', 'a service has no ceiling, and is offered one rate, by --rate');
  if (baseline !== undefined) throw ignoredFlag('--baseline', 'a service is compared with nothing');
  const file = await serviceFileOf(service, flags);
  const loop = await loopOf({
    ...(mode && { mode }),
    ...(rate !== undefined && { rate }),
    ...(arrivals && { arrivals }),
  });
  requireFolder('--runs', runs);
  const keepFigures = keepBencher(bencher);
  const keeper = new Keeper();
  const { benchService } = await import('../bench/service-bench.ts');
  const folder = folderToBe(runs, rest.seed);
  const historyFolder = history ? folder.make() : undefined;
  const measured = await benchService({
    ...rest,
    ...(loop.arrivals && { arrivals: loop.arrivals }),
    file,
    trials,
    signal,
    loss,
    ...(historyFolder !== undefined && { historyFolder, keeper }),
    onSale: (what, sale) => progress.now(sale === 0 ? what : `${what}, sale ${sale} of ${trials}`),
    onProgress: progress.line,
  }).finally(() => progress.end());
  if (historyFolder !== undefined) progress.line(`history: ${historyFolder}`);
  keepFigures(measured, keeper);
  const last = await keepSession({ kind: 'service-bench', found: measured }, invocation, folder, keeper);
  const text = `${serviceBenchText(measured, windowOf(stdout))}\n\n${last}`;
  return { document: measured, text, verdict: measured.verdict, fault: keeper.fault };
}
