// Puts small faults one at a time into a copy of the project: its tests must catch each. `npm run mutants`.
//   --sample N     so many faults, drawn from all that could be made (20)
//   --seed S       what they are drawn by (1)
//   --only PART    only of files with this in their path
//   --resume FILE  writes each result there, and goes on where an earlier run was interrupted
//                  a survivor is tried again with the tests that it was not tried with
//   --again        only survivors of that file that nobody has argued for, with all tests, wherever their lines are now
//   --budget S     tests of so many seconds for one fault (60), the quickest first
//   --wide         with tests of other folders besides, not only of those that mirror the file's
//   --list         names the faults and tries none
// First come ten faults of one file that were written down by hand. A survivor is argued in mutants/survivors.json, or
// the run fails.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Compiler } from './mutants/compiler.mjs';
import { affordable, measure } from './mutants/measured.mjs';
import { sourcesIn, testsByFile } from './mutants/reach.mjs';
import { allPlaces, drawnPlaces, keyOf, writtenMutants } from './mutants/sample.mjs';
import { Workplace } from './mutants/workplace.mjs';

const FOLDERS = ['harness/explorer', 'harness/checkers', 'harness/load'];
/** The faults that were written down, the file that they are of, and its own tests. */
const WRITTEN = {
  subject: 'harness/checkers/stock-order.ts',
  list: 'properties/checkers/stock-order-mutants.json',
  tests: ['properties/checkers/stock-order.test.ts', 'properties/checkers/refusals.test.ts'],
};
/** Tests of a folder lie in the one that mirrors it; those of load besides where its figures are compared. */
const MIRRORS = { explorer: ['explorer'], checkers: ['checkers'], load: ['load', 'bench'] };
const SURVIVORS = 'properties/scripts/mutants/survivors.json';
/** Slow, or about something else: asked only about files that no other test reaches. */
const ASIDE = /^properties\/(commands|house|loader|reports|redis|browser)\/|guarantees\.test/;
/** A busy machine is slow; a fault that makes a test wait for ever is noticed all the same. */
const PATIENCE = 4;
const STARTING_MS = 30_000;

const { values } = parseArgs({
  options: {
    sample: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    resume: { type: 'string', default: join(tmpdir(), `oversell-mutants-${process.pid}.jsonl`) },
    budget: { type: 'string', default: '60' },
    again: { type: 'boolean', default: false },
    wide: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});
const [size, seed, budget] = ['sample', 'seed', 'budget'].map((name) => whole(name, values[name]));
const compiler = new Compiler();
const chosen = choose();
if (values.list) {
  compiler.close();
  for (const one of chosen) console.log(told(one));
} else await tryAll();

function whole(name, text) {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new RangeError(`--${name} is "${text}": a whole number`);
  return number;
}

/** Those that were written down, and as many others as were asked for that the compiler accepts. */
function choose() {
  if (values.again) return survivorsSoFar();
  const written = WRITTEN.subject.includes(values.only)
    ? writtenMutants(WRITTEN.subject, WRITTEN.list).map((one) => ({ ...one, tests: WRITTEN.tests }))
    : [];
  const files = FOLDERS.flatMap(sourcesIn).filter((file) => file.includes(values.only));
  const drawn = new Map();
  let rejected = 0;
  for (const one of drawnPlaces(files, compiler, seed)) {
    if (drawn.size === size) break;
    if (compiler.accepts(one.file, one.text)) drawn.set(keyOf(one), one);
    else rejected++;
  }
  console.error(`${drawn.size} faults drawn by seed ${seed}; the compiler rejected ${rejected} others`);
  return [...written, ...drawn.values()];
}

/** Survivors of the result file that nobody has argued for, where their lines are still there. */
function survivorsSoFar() {
  const results = new Map(lines(values.resume).flatMap((one) => (one.result ? [[keyOf(one), one]] : [])));
  const open = [...results].filter(([key, { result }]) => result === 'survived' && !argued().has(key));
  const keys = new Set(open.map(([key]) => key));
  const files = [...new Set(open.map(([, { file }]) => file))].filter((file) => file.includes(values.only));
  const found = allPlaces(files, compiler).flat();
  return [...new Map(found.map((one) => [keyOf(one), one]))].flatMap(([key, one]) =>
    keys.has(key) ? [one] : [],
  );
}

function told({ file, line, before, after }) {
  return `${file}:${line}\n    ${short(before)}\n    ${short(after)}`;
}

function short(text) {
  return text.length > 160 ? `${text.slice(0, 157)}…` : text;
}

async function tryAll() {
  const place = new Workplace();
  process.on('exit', () => place.remove());
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));
  const reaching = testsByFile(['harness', 'strategies', 'reports', 'properties']);
  const queue = chosen.map((one) => ({ ...one, tests: one.tests ?? nearest(reaching(one.file), one.file) }));
  const earlier = existsSync(values.resume) ? lines(values.resume) : [];
  const measured = await measuredTests(place, queue, earlier);
  compiler.close();
  const results = new Map(earlier.flatMap((one) => (one.result ? [[keyOf(one), one]] : [])));
  for (const [index, { text, tests, ...one }] of queue.entries()) {
    const before = results.get(keyOf(one)) ?? {
      result: 'survived',
      by: 'no test calls it',
      tried: [],
      ms: 0,
    };
    // Tests may have changed where survivors are asked for again.
    const tried = values.again ? [] : before.tried;
    const left = affordable(tests, measured, one.within, budget * 1000).filter(
      (test) => !tried.includes(test),
    );
    if (before.result === 'survived' && left.length > 0) {
      const putBack = place.put(one.file, text);
      const result = { ...one, ...(await attempt(place, left, measured.costs)) };
      putBack();
      result.tried = [...tried, ...left];
      appendFileSync(values.resume, `${JSON.stringify(result)}\n`);
      results.set(keyOf(one), result);
    }
    if (!results.has(keyOf(one))) results.set(keyOf(one), { ...one, ...before });
    const { result, by, ms } = results.get(keyOf(one));
    console.log(`${index + 1}/${queue.length} ${result} in ${ms} ms: ${told(one)}\n    ${by ?? ''}`);
  }
  conclude(queue.map((one) => results.get(keyOf(one))));
}

