import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { temporaryFolder } from './processes.ts';

/** The compiled product with a part of a file replaced. @returns its command */
export function copyWith(file: string, part: string, instead: string): string {
  const folder = temporaryFolder();
  const root = resolve(import.meta.dirname, '../..');
  for (const name of ['dist', 'package.json', 'strategies', 'reports/page'])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const changed = join(folder, 'dist/harness', file);
  const text = readFileSync(changed, 'utf8');
  expect(text).toContain(part);
  writeFileSync(changed, text.replace(part, instead));
  return join(folder, 'dist/harness/cli.js');
}
