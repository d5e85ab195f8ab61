import { existsSync, readFileSync } from 'node:fs';

/** Lines are read off the text that the user wrote: a good hint where nothing tells for sure. They count from 1. */

/** The first line that matches. */
export function lineThat(source: string, pattern: RegExp): number | undefined {
  const at = source.split('\n').findIndex((line) => pattern.test(line));
  return at < 0 ? undefined : at + 1;
}

/** Where a file imports, exports from, or requires a module; undefined if it does so nowhere, or is gone. */
export function lineOfImport(file: string, specifier: string): number | undefined {
  const source = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return lineThat(source, new RegExp(`\\b(import|export|from|require)\\b.*${literal(specifier)}`));
}

/** Where a field of an exported object stands, or else the export. */
export function lineOfField(source: string, exportName: string, field: string): number | undefined {
  const local = new RegExp(`([\\w$]+)\\s+as\\s+${literal(exportName)}\\b`).exec(source)?.[1] ?? exportName;
  const name = literal(local);
  const start =
    lineThat(source, new RegExp(`\\b(?:const|let|var|class|function)\\s+${name}\\b`)) ??
    lineThat(source, new RegExp(`^\\s*export\\b.*\\b${name}\\b`));
  if (start === undefined) return undefined;
  const lines = source.split('\n').slice(start - 1);
  const length = 1 + lines.slice(1).findIndex((line) => /^(export|[)}])/.test(line));
  const key = new RegExp(`(^|[\\s{,'"])${literal(field)}['"]?\\s*[:(,]`);
  return start - 1 + (lineThat(lines.slice(0, length || lines.length).join('\n'), key) ?? 1);
}

/** The text as a pattern that matches it and nothing else. */
const literal = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