/** Tests of the folders that mirror the file's; where there are none, or all are wanted, others besides. */
function nearest(tests, file) {
  const usual = tests.filter((test) => !ASIDE.test(test));
  const own = usual.filter((test) => MIRRORS[folderOf(file)].includes(folderOf(test)));
  if (own.length > 0 && !values.wide) return own;
  return usual.length > 0 ? usual : tests;
}

function folderOf(file) {
  return file.split('/')[1];
}

/** What the tests of these faults cost and call; what an interrupted run has measured is taken from its results. */
async function measuredTests(place, queue, earlier) {
  const costs = Object.assign({}, ...earlier.map((one) => one.costs ?? {}));
  const calls = Object.assign({}, ...earlier.map((one) => one.calls ?? {}));
  const functions = earlier.flatMap((one) => one.functions ?? []);
  const unknown = [...new Set(queue.flatMap(({ tests }) => tests))].filter(
    (test) => costs[test] === undefined,
  );
  if (unknown.length === 0) return { costs, calls, functions };
  console.error(`${unknown.length} test files are run without any fault first`);
  const more = await measure(place, unknown, { files: FOLDERS.flatMap(sourcesIn), compiler });
  appendFileSync(values.resume, `${JSON.stringify(more)}\n`);
  return {
    costs: { ...costs, ...more.costs },
    calls: { ...calls, ...more.calls },
    functions: [...functions, ...more.functions],
  };
}

/** What becomes of the fault that is put in the place. */
async function attempt(place, tests, costs) {
  const limitMs = STARTING_MS + PATIENCE * tests.reduce((sum, test) => sum + costs[test], 0);
  const startedAt = performance.now();
  const run = await place.run(tests, { limitMs, bail: 1 });
  const ms = Math.round(performance.now() - startedAt);
  if (run === undefined) return { result: 'timeout', ms };
  return run.failed.length > 0 ? { result: 'killed', by: run.failed[0], ms } : { result: 'survived', ms };
}

function lines(file) {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

function argued() {
  return new Set(JSON.parse(readFileSync(SURVIVORS, 'utf8')).map(keyOf));
}

function conclude(results) {
  const known = argued();
  const survivors = results.filter(({ result }) => result === 'survived');
  const open = survivors.filter((one) => !known.has(keyOf(one)));
  const count = (of) => results.filter(({ result }) => result === of).length;
  for (const one of open) console.log(`SURVIVED ${told(one)}`);
  console.log(
    `${results.length} faults: ${count('killed')} caught by a test, ${count('timeout')} by the time limit, ` +
      `${survivors.length - open.length} survived as ${SURVIVORS} argues, ${open.length} without an argument`,
  );
  process.exitCode = open.length > 0 ? 1 : 0;
}
