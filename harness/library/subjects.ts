import { fileURLToPath } from 'node:url';
import type { Strategy } from '../../strategies/contract.ts';
import { adapterOf } from '../adapters/adapter.ts';
import type { Subject } from '../explorer/process/spec.ts';
import { UsageError } from '../ground/errors.ts';
import { hasEarlierClient } from './earlier-clients.ts';

/** What can be explored: a file, by URL or path; the name of a built-in; or what `fromModule` or `fromFunction` made. */
export type Explorable = URL | string | Strategy;

/** What is explored, and how it is told. */
export interface Chosen {
  subject: Subject;
  /** The file from whose folder others are told; absent: of a built-in, or not known. */
  path?: string;
  /** Whether `oversell replay` finds it by its name, or in that file. */
  isReplayable: boolean;
  /** It is functions that were there before: one process. */
  isOneProcess: boolean;
}

/** @param name of a file that exports several: the one that is meant. @throws UsageError if it cannot be loaded or explored */
export async function chosenSubject(explorable: Explorable, name: string | undefined): Promise<Chosen> {
  if (typeof explorable === 'string' || explorable instanceof URL) return fromFile(explorable, name);
  const adapter = adapterOf(explorable);
  if (!adapter) {
    throw new UsageError(
      'NO_SUBJECT',
      'explore() was given no file',
      "give new URL('./sell.ts', import.meta.url), a path, the name of a built-in strategy, or what fromModule() makes",
    );
  }
  const { file } = adapter;
  const told = { ...(file !== undefined && { path: file }), isReplayable: false };
  const { subjectOfAdapter } = await import('../explorer/process/subject.ts');
  if (adapter.kind === 'function') {
    if (hasEarlierClient()) throw EARLIER;
    return { ...told, subject: subjectOfAdapter(explorable, adapter, false), isOneProcess: true };
  }
  const { importModule } = await import('../loader/file.ts');
  const { packagesConnect } = await importModule(adapter.file, { connections: 'held' });
  return { ...told, subject: subjectOfAdapter(explorable, adapter, packagesConnect), isOneProcess: false };
}

const EARLIER = new UsageError(
  'EARLIER_CONNECTION',
  'a Redis client has connected in this thread already, and fromFunction() cannot tell whether its functions use it',
  'give the file to fromModule(), which evaluates it for each process, or keep other clients out of this test file',
);

async function fromFile(file: URL | string, name: string | undefined): Promise<Chosen> {
  const { chosenStrategies } = await import('../loader/strategies.ts');
  const { subjectOf } = await import('../explorer/process/subject.ts');
  const named = file instanceof URL ? fileURLToPath(file) : file;
  const loaded = await chosenStrategies([named], { connections: 'held' });
  const found = loaded.filter(({ strategy }) => name === undefined || strategy.name === name);
  if (found.length === 1) {
    const { path } = found[0]!;
    return {
      subject: await subjectOf(found[0]!),
      ...(path !== undefined && { path }),
      isReplayable: true,
      isOneProcess: false,
    };
  }
  const names = loaded.map(({ strategy }) => strategy.name).join(', ');
  throw new UsageError(
    'UNKNOWN_STRATEGY',
    name === undefined
      ? `${file.toString()} exports ${loaded.length} strategies, not one`
      : `${file.toString()} exports no strategy "${name}"`,
    `choose one by the option strategy: ${names}`,
  );
}
