import { z } from 'zod';
import { UsageError } from '../ground/errors.ts';
import { benchResultSchema, type BenchRow, type SkippedRow } from './figures.ts';
import type { Machine } from './machine.ts';
import { firstFault, otherKind, readJson, resultFileOf } from './read-json.ts';
import { asResult } from './read-result.ts';
import { asSession, isSession, type Session } from './session.ts';

/** What sessions are compared by: as much of `bench --json` as every version of it has had. */
const keptFiguresSchema = z.object(benchResultSchema.pick({ environment: true, strategies: true }).shape);

/** What of a row is compared. */
export type KeptRow = Pick<
  BenchRow,
  | 'strategy'
  | 'mode'
  | 'arrivals'
  | 'inFlight'
  | 'salesPerSecond'
  | 'salesPerSecondOfTrials'
  | 'verdict'
  | 'properties'
>;
export interface KeptFigures {
  environment: Machine;
  strategies: (KeptRow | SkippedRow)[];
}

/**
 * Reads figures that were kept: what `bench --json` printed, or the folder or result.json of an evaluation, a bench or a
 * storm.
 *
 * @throws UsageError if there are none
 */
export function readFigures(path: string): KeptFigures {
  const document = readJson(resultFileOf(path), noFigures);
  if (isSession(document)) return figuresOf(asSession(document, path));
  const { data: kept, error } = keptFiguresSchema.safeParse(document);
  if (kept) return kept;
  if (hasKey(document, 'environment')) {
    throw noFigures(`${path} is not what bench --json prints: ${firstFault(error)}`, error);
  }
  if (!hasKey(document, 'version')) {
    const other = otherKind(path, 'what bench --json prints', document);
    throw noFigures(other ?? `${path} is neither what bench --json prints nor a run's result.json`, error);
  }
  const { machine, strategies } = asResult(document, path).result;
  const { node, platform, cpus, redis } = machine;
  return {
    environment: { node, platform, cpus, redis },
    strategies: strategies.flatMap((strategy) => strategy.cost ?? []),
  };
}

/** Of a storm there are verdicts: how fast it sold says how long its faults took. */
function figuresOf(session: Session): KeptFigures {
  if (session.kind !== 'storm') return session.found;
  const { environment, service, verdict, properties, inFlight } = session.found;
  const salesPerSecond = { median: null, low: null, high: null };
  const load = { mode: 'closed', arrivals: null, inFlight, salesPerSecond } as const;
  return {
    environment,
    strategies: [
      { strategy: `storm of ${service.name}`, ...load, salesPerSecondOfTrials: [], verdict, properties },
    ],
  };
}

const hasKey = (document: unknown, key: string): boolean =>
  typeof document === 'object' && document !== null && key in document;

const noFigures = (message: string, cause: unknown): UsageError =>
  new UsageError('NO_FIGURES', message, 'give a file that bench --json wrote, or the folder of a run', {
    cause,
  });
