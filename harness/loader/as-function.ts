/**
 * An ES module as the body of a function with `exports` and `require`, which can be evaluated as often as there are
 * processes, and as CommonJS. The compiler makes of it what Vite runs: imports and exports become accesses, in the order
 * and with the live bindings of the standard; here those accesses get their CommonJS meaning.
 */
import { compileFunction } from 'node:vm';
import { moduleRunnerTransformSync, type SourceMap } from 'oxc-transform';
import type { ModuleKind } from './module-kind.ts';

export interface FunctionBody {
  code: string;
  map: SourceMap;
  /** It was an ES module, and not CommonJS. */
  wasModule: boolean;
  usesMeta: boolean;
}

interface Meaning {
  kind: ModuleKind;
  /** See `Project`. */
  callableNamespaces: boolean;
}

/** `import`, as the compiler writes it. */
const IMPORT =
  /^const (__vite_ssr_import_\d+__) = await __vite_ssr_import__\(("(?:[^"\\\n]|\\.)*")(?:, \{ importedNames: (\[[^\]]*\]) \})?\);/gm;
/** `export`, likewise: seven lines. */
const EXPORT =
  /^Object\.defineProperty\(__vite_ssr_exports__, ("(?:[^"\\\n]|\\.)*"), \{\n\tenumerable: true,\n\tconfigurable: true,\n\tget\(\) \{\n\t\treturn (.+);\n\t\}\n\}\);/gm;
/** The compiler forgets the first of these two names. */
const DEFAULT_AND_NAMESPACE = /^import ([\w$]+), (\* as [\w$]+) from ("(?:[^"\\\n]|\\.)*");/gm;

/** @param code plain JavaScript, printed by the compiler */
export function asFunction(file: string, code: string, { kind, callableNamespaces }: Meaning): FunctionBody {
  const split = code
    .replace(/^#!.*/, '')
    .replaceAll(DEFAULT_AND_NAMESPACE, 'import $1 from $3; import $2 from $3;');
  const ran = moduleRunnerTransformSync(file, split, { sourcemap: true });
  const names: string[] = [];
  const body = ran.code
    .replaceAll(EXPORT, (_, name: string, value: string) => {
      names.push(name);
      return `__oversell_export(${name}, () => ${value});${''.padEnd(6, '\n')}`;
    })
    .replaceAll(IMPORT, (statement, variable: string, from: string, imported: string | undefined) => {
      const lines = statement.replaceAll(/[^\n]/g, '');
      const named = imported === undefined ? '' : `, ${imported.replaceAll(/\n\t*/g, ' ')}`;
      return `const ${variable} = __oversell_import(${from}${named});${lines}`;
    })
    .replaceAll('__vite_ssr_exportAll__(', '__oversell_exportAll(')
    .replaceAll('__vite_ssr_dynamic_import__(', '__oversell_dynamicImport(');
  if (/__vite_ssr_(import__|exports__)\b/.test(body))
    throw new Error(`${file}: the compiler printed something new`);
  const wasModule = names.length > 0 || body !== ran.code || body.includes('__vite_ssr_import_meta__');
  const usesMeta = body.includes('__vite_ssr_import_meta__');
  const metaNamed = body.replaceAll('__vite_ssr_import_meta__', '__meta');
  const annotation =
    names.length > 0 ? `0 && (${names.map((name) => `exports[${name}] = `).join('')}0);` : '';
  return {
    // A block, as an ES module may have a `require` and a `__filename` of its own.
    code: wasModule
      ? `${preludeOf(kind, callableNamespaces)} {\n${metaNamed}}\n${annotation}\n`
      : `\n${metaNamed}`,
    map: { ...ran.map!, mappings: `;${ran.map!.mappings}` },
    wasModule,
    usesMeta,
  };
}

/** One line, so that those of the module are told apart by one. */
function preludeOf(kind: ModuleKind, callable: boolean): string {
  const get =
    // As long as a class was not reached, CommonJS has undefined where an ES module throws.
    kind === 'commonjs'
      ? '() => { try { return get(); } catch (error) { if (error instanceof ReferenceError) return undefined; throw error; } }'
      : 'get';
  const whole = callable ? "if (!names && typeof value === 'function') return value; " : '';
  return [
    '"use strict";',
    "Object.defineProperty(exports, '__esModule', { value: true });",
    'const [__oversell_require, __oversell_exports] = [require, exports];',
    'const __oversell_define = (on, name, get) => Object.defineProperty(on, name, { enumerable: true, configurable: true, get });',
    `const __oversell_export = (name, get) => __oversell_define(__oversell_exports, name, ${get});`,
    'const __oversell_import = (specifier, names) => {',
    'const value = __oversell_require(specifier);',
    "if (value?.__esModule || value?.[Symbol.toStringTag] === 'Module') return value;",
    whole,
    'const all = {};',
    "for (const name of names ?? Object.keys(Object(value))) if (name !== 'default') __oversell_define(all, name, () => value?.[name]);",
    "return __oversell_define(all, 'default', () => value);",
    '};',
    'const __oversell_exportAll = (all) => {',
    "for (const name of Object.keys(all)) if (name !== 'default' && !Object.hasOwn(__oversell_exports, name)) __oversell_define(__oversell_exports, name, () => all[name]);",
    '};',
    'const __oversell_dynamicImport = (specifier) => Promise.resolve().then(() => __oversell_import(specifier));',
  ].join(' ');
}

const SPECIFIER = /\b((?:require|import|__oversell_(?:import|dynamicImport))\()("(?:[^"\\\n]|\\.)*")/g;

/** What a module imports, or requires, by names that are written down. */
export const importsOf = (functionBody: string): string[] => [
  ...new Set([...functionBody.matchAll(SPECIFIER)].map(([, , text]) => JSON.parse(text!) as string)),
];

/** The same module, where each import leads elsewhere; undefined: where it leads. */
export const withImports = (functionBody: string, to: (specifier: string) => string | undefined): string =>
  functionBody.replaceAll(SPECIFIER, (found, call: string, text: string) => {
    const other = to(JSON.parse(text) as string);
    return other === undefined ? found : call + JSON.stringify(other);
  });

/** What a module uses of each module that it imports: names, by the import's specifier. */
export function namesUsed(functionBody: string): Map<string, Set<string>> {
  const used = new Map<string, Set<string>>();
  for (const [, variable, text] of functionBody.matchAll(
    /^const (__vite_ssr_import_\d+__) = __oversell_import\(("(?:[^"\\\n]|\\.)*")/gm,
  )) {
    const specifier = JSON.parse(text!) as string;
    const names = used.get(specifier) ?? new Set();
    for (const [, name] of functionBody.matchAll(new RegExp(`\\b${variable}\\.([\\w$]+)`, 'g')))
      names.add(name!);
    used.set(specifier, names);
  }
  return used;
}

/** Where a function body awaits outside of every function of its own, as it could only as an ES module. */
export function topLevelAwait(functionBody: string): { line: number; column: number } | undefined {
  if (!/\bawait\b/.test(functionBody)) return undefined;
  try {
    // Nowhere else is the word reserved outside of modules.
    compileFunction(`(class { static {${functionBody}\n} })`, [], { filename: 'body' });
  } catch (error) {
    const { message, stack = '' } = error as Error;
    const [, line, shown = ''] = /^body:(\d+)\n.*\n( *)\^/.exec(stack) ?? [];
    if (/await|reserved word/.test(message)) return { line: Number(line), column: shown.length + 1 };
  }
  return undefined;
}
