import { z } from 'zod';
import { UsageError } from '../ground/errors.ts';
import { benchResultSchema } from './figures.ts';
import { firstFault, otherKind, readJson, resultFileOf } from './read-json.ts';
import { asResult } from './read-result.ts';

/** What sessions are compared by: as much of `bench --json` as every version of it has had. */
const keptFiguresSchema = z.object(benchResultSchema.pick({ environment: true, strategies: true }).shape);
export type KeptFigures = z.infer<typeof keptFiguresSchema>;

/**
 * Reads figures that were kept: what `bench --json` printed, or a run's folder or result.json.
 *
 * @throws UsageError if there are none
 */
export function readFigures(path: string): KeptFigures {
  const document = readJson(resultFileOf(path), noFigures);
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

const hasKey = (document: unknown, key: string): boolean =>
  typeof document === 'object' && document !== null && key in document;

const noFigures = (message: string, cause: unknown): UsageError =>
  new UsageError('NO_FIGURES', message, 'give a file that bench --json wrote, or the folder of a run', {
    cause,
  });
