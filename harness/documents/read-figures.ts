import * as z from 'zod';
import { UsageError } from '../ground/errors.ts';
import { readJson, resultFileOf } from './read-json.ts';
import { asResult } from './read-result.ts';
import { cost, type Cost, type Result } from './result.ts';

const skipped = z.strictObject({ strategy: z.string(), skipped: z.string() });
const environment = z.strictObject({
  node: z.string(),
  platform: z.string(),
  cpus: z.string(),
  redis: z.string(),
});

/** What `bench --json` prints, as far as sessions are compared. */
const session = z.object({ environment, strategies: z.array(z.union([cost, skipped])) });

export type SessionRow = Cost;
export type Session = z.infer<typeof session>;

/**
 * Reads figures that were kept: what `bench --json` printed, or a run's folder or result.json.
 *
 * @throws UsageError if there are none
 */
export function readSession(path: string): Session {
  const document = readJson(resultFileOf(path), noFigures);
  const bench = session.safeParse(document);
  if (bench.success) return bench.data;
  const { machine, strategies } = resultIn(document, path);
  const { node, platform, cpus, redis } = machine;
  return {
    environment: { node, platform, cpus, redis },
    strategies: strategies.flatMap((strategy) => strategy.cost ?? []),
  };
}

function resultIn(document: unknown, path: string): Result {
  try {
    return asResult(document, path).result;
  } catch (cause) {
    if (!(cause instanceof UsageError) || cause.code === 'UNKNOWN_VERSION') throw cause;
    throw new UsageError(
      'NO_FIGURES',
      `${path} is neither what bench --json prints nor a run's result.json`,
      'give the file that one of them wrote',
      { cause },
    );
  }
}

const noFigures = (message: string, cause: unknown): UsageError =>
  new UsageError('NO_FIGURES', message, 'give a file that bench --json wrote, or the folder of a run', {
    cause,
  });
