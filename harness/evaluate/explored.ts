import type { ExploredEnvironment } from '../documents/environments.ts';
import type { Scope } from '../documents/scope.ts';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PROPERTIES, type Guarantee, type Property } from '../../strategies/contract.ts';
import { systemClock as clock, yearAhead } from '../ground/ambient.ts';
import { worst } from '../checkers/checker.ts';
import { abilitiesOf } from '../explorer/space/abilities.ts';
import { scopesOf } from './environment-scopes.ts';
import { CannotExplore } from '../explorer/cannot-explore.ts';
import type { CounterexampleStep } from '../documents/counterexample.ts';
import { explore, type Exploration } from '../explorer/explore.ts';
import type { Abilities } from '../explorer/process/seller-abilities.ts';
import type { Subject } from '../explorer/process/spec.ts';
import { subjectOf } from '../explorer/process/subject.ts';
import type { Progress } from '../ground/progress.ts';
import type { Steps } from '../ground/steps.ts';
import type { RedisTarget } from '../redis/target.ts';
import type { Cell, ExploredResult, StrategyResult } from '../documents/result.ts';
import { writeCounterexample } from '../documents/run-folder.ts';
import { cannotWrite, type Keeper } from '../documents/write-file.ts';
import type { LoadedStrategy } from '../loader/strategies.ts';

export interface ExploreEnvironments {
  environments: readonly ExploredEnvironment[];
  target: RedisTarget;
  seed: number;
  /** Where the counterexamples are kept: `counterexamples/` in it. */
  folder: string;
  keeper: Keeper;
  /** States of one scope after which the search stops, and its coverage is bounded. */
  maxStates: number;
  /** Interleavings of each scope that are replayed over real sockets. */
  auditSamples: number;
  progress: Progress;
  steps: Steps;
  signal: AbortSignal;
}

/**
 * Runs every interleaving of each environment's scopes.
 *
 * @param entry gets each environment as soon as it is known, the last one in part if the run is interrupted; and why the
 *   strategy cannot be explored, if it cannot
 */
export async function exploreEnvironments(
  loaded: LoadedStrategy,
  options: ExploreEnvironments,
  entry: Pick<StrategyResult, 'explored' | 'notSupported' | 'alone' | 'notExplored'>,
): Promise<void> {
  const { strategy, path } = loaded;
  try {
    const subject = await subjectOf(loaded);
    const abilities = await abilitiesOf(subject, options.target);
    for (const environment of options.environments) {
      if (options.signal.aborted) break;
      options.steps.begin(`${strategy.name}: every interleaving, ${environment}`);
      const found = await exploreEnvironment({ subject, path, abilities }, environment, options);
      if (!found) {
        (entry.notSupported ??= []).push(environment);
        continue;
      }
      entry.explored.push(found.result);
      if (found.alone !== undefined) entry.alone ??= found.alone;
    }
  } catch (error) {
    if (!(error instanceof CannotExplore)) throw error;
    entry.notExplored = `${error.message}: ${error.remedy}`;
  }
}

const now = (): number => clock.monotonicNs() / 1e6;

interface Speed {
  states: number;
  elapsedMs: number;
}

const speedOf = ({ states, elapsedMs }: Speed): string =>
  `${Math.round(states / Math.max(elapsedMs / 1000, 1e-3))} states/s, ${states} states`;

/** A strategy that can be explored, where its file lies, and what its sellers can do. */
interface Explorable {
  subject: Subject;
  path: string | undefined;
  abilities: Abilities;
}

