import * as fc from 'fast-check';
import { relative } from 'node:path';
import { beforeEach, inject } from 'vitest';

/** The run's one seed: every generated case and every random choice of a test hangs on it. */
export const seed = inject('seed');

fc.configureGlobal({ seed });

beforeEach(({ task, onTestFailed }) => {
  onTestFailed(() => {
    const file = relative(process.cwd(), task.file.filepath);
    // -t takes a regular expression, and the shell takes no quote inside quotes: a dot stands for any of these.
    const name = task.name.replaceAll(/[^\w\s,-]/g, '.');
    process.stderr.write(`Repeat: OVERSELL_SEED=${seed} npx vitest run ${file} -t '${name}'\n`);
  });
});
