import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { ownFileOfImport } from './imports.ts';
import { projectOf } from './project.ts';
import { importedBy } from './source.ts';

/** What a strategy may be made of, beside what its modules import. */
const READ_TOO: ReadonlySet<string> = new Set(['.lua', '.json']);

/**
 * The files that a strategy consists of: itself, what it imports but packages, and scripts and data that lie beside them, as
 * nobody can tell what is read while it runs. Absolute paths. A file that does not compile imports nothing.
 */
export function sourcesOf(file: string): string[] {
  const entry = resolve(file);
  const modules = imported(entry);
  const folders = new Set([...modules].map((module) => dirname(module)));
  return [...modules, ...projectFile(entry), ...[...folders].flatMap(readBeside)];
}

/** What runs of it: itself, what it imports but packages, and the scripts that lie beside them. Absolute paths. */
export function codeOf(file: string): string[] {
  const data = new Set(['.json', '.jsonc']);
  return sourcesOf(file).filter((source) => source === resolve(file) || !data.has(extname(source)));
}

function imported(entry: string): Set<string> {
  const found = new Set([entry]);
  // It grows while it is walked.
  for (const file of found) {
    for (const specifier of importedBy(file)) {
      const own = ownFileOfImport(specifier, file);
      if (own !== undefined && existsSync(own)) found.add(own);
    }
  }
  return found;
}

/** What says how a file is compiled, and what its imports mean. */
function projectFile(file: string): string[] {
  try {
    return [projectOf(file).path ?? []].flat();
  } catch {
    return []; // it cannot be read, which is told elsewhere
  }
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
