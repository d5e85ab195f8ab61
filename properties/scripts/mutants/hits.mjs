// Which functions a test file has called, told by `watched` text: one line `<test file>\t<function>` for each.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';

const HITS = new URL('hits.log', import.meta.url);
/** Where the test that runs is told to the processes and threads that it starts. */
const CURRENT = new URL('current-test', import.meta.url);

const seen = new Set();
let test;

/** Notes that this function was called. */
export function hit(id) {
  const here = globalThis['__vitest_worker__']?.filepath;
  if (here !== undefined && here !== test) {
    test = here;
    seen.clear();
    writeFileSync(CURRENT, test);
  }
  if (seen.has(id)) return;
  seen.add(id);
  appendFileSync(HITS, `${here ?? readFileSync(CURRENT, 'utf8')}\t${id}\n`);
}
