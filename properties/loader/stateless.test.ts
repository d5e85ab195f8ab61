import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Program } from '../../harness/explorer/process/program.ts';
import { STRATEGIES } from '../../harness/ground/places.ts';
import { isStateless } from '../../harness/loader/imports.ts';

const strategies = fileURLToPath(STRATEGIES);

/** What a module keeps from call to call: variables, and collections that it makes when it is loaded. */
const kept = (source: string): string[] =>
  source.match(/^(export )?(let|var|const .*= (new|\[\];|\{\};)).*$/gm) ?? [];

test('what lies beside every strategy keeps nothing of a sale: one evaluation serves every explored process', async () => {
  const files = (await readdir(strategies)).filter((file) => isStateless(join(strategies, file)));
  expect(files).toEqual(['contract.ts', 'errors.ts', 'keys.ts', 'script.ts']);
  const found: string[] = [];
  for (const file of files) found.push(...kept(await readFile(join(strategies, file), 'utf8')));
  // A Script is a text and its digest: whoever reads it first, it is the same.
  expect(found).toEqual(['let putOnSale: Script | undefined;', 'let restoreSales: Script | undefined;']);
});

test.each(['let last = 0;', 'export const seen = new Map<string, number>();', 'const asked: string[] = [];'])(
  'a module with %s at its top would be found',
  (line) => expect(kept(`import x from 'y';\n${line}\n`)).toEqual([line]),
);

/** A class that the file exports, as two processes see it. */
function twice(file: string): unknown[] {
  const program = Program.load(file);
  return [program.evaluate()['DefiniteError'], program.evaluate()['DefiniteError']];
}

test('a copy of such a file is the user’s own, and is evaluated anew for each process', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'oversell-stateless-'));
  try {
    const copy = join(folder, 'errors.ts');
    await copyFile(join(strategies, 'errors.ts'), copy);
    const [first, second] = twice(copy);
    expect(first).not.toBe(second);
    const [ours, again] = twice(join(strategies, 'errors.ts'));
    expect(ours).toBe(again);
  } finally {
    await rm(folder, { recursive: true });
  }
});
