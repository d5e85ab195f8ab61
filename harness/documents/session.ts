import { join } from 'node:path';
import { z } from 'zod';
import { benchResultSchema } from './figures.ts';
import { serviceBenchSchema } from './service-figures.ts';
import { stormSchema } from './storm.ts';
import { firstFault, readJson, resultFileOf } from './read-json.ts';
import { UsageError } from '../ground/errors.ts';
import { withoutSecrets } from '../ground/secrets.ts';
import { asFile, writeWhole } from './write-file.ts';

export const SESSION_VERSION = 1;

/** What every session's file says of it, beside what it came to. */
const around = {
  version: z.literal(SESSION_VERSION),
  /** Only `complete` is a whole answer; anything else is what there was when it ended. */
  status: z.enum(['complete', 'interrupted', 'failed']),
  /** The command that repeats it. */
  command: z.string(),
  startedAt: z.iso.datetime(),
  /** Of oversell. */
  oversell: z.string(),
};

/** result.json of a `bench` or a `storm`: what `--json` prints of it, and when, how and by what that was found. */
export const sessionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bench'), ...around, found: benchResultSchema }),
  z.strictObject({ kind: z.literal('service-bench'), ...around, found: serviceBenchSchema }),
  z.strictObject({ kind: z.literal('storm'), ...around, found: stormSchema }),
]);
export type Session = z.infer<typeof sessionSchema>;

/** @throws UsageError or EnvironmentError if it cannot be written */
export const writeSession = (folder: string, session: Session): void =>
  writeWhole(join(folder, 'result.json'), asFile(sessionSchema.parse(session)));

/** Whether a document is one, by its look. */
export const isSession = (document: unknown): boolean =>
  typeof document === 'object' && document !== null && 'kind' in document && 'found' in document;

/**
 * Reads the session of a `bench` or a `storm`.
 *
 * @param path its folder, or the file in it
 * @returns undefined if it is something else
 * @throws UsageError if it is damaged, or of a version that this program does not know
 */
export function readSession(path: string): Session | undefined {
  const file = resultFileOf(path);
  const document = readJson(file, noSession);
  return isSession(document) ? asSession(document, file) : undefined;
}

/** @param file names it in messages */
export function asSession(document: unknown, file: string): Session {
  const { data: found } = z.looseObject({ version: z.int() }).safeParse(document);
  if (found && found.version > SESSION_VERSION) {
    throw new UsageError(
      'UNKNOWN_VERSION',
      `${file} is of version ${found.version}; this oversell reads version ${SESSION_VERSION}`,
      'read it with the oversell that wrote it, or a newer one',
    );
  }
  const { data: session, error } = sessionSchema.safeParse(document);
  if (session) return { ...session, command: withoutSecrets(session.command) };
  throw noSession(`${file} is not the result of a bench or a storm: ${firstFault(error)}`, error);
}

const noSession = (message: string, cause: unknown): UsageError =>
  new UsageError(
    'NO_RESULT',
    message,
    'give the folder of a run, as evaluate, bench and storm make them under runs/',
    {
      cause,
    },
  );
