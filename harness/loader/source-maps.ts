import { SourceMap } from 'node:module';
import type { Position } from './syntax-error.ts';

/** As compilers hand them out. */
export interface RawMap {
  version: number;
  mappings: string;
  sources: string[];
  names: string[];
}

/** Maps of steps one after the other, the first one first. */
export type Maps = readonly RawMap[];

/** Several steps as one map, which is that of the last; the field is ours, and others pass over it. */
interface Chained extends RawMap {
  x_earlier: Maps;
}

/** The maps as one text, for the end of a file. */
export function asText(maps: Maps): string {
  const small = maps.map(({ version, mappings, names }) => ({
    version,
    mappings,
    names,
    sources: ['source'],
  }));
  const chained: Chained = { ...small.at(-1)!, x_earlier: small.slice(0, -1) };
  return JSON.stringify(chained);
}

/** The line that the user wrote, for a position in what it was compiled to. All count from 1. */
export function originalLine(map: string, line: number, column: number): number {
  const last = JSON.parse(map) as RawMap & Partial<Chained>;
  return lineOf([...(last.x_earlier ?? []), last], line, column)?.line ?? line;
}

/** The position before all steps; undefined: it stands for nothing that was there. */
export function lineOf(maps: Maps, line: number, column: number): Position | undefined {
  let at = { line, column };
  for (const map of maps.toReversed()) {
    const entry = new SourceMap({ file: '', sourceRoot: '', sourcesContent: [], ...map }).findEntry(
      at.line - 1,
      at.column - 1,
    );
    if (!('originalLine' in entry)) return undefined;
    at = { line: entry.originalLine + 1, column: entry.originalColumn + 1 };
  }
  return at;
}
