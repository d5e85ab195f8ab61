import * as z from 'zod';
import { UsageError } from '../ground/errors.ts';
import { withoutSecrets } from '../ground/secrets.ts';
import { firstFault, otherKind, readJson, resultFileOf } from './read-json.ts';
import { RESULT_VERSION, resultSchema, type Result } from './result.ts';

/** What became of a version's results since; each step leads to the next version. */
const MIGRATIONS: Record<number, (result: object) => object> = {
  // Version 2 adds what version 1 had not measured, and says once for all what cures which violation.
  1: (result) => ({ ...(without(result, 'remedy', 'counterexample') as object), version: 2 }),
};

/** The same without a field of the objects that have that name, wherever they are. */
const without = (document: object, field: string, name: string): unknown =>
  JSON.parse(JSON.stringify(document), (key, value: unknown) => {
    if (key === name && typeof value === 'object' && value !== null) Reflect.deleteProperty(value, field);
    return value;
  });

export interface ReadResult {
  result: Result;
  /** The version that the file has. */
  version: number;
}

/**
 * Reads the result of a run; one of an older version as if it had been written today.
 *
 * @param path the run's folder, or the file in it
 * @throws UsageError if there is none, or it is of a version that this program does not know
 */
export function readResult(path: string): ReadResult {
  const file = resultFileOf(path);
  return asResult(readJson(file, noResult), file);
}

/** @param file names it in messages */
export function asResult(document: unknown, file: string): ReadResult {
  const { data: found } = z.looseObject({ version: z.int().positive() }).safeParse(document);
  if (!found) {
    const other = otherKind(file, 'the result of a run', document);
    throw noResult(other ?? `${file} is not the result of a run: it names no version`);
  }
  if (found.version > RESULT_VERSION) {
    throw new UsageError(
      'UNKNOWN_VERSION',
      `${file} is of version ${found.version}; this oversell reads versions 1 to ${RESULT_VERSION}`,
      'read it with the oversell that wrote it, or a newer one',
    );
  }
  let migrated: object = found;
  for (let version = found.version; version < RESULT_VERSION; version++) {
    migrated = MIGRATIONS[version]!(migrated);
  }
  const { data: result, error } = resultSchema.safeParse(migrated);
  // Earlier versions wrote down the login of a server with the command.
  if (result) {
    return { result: { ...result, command: withoutSecrets(result.command) }, version: found.version };
  }
  throw noResult(`${file} is not the result of a run: ${firstFault(error)}`, error);
}

const noResult = (message: string, cause?: unknown): UsageError =>
  new UsageError('NO_RESULT', message, 'give the folder of a run, as evaluate has made it under runs/', {
    cause,
  });
