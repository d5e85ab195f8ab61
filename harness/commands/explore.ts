import type { RedisTarget } from '../redis/target.ts';
import { PROPERTIES, type Strategy } from '../../strategies/contract.ts';
import type { CounterexampleFiles } from '../documents/kept-counterexamples.ts';
import type { Keeper } from '../documents/write-file.ts';
import { BREAKING } from '../documents/fault-events.ts';
import type { LuaCall } from '../documents/lua.ts';
import type { Scope } from '../documents/scope.ts';
import type { Exploration } from '../explorer/explore.ts';
import { UsageError } from '../ground/errors.ts';
import { freshSeed, systemClock as clock, yearAhead } from '../ground/ambient.ts';
import type { Answer, CommandFile, Invocation } from '../terminal/answer.ts';
import { windowOf } from '../terminal/window.ts';
import { refuseGiven, repeatCommand } from '../terminal/options.ts';
import { exploreOptions, type ExploreFlags } from './explore-flags.ts';
import { luaCallOf } from './lua-flags.ts';
import { verdictOfExplorations } from './verdict-of-explorations.ts';

export const exploreCommand: CommandFile = {
  examples: [
    'explore read-then-write --buyers 2 --stock 1',
    'explore ./sell.ts --faults crash=1,lost-reply=1',
    "explore ./decrement.lua --keys 'stock:{sku}' --args quantity,user --sold '>=0'",
    'explore ./sell.ts --property oversell --emit-test sell.oversell.test.ts',
  ],
  options: exploreOptions,
  runsStrategies: true,
  needsServer: true,
  run,
};

async function run([strategy]: [string], flags: ExploreFlags, invocation: Invocation): Promise<Answer> {
  const { explorationDocument } = await import('../explorer/document.ts');
  const { explorationText } = await import('../../reports/text/explore.ts');
  const { judgedOfExplorations } = await import('../../reports/ci/judged.ts');
  const { requireJUnitFile, toldToCi } = await import('../../reports/ci/tell.ts');
  const { isRegressionTest } = await import('../../reports/regression-test.ts');
  const { Keeper, requireFile, requireFolder } = await import('../documents/write-file.ts');
  const { script, args, given, progress, stdout } = invocation;
  const { seed = freshSeed(), emitTest, allowBounded = false, runs, junit } = flags;
  const { scopeOfFlags } = await import('./scope-flags.ts');
  const scope = scopeOfFlags({ ...flags, seed });
  requireMeant(flags, scope, given);
  const lua = luaCallOf(strategy, flags, given);
  requireFolder('--runs', runs);
  requireJUnitFile(junit);
  if (emitTest !== undefined) requireFile('--emit-test', emitTest, isRegressionTest);
  progress.line(`seed ${seed}; again: ${repeatCommand(script, args, seed)}`);
  const keeper = new Keeper();
  const explored = await exploreEach(strategy, { scope, keeper, lua }, flags, invocation);
  await keeper.keepSoon(async () => {
    if (emitTest !== undefined && !(await writeTest(emitTest, explored)))
      progress.line(`there is no counterexample to test, so ${emitTest} is not written`);
  });
  const documents = explored.map(({ exploration, files }) => explorationDocument(exploration, files));
  toldToCi(judgedOfExplorations(documents), { junit, keeper, progress });
  return {
    document: documents.length === 1 ? documents[0] : documents,
    text: documents.map((document) => explorationText(document, windowOf(stdout))).join('\n\n'),
    verdict: verdictOfExplorations(
      explored.map(({ exploration }) => exploration),
      allowBounded,
    ),
    fault: keeper.fault,
  };
}

