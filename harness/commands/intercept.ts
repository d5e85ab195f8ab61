import type { Scope } from '../documents/scope.ts';
import { freshSeed, systemClock as clock } from '../ground/ambient.ts';
import type { ServiceFile } from '../service/service-file.ts';
import type { Answer, CommandFile, Invocation } from '../terminal/answer.ts';
import { repeatCommand } from '../terminal/options.ts';
import { windowOf } from '../terminal/window.ts';
import { interceptOptions, type InterceptFlags } from './intercept-flags.ts';

export const interceptCommand: CommandFile = {
  examples: [
    'intercept shop.json --buyers 2 --stock 1',
    "intercept --start 'python3 -m flask --app shop run --port {port}' --buy 'GET /purchase?token={request}' --open 'SET stock {stock}' --left 'GET stock' --sold 200 --sold-out 404",
    'intercept shop.json --faults lost-reply=1,crash=1',
  ],
  options: interceptOptions,
  needsServer: true,
  run,
};

async function run(
  [named]: [string | undefined],
  flags: InterceptFlags,
  invocation: Invocation,
): Promise<Answer> {
  const { explorationDocument } = await import('../explorer/document.ts');
  const { explorationText } = await import('../../reports/text/explore.ts');
  const { judgedOfExplorations } = await import('../../reports/ci/judged.ts');
  const { requireJUnitFile, toldToCi } = await import('../../reports/ci/tell.ts');
  const { Keeper, requireFolder } = await import('../documents/write-file.ts');
  const { keepCounterexamples } = await import('../documents/kept-counterexamples.ts');
  const { folderOnDemand } = await import('../documents/run-folder.ts');
  const { verdictOfExplorations } = await import('./verdict-of-explorations.ts');
  const { exploreService } = await import('../intercept/explore-service.ts');
  const { coveredText } = await import('../../reports/text/orders.ts');
  const { script, args, progress, stdout, signal, loss } = invocation;
  const { seed = freshSeed(), runs, junit, allowBounded = false } = flags;
  const scope = await scopeOf({ ...flags, seed });
  const file = await fileOf(named, flags, invocation);
  if (flags.init !== undefined) {
    const { writeServiceFile } = await import('./write-service-file.ts');
    return writeServiceFile(flags.init, flags);
  }
  requireFolder('--runs', runs);
  requireJUnitFile(junit);
  progress.line(`seed ${seed}; again: ${repeatCommand(script, args, seed)}`);
  const { exploration, service } = await exploreService({
    ...flags,
    file,
    scope,
    signal,
    loss,
    onLine: progress.line,
    onCovered: (covered) => progress.now(`${file.name}: ${coveredText(covered)}`),
  }).finally(() => progress.end());
  const keeper = new Keeper();
  const folder = folderOnDemand(runs, clock.epochMs(), seed);
  const files = keepCounterexamples(exploration.properties, folder, keeper);
  const document = { ...explorationDocument(exploration, files), service };
  toldToCi(judgedOfExplorations([document]), { junit, keeper, progress });
  return {
    document,
    text: explorationText(document, windowOf(stdout)),
    verdict: verdictOfExplorations([exploration], allowBounded),
    fault: keeper.fault,
  };
}

/** What a service is not asked for is left out of its scope. */
async function scopeOf(flags: InterceptFlags & { seed: number }): Promise<Scope> {
  const { scopeOfFlags } = await import('./scope-flags.ts');
  const nothing = { restocks: 0, jobs: 0, attempts: 3 };
  return scopeOfFlags({ ...flags, ...nothing, client: 'default', workers: 'everywhere' });
}

async function fileOf(
  named: string | undefined,
  flags: InterceptFlags,
  { given }: Invocation,
): Promise<ServiceFile> {
  const { refuseBeside, serviceOfFlags } = await import('./service-of-flags.ts');
  if (named === undefined) return serviceOfFlags(flags, process.cwd());
  refuseBeside(named, given);
  const { readServiceFile } = await import('../service/service-file.ts');
  return readServiceFile(named);
}
