// How long each test file takes without a fault, and which functions it calls.
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { functionsOf, watched } from './faults.mjs';

/** From the project's root; it notes the calls beside itself, in the copy. */
const RECORDER = relative(process.cwd(), fileURLToPath(new URL('./hits.mjs', import.meta.url)));

/**
 * @typedef {object} Measured
 * @property {Record<string, number>} costs ms by test file; −1 where it fails without a fault, as it teaches nothing
 * @property {Record<string, string[]>} calls functions by test file
 * @property {string[]} functions all that were watched
 */

/**
 * Runs tests in a copy whose functions note that they are called.
 * @param {import('./workplace.mjs').Workplace} place
 * @param {string[]} tests
 * @param {{ files: string[], compiler: import('./compiler.mjs').Compiler }} subjects whose functions are watched
 * @returns {Promise<Measured>}
 */
export async function measure(place, tests, { files, compiler }) {
  const putBack = files.map((file) => {
    const text = watched(compiler.sourceFile(file), file, place.path(RECORDER));
    return place.put(file, text);
  });
  const costs = await costsOf(place, tests);
  for (const one of putBack) one();
  // Watching takes time, which some tests have little of.
  const slowed = tests.filter((test) => costs[test] === -1);
  Object.assign(costs, await costsOf(place, slowed));
  for (const test of tests) if (costs[test] === -1) console.error(`left out, as it fails: ${test}`);
  const calls = Object.fromEntries(tests.map((test) => [test, []]));
  for (const line of place.read(RECORDER.replace('.mjs', '.log')).split('\n')) {
    const [test, called] = line.split('\t');
    calls[test.slice(place.path('').length)]?.push(called);
  }
  const functions = files.flatMap((file) => functionsOf(compiler.sourceFile(file), file));
  return { costs, calls, functions };
}

async function costsOf(place, tests) {
  if (tests.length === 0) return {};
  const run = await place.run(tests, { limitMs: 3_600_000, bail: 0 });
  if (run === undefined) throw new Error('the tests do not end: nothing can be learned');
  const failing = new Set(run.failed.map((name) => name.split(' > ')[0]));
  return Object.fromEntries(
    tests.map((test) => [test, failing.has(test) ? -1 : (run.durations[test] ?? -1)]),
  );
}

/**
 * The quickest of these tests that call a function, as many as may be paid; one at least.
 * @param {Measured} measured
 * @param {string | undefined} within the function; of one that was not watched, any test may call it
 * @param {number} budgetMs
 */
export function affordable(tests, { costs, calls, functions }, within, budgetMs) {
  const isWatched = functions.includes(within);
  const calling = new Set(tests.filter((test) => !isWatched || calls[test]?.includes(within)));
  let ms = 0;
  return tests
    .filter((test) => costs[test] >= 0 && calling.has(test))
    .toSorted((a, b) => costs[a] - costs[b])
    .filter((test, index) => {
      if (index > 0 && ms + costs[test] > budgetMs) return false;
      ms += costs[test];
      return true;
    });
}
