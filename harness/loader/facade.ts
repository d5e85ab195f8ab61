/**
 * What an ES module of a user's imports from CommonJS or JSON where production has a bundler in between: whatever is
 * there when it is evaluated, while Node alone knows what it sees in the text. Such an import is led to a small module
 * that takes the whole and hands out the names that the file uses.
 */
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFunction } from 'node:vm';
import type { ResolveFnOutput } from 'node:module';
import { isUsers } from '../ground/places.ts';
import { isBundled, kindOf, takesWhole } from './module-kind.ts';
import { isTypeScript, usedOf } from './source.ts';

const MARK = 'oversell-facade';

/** Where an import leads: to such a module, if one is called for, or where it led. */
export function facadeOf(specifier: string, importer: string, found: ResolveFnOutput): ResolveFnOutput {
  if (!isTypeScript(importer) || !isBundled(importer) || !isWhole(found)) return found;
  const names = [...usedOf(importer, specifier)];
  if (names.length === 0) return found;
  const url = new URL(found.url);
  url.searchParams.set(MARK, [takesWhole(importer) ? 'whole' : 'flagged', ...names].join(','));
  return { ...found, url: url.href, format: 'module' };
}

/** Whether the module has only a default export, as Node sees it. */
function isWhole({ url, format }: ResolveFnOutput): boolean {
  if (!url.startsWith('file:')) return false;
  const file = fileURLToPath(url);
  if (extname(file) === '.json') return true;
  if (isUsers(url) && isTypeScript(file)) return kindOf(file) === 'commonjs';
  if (format === 'commonjs' || extname(file) === '.cjs') return true;
  return (format === undefined || format === null) && extname(file) === '.js' && isCommonJs(file);
}

const kinds = new Map<string, boolean>();

/** Node, too, finds out by trying where no package says. */
function isCommonJs(file: string): boolean {
  const known = kinds.get(file);
  if (known !== undefined) return known;
  let commonJs = true;
  try {
    compileFunction(readFileSync(file, 'utf8'), ['exports', 'require', 'module', '__filename', '__dirname']);
  } catch {
    commonJs = false;
  }
  kinds.set(file, commonJs);
  return commonJs;
}

/** The text of such a module; undefined: the URL is none. */
export function facadeSource(url: string): string | undefined {
  if (!url.includes(MARK)) return undefined;
  const real = new URL(url);
  const [mode, ...names] = real.searchParams.get(MARK)?.split(',') ?? [];
  real.searchParams.delete(MARK);
  const from = JSON.stringify(real.href);
  const isJson = extname(real.pathname) === '.json';
  const exported = names.map((name, i) => {
    if (name !== 'default') return `const name${i} = all?.${name}; export { name${i} as ${name} };`;
    return mode === 'whole' ? 'export default all;' : 'export default all?.__esModule ? all.default : all;';
  });
  return [
    `import all from ${from}${isJson ? " with { type: 'json' }" : ''};`,
    isJson ? '' : `export * from ${from};`,
    ...exported,
  ].join('\n');
}
