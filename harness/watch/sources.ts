import { readdirSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { build } from 'esbuild';

/** What a strategy may be made of, beside what its modules import. */
const READ_TOO: ReadonlySet<string> = new Set(['.lua', '.json']);

/**
 * The files that a strategy consists of: itself, what it imports but packages, and scripts and data that lie beside them, as
 * nobody can tell what is read while it runs. Absolute paths. A file that does not compile imports nothing.
 */
export async function sourcesOf(file: string): Promise<string[]> {
  const entry = resolve(file);
  const modules = new Set([entry, ...(await imported(entry))]);
  const folders = new Set([...modules].map((module) => dirname(module)));
  return [...modules, ...[...folders].flatMap(readBeside)];
}

async function imported(entry: string): Promise<string[]> {
  const bundled = await build({
    entryPoints: [entry],
    absWorkingDir: dirname(entry),
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    metafile: true,
    write: false,
    logLevel: 'silent',
  }).catch(() => undefined);
  return Object.keys(bundled?.metafile.inputs ?? {}).map((input) => resolve(dirname(entry), input));
}

function readBeside(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((name) => (READ_TOO.has(extname(name)) ? [join(folder, name)] : []));
  } catch {
    return []; // it was removed meanwhile
  }
}

/** What tells a version of a file from another one; "gone" while an editor puts the new one in its place. */
export function versionOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found ? `${found.ino} ${found.mtimeMs} ${found.size}` : 'gone';
}
