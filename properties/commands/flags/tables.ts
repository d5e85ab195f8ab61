import { BENCH } from './bench.ts';
import { EXPLORE } from './explore.ts';
import { INTERCEPT } from './intercept.ts';
import { SERVE } from './serve.ts';
import { STORM } from './storm.ts';
import { NEW } from './new.ts';
import { CHECK, COMPARE, DOCTOR, EVALUATE, LIST, REPLAY, REPORT } from './others.ts';
import type { FlagRow, FlagTable } from './table.ts';
import { WATCH } from './watch.ts';

/** Every flag of every command: by its name, what it is for. */
const TABLES: Readonly<Record<string, FlagTable>> = {
  evaluate: EVALUATE,
  explore: EXPLORE,
  intercept: INTERCEPT,
  watch: WATCH,
  replay: REPLAY,
  bench: BENCH,
  storm: STORM,
  report: REPORT,
  compare: COMPARE,
  check: CHECK,
  serve: SERVE,
  new: NEW,
  list: LIST,
  doctor: DOCTOR,
};
export const tables = Object.entries(TABLES);

export const rowsOf = (table: FlagTable): FlagRow[] => Object.values(table.flags).flat();
