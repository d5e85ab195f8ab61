import { isoTime, systemClock as clock } from '../ground/ambient.ts';
import { folderOnDemand } from '../documents/run-folder.ts';
import { isLoss } from '../ground/errors.ts';
import { SESSION_VERSION, writeSession, type Session } from '../documents/session.ts';
import type { Keeper } from '../documents/write-file.ts';
import type { Invocation } from '../terminal/answer.ts';
import { repeatCommand } from '../terminal/options.ts';

/** What is written down of a bench or a storm: kind and content of its result. */
export type Found = {
  [K in Session['kind']]: Pick<Extract<Session, { kind: K }>, 'kind' | 'found'>;
}[Session['kind']];

/** The folder of a run: it is named now, and made when there is something to put into it. */
export interface FolderToBe {
  seed: number;
  startedAtMs: number;
  /** @throws UsageError or EnvironmentError if it cannot be made */
  make: () => string;
}

export function folderToBe(runs: string, seed: number): FolderToBe {
  const startedAtMs = clock.epochMs();
  return { seed, startedAtMs, make: folderOnDemand(runs, startedAtMs, seed) };
}

/**
 * Writes result.json and the reports into the folder.
 * @returns where they are, and the command that repeats it: the last lines of the answer
 */
export async function keepSession(
  found: Found,
  { script, args, version, signal }: Pick<Invocation, 'script' | 'args' | 'version' | 'signal'>,
  { seed, startedAtMs, make }: FolderToBe,
  keeper: Keeper,
): Promise<string> {
  const command = repeatCommand(script, args, seed);
  const session: Session = {
    version: SESSION_VERSION,
    status: !signal.aborted ? 'complete' : isLoss(signal.reason) ? 'failed' : 'interrupted',
    command,
    startedAt: isoTime(startedAtMs),
    oversell: version,
    ...found,
  };
  let report: string | undefined;
  if (!keeper.keep(() => writeSession(make(), session))) return `Again: ${command}`;
  // Once the server is lost the answer must not wait for charts: `report` draws them of the same folder.
  if (session.status === 'failed') return `Kept: ${make()}\nAgain: ${command}`;
  const { writeSessionReports } = await import('../../reports/write-session.ts');
  await keeper.keepSoon(async () => (report = (await writeSessionReports(make(), session)).html));
  return [...(report === undefined ? [] : [`Report: ${report}`]), `Again: ${command}`].join('\n');
}