async function exploreEnvironment(
  { subject, path, abilities }: Explorable,
  environment: ExploredEnvironment,
  options: ExploreEnvironments,
): Promise<{ result: ExploredResult; alone: string | undefined } | undefined> {
  const { target, seed, maxStates, auditSamples, progress, signal } = options;
  const { strategy } = subject;
  const scopes = scopesOf(environment, strategy, abilities, seed);
  if (!scopes) return undefined;
  const found: Exploration[] = [];
  const epochMs = yearAhead(clock);
  for (const scope of scopes) {
    const bounds = { maxStates, auditSamples, signal };
    const onProgress = (covered: Speed): void => progress.detail(speedOf(covered));
    const where = path === undefined ? {} : { path };
    found.push(await explore({ scope, subject, target, ...bounds, now, epochMs, onProgress, ...where }));
    if (signal.aborted) break;
  }
  const cut = found.length < scopes.length;
  const cells = {} as Record<Property, Cell>;
  for (const property of PROPERTIES) {
    const declared = strategy.guarantees?.[property]?.[environment];
    cells[property] = cellOf(found, { environment, property, declared, cut }, options);
  }
  const result: ExploredResult = {
    environment,
    coverage:
      found.find(({ coverage }) => coverage !== 'exhausted')?.coverage ?? (cut ? 'bounded' : 'exhausted'),
    scopes: scopes.slice(0, found.length).map(toldScope),
    interleavings: found.reduce((sum, { interleavings }) => sum + interleavings, 0n).toString(),
    states: found.reduce((sum, { states }) => sum + states, 0),
    elapsedMs: found.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0),
    audited: found.reduce((sum, { audit }) => sum + audit.replayed - audit.mismatches.length, 0),
    notes: found.flatMap(({ notes }) => notes),
    properties: cells,
  };
  return { result, alone: found.find(({ alone }) => alone !== undefined)?.alone };
}

/** Where a cell stands in the table of guarantees, and what the strategy declares there. */
interface Place {
  environment: ExploredEnvironment;
  property: Property;
  declared: Guarantee | undefined;
  /** Scopes of it are missing, as the run was interrupted. */
  cut: boolean;
}

/** One property over all scopes of the environment. */
function cellOf(
  found: readonly Exploration[],
  { environment, property, declared, cut }: Place,
  { folder, keeper }: Pick<ExploreEnvironments, 'folder' | 'keeper'>,
): Cell {
  const judged = found
    .map(({ properties }) => properties[property])
    .filter(({ verdict }) => verdict !== 'n/a');
  const verdict = judged.length === 0 ? 'n/a' : worst(judged.map((one) => one.verdict));
  const cell: Cell = {
    verdict: cut && verdict !== 'violated' ? 'inconclusive' : verdict,
    ...(declared !== undefined && { declared }),
    evidence: [],
  };
  const shown = judged.find(({ counterexample }) => counterexample)?.counterexample;
  if (!shown) {
    if (cell.verdict === 'inconclusive') {
      const notes = found.flatMap((one) => one.notes);
      const message = (notes.length > 0 ? [...new Set(notes)] : ['interrupted']).join('; ');
      cell.evidence.push({ message, operations: [] });
    }
    return cell;
  }
  const file = join(COUNTEREXAMPLES, `${shown.strategy}-${environment}-${property}.json`);
  keeper.keep(() => {
    madeIn(folder);
    writeCounterexample(join(folder, file), shown);
  });
  const { message, minimal, scope, steps, atRest } = shown;
  cell.evidence.push({
    message,
    operations: [],
    counterexample: {
      file,
      minimal,
      scope: { buyers: scope.buyers, stock: scope.stock },
      steps: steps.map(shortened),
      ...(atRest && { atRest }),
    },
  });
  return cell;
}

const COUNTEREXAMPLES = 'counterexamples';

function madeIn(folder: string): void {
  try {
    mkdirSync(join(folder, COUNTEREXAMPLES), { recursive: true });
  } catch (error) {
    throw cannotWrite(join(folder, COUNTEREXAMPLES), error);
  }
}

/** A scope with the faults that it has a budget for. */
const toldScope = (scope: Scope): ExploredResult['scopes'][number] => ({
  ...scope,
  quantities: [...scope.quantities],
  faults: Object.fromEntries(Object.entries(scope.faults).filter(([, budget]) => budget > 0)),
});

/** Most characters of one argument in a result, which would hold the text of each script a hundred times. */
const LONGEST = 120;

function shortened(step: CounterexampleStep): CounterexampleStep {
  const { command } = step;
  if (!command) return step;
  return {
    ...step,
    command: command.map((word) => (word.length <= LONGEST ? word : `${word.slice(0, LONGEST)}…`)),
  };
}
