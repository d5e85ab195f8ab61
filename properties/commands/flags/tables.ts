import { BENCH } from './bench.ts';
import { EXPLORE } from './explore.ts';
import { SERVE } from './serve.ts';
import { STORM } from './storm.ts';
import { CHECK, COMPARE, DOCTOR, EVALUATE, LIST, REPLAY, REPORT } from './others.ts';
import type { FlagRow, FlagTable } from './table.ts';

/** Every flag of every command: by its name, what it is for. */
const TABLES: Readonly<Record<string, FlagTable>> = {
  evaluate: EVALUATE,
  explore: EXPLORE,
  replay: REPLAY,
  bench: BENCH,
  storm: STORM,
  report: REPORT,
  compare: COMPARE,
  check: CHECK,
  serve: SERVE,
  list: LIST,
  doctor: DOCTOR,
};
export const tables = Object.entries(TABLES);

export const rowsOf = (table: FlagTable): FlagRow[] => Object.values(table.flags).flat();

/** The command line with a flag, instead of the same flag with another value. */
export function added(typed: string, call: string): string {
  const [flag = ''] = typed.split(' ');
  return `${call.replace(new RegExp(` ${flag} [^-]\\S*`), '')} ${typed}`;
}