/** @throws UsageError if a flag would do nothing beside the others */
function requireMeant(
  { reduction, jobs }: ExploreFlags,
  { faults }: Scope,
  given: ReadonlySet<string>,
): void {
  if (jobs === 0) {
    const why = 'only background work is done there, and there is none without --jobs';
    refuseGiven(given, ['--offices', '--workers'], why);
  }
  if (BREAKING.every((fault) => faults[fault] === 0)) {
    const why = `no connection breaks without one of these in --faults: ${BREAKING.join(', ')}`;
    refuseGiven(given, ['--client'], why);
  }
  // It shows nothing and leaves nothing out.
  if (reduction) return;
  const why = '--no-reduction walks every path, judges all properties and keeps no counterexample';
  refuseGiven(given, ['--no-merging', '--property', '--emit-test', '--runs'], why);
}

/** An exploration and where its counterexamples lie. */
interface Explored {
  exploration: Exploration;
  files: CounterexampleFiles;
}

interface Asked {
  scope: Scope;
  /** Knows of counterexamples that could not be written. */
  keeper: Keeper;
  /** How the script is called, if it is one. */
  lua: LuaCall | undefined;
}

/**
 * Explores a built-in strategy, or each of a file's, and keeps the counterexamples. An interruption answers what was
 * covered so far.
 */
async function exploreEach(
  named: string,
  { scope, keeper, lua }: Asked,
  flags: ExploreFlags,
  { progress, signal, loss }: Invocation,
): Promise<Explored[]> {
  const { explore } = await import('../explorer/explore.ts');
  const { subjectOf } = await import('../explorer/process/subject.ts');
  const { chosenStrategies } = await import('../loader/strategies.ts');
  const { openTarget } = await import('../redis/open.ts');
  const { coveredText } = await import('../../reports/text/orders.ts');
  const { property, maxStates, merging, reduction } = flags;
  const { keepCounterexamples } = await import('../documents/kept-counterexamples.ts');
  const { folderOnDemand } = await import('../documents/run-folder.ts');
  const folder = folderOnDemand(flags.runs, clock.epochMs(), scope.seed);
  const strategies = await chosenStrategies([named], { lua, connections: 'held' });
  const target = await openTarget({ ...flags, signal, loss, onProgress: progress.line });
  try {
    const explored: Explored[] = [];
    for (const loaded of strategies) {
      const { strategy, path } = loaded;
      await requireNeeds(target, strategy);
      const exploration = await explore({
        scope,
        subject: await subjectOf(loaded),
        target,
        ...(path === undefined ? {} : { path }),
        ...(property === undefined ? {} : { properties: [property] }),
        ...(maxStates === undefined ? {} : { maxStates }),
        merging,
        unreduced: !reduction,
        signal,
        now: () => clock.monotonicNs() / 1e6,
        epochMs: yearAhead(clock),
        onProgress: (covered) => progress.now(`${strategy.name}: ${coveredText(covered)}`),
      });
      explored.push({ exploration, files: keepCounterexamples(exploration.properties, folder, keeper) });
      if (signal.aborted) break;
    }
    return explored;
  } finally {
    progress.end();
    await target.close();
  }
}

/** @throws UsageError if the server lacks what the strategy needs: nothing that it did there would say anything of it */
async function requireNeeds(target: RedisTarget, strategy: Strategy): Promise<void> {
  const { missingNeeds } = await import('../redis/capabilities.ts');
  const lacks = await missingNeeds(target, strategy);
  if (lacks === undefined) return;
  const remedy = '--redis-server <path> or --redis-version 8.8.0 explores it on another server';
  throw new UsageError('UNMET_NEEDS', `${strategy.name} ${lacks}`, remedy);
}

/** The first counterexample, in the order of the strategies and the properties. @returns whether there is one */
async function writeTest(file: string, explored: readonly Explored[]): Promise<boolean> {
  const { regressionTest } = await import('../../reports/regression-test.ts');
  const { writeWhole } = await import('../documents/write-file.ts');
  const [first] = explored.flatMap(({ exploration }) =>
    PROPERTIES.flatMap((property) => exploration.properties[property].counterexample ?? []),
  );
  if (first) writeWhole(file, regressionTest(first, file));
  return first !== undefined;
}
