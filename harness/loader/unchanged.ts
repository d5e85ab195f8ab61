import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { adapterOf } from '../adapters/adapter.ts';
import { UsageError } from '../ground/errors.ts';
import { codeOf } from './sources.ts';
import type { LoadedStrategy } from './strategies.ts';

/** The code of users that a run is about, as it was when the run began: threads that start later load it from its files. */
export class Unchanged {
  readonly #digests: ReadonlyMap<string, string>;

  /** Of those that were loaded just now; built-ins do not change. */
  constructor(loaded: readonly LoadedStrategy[]) {
    const files = loaded.flatMap(({ path, strategy }) => {
      const adapter = adapterOf(strategy);
      return [path ?? [], (adapter?.kind === 'module' ? adapter.file : undefined) ?? []].flat();
    });
    this.#digests = new Map(files.flatMap(codeOf).map((file) => [file, digestOf(file)]));
  }

  /** What to tell if one of the files is another by now: what was found is partly of the one, and partly of the other. */
  get fault(): UsageError | undefined {
    const changed = [...this.#digests].find(([file, digest]) => digestOf(file) !== digest);
    if (!changed) return undefined;
    return new UsageError(
      'FILE_CHANGED',
      `${changed[0]} was changed while the run went on, so part of what was found may be of the earlier text, and part of the later`,
      'leave the files as they are until the run is over, and run it again',
    );
  }

  /** @throws UsageError if one of the files is another by now */
  require(): void {
    const { fault } = this;
    if (fault) throw fault;
  }
}

function digestOf(file: string): string {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch {
    return 'gone';
  }
}
