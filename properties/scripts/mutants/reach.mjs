// Which tests reach a file: whoever imports it, or starts a process that does.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const SOURCE = /\.(ts|mjs)$/;
/** What is named in quotes: a module beside, an entry of package.json's `imports`, or a file of the build. */
const NAMED = /['"`](?:\$\{[^}]*\})?(\.{1,2}\/[\w./-]+|#[\w-]+|[\w./-]*dist\/[\w./-]+)/g;
const BUILT = /(?:^|\/)dist\/(.+)\.js$/;

/**
 * The tests that reach each file, over any number of imports. Compiled files count as their source: a test that starts
 * the command line reaches whatever that imports.
 * @param {string[]} roots folders of sources and of tests
 * @returns {(file: string) => string[]}
 */
export function testsByFile(roots) {
  const files = roots.flatMap(sourcesIn);
  const known = new Set(files);
  const { imports } = JSON.parse(readFileSync('package.json', 'utf8'));
  const importers = new Map(files.map((file) => [file, []]));
  for (const file of files) {
    for (const [, name] of readFileSync(file, 'utf8').matchAll(NAMED)) {
      const target = sourceOf(name, file, imports);
      if (known.has(target)) importers.get(target).push(file);
    }
  }
  return (subject) => {
    const reached = new Set([subject]);
    for (const file of reached) for (const importer of importers.get(file) ?? []) reached.add(importer);
    return [...reached].filter((file) => file.endsWith('.test.ts'));
  };
}

/** @returns {string[]} all sources below a folder, as paths from the project's root */
export const sourcesIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .map((file) => join(folder, file))
    .filter((file) => SOURCE.test(file))
    .toSorted();

function sourceOf(name, from, imports) {
  const path = name.startsWith('#') ? (imports[name] ?? '') : name;
  const built = BUILT.exec(path);
  if (built) return `${built[1]}.ts`;
  const beside = normalize(join(dirname(from), path));
  // A probe may be named without its ending.
  return existsSync(beside) || SOURCE.test(beside) ? beside : `${beside}.mjs`;
}
