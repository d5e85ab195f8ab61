import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import type { z } from 'zod';
import { comparisonSchema } from '../../harness/documents/comparison.ts';
import { counterexampleSchema } from '../../harness/documents/counterexample.ts';
import { errorDocumentSchema } from '../../harness/documents/error.ts';
import { exploredSchema, replaySchema } from '../../harness/documents/exploration.ts';
import { benchResultSchema } from '../../harness/documents/figures.ts';
import { headerSchema, lineSchema } from '../../harness/documents/history.ts';
import { checkResultSchema } from '../../harness/documents/judgement.ts';
import { listingSchema } from '../../harness/documents/listing.ts';
import { machineReportSchema } from '../../harness/documents/machine.ts';
import { firstFault } from '../../harness/documents/read-json.ts';
import { resultSchema } from '../../harness/documents/result.ts';
import { scaffoldSchema } from '../../harness/documents/scaffold.ts';
import { reportsSchema } from '../../harness/documents/reports.ts';
import { isSession, sessionSchema } from '../../harness/documents/session.ts';
import { writtenServiceSchema } from '../../harness/documents/service.ts';
import { serviceBenchSchema } from '../../harness/documents/service-figures.ts';
import { oversell } from '../helpers/command.ts';
import { rotating } from '../helpers/rotating.ts';
import { STOREFRONT } from '../helpers/services.ts';

const folder = mkdtempSync(join(tmpdir(), 'oversell-printed-'));
afterAll(() => rmSync(folder, { recursive: true }));
const there = (name: string): string => join(folder, name);
const earlier = (name: string): string => fileURLToPath(new URL(`earlier/${name}`, import.meta.url));

mkdirSync(there('drawn'));
cpSync(earlier('result.json'), there('drawn/result.json'));
writeFileSync(
  there('several.mjs'),
  `const seller = () => ({ purchase: async () => ({ kind: 'sold-out' }), remaining: async () => 0 });
const named = (name) => ({ name, summary: 'refuses all', connection: 'shared', open: (redis) => redis.set('stock', 0), seller });
export const one = named('one');
export const two = named('two');
`,
);

const decrementShop = fileURLToPath(new URL('../helpers/decrement-shop.mjs', import.meta.url));
writeFileSync(
  there('decrement-shop.json'),
  JSON.stringify({
    start: ['node', decrementShop],
    ready: { accepts: 'connections' },
    open: [{ redis: ['SET', 'stock', '{stock}'] }],
    buy: { path: '/buy?token={request}' },
    left: { ask: { redis: ['GET', 'stock'] } },
    answers: { sold: { status: 200 }, soldOut: { status: 409 } },
  }),
);

interface Printed {
  what: string;
  /** The command line, but for `--json`. */
  args: string[];
  schema: z.ZodType;
  /** Keys that it may lack. */
  optional?: string[];
  /** How many files of each kind it writes, at least. */
  writes?: { results?: number; counterexamples?: number; histories?: number };
}

const runs = (name: string): string[] => ['--runs', there(name), '--seed', '1'];
const small = ['--buyers', '2', '--stock', '1'];
const short = ['--trials', '2', '--buyers', '40', '--stock', '10', '--history'];

const PRINTED: Printed[] = [
  {
    what: 'the result of evaluate',
    args: ['evaluate', 'lua-decrement', '--history', ...runs('evaluate')],
    schema: resultSchema,
    optional: ['session'],
    writes: { results: 1, counterexamples: 3, histories: 4 },
  },
  {
    what: 'an exploration that shows counterexamples',
    args: ['explore', 'multi-without-watch', '--buyers', '2', '--faults', 'lost-reply=1', ...runs('explore')],
    schema: exploredSchema,
    writes: { counterexamples: 3 },
  },
  {
    what: 'an exploration without reductions',
    args: ['explore', 'lua-decrement', ...small, '--no-reduction'],
    schema: exploredSchema,
  },
  {
    what: 'an exploration that a limit stops',
    args: ['explore', 'watch-retry', '--max-states', '50', ...runs('bounded')],
    schema: exploredSchema,
  },
  {
    what: 'the explorations of a file with two strategies',
    args: ['explore', there('several.mjs'), ...small, ...runs('several')],
    schema: exploredSchema,
    writes: { counterexamples: 2 },
  },
  {
    what: 'an exploration of a service, with counterexamples',
    args: [
      'intercept',
      there('decrement-shop.json'),
      '--buyers',
      '1',
      '--faults',
      'crash=1',
      ...runs('intercept'),
    ],
    schema: exploredSchema,
    optional: ['service'],
    writes: { counterexamples: 1 },
  },
  {
    what: 'a service file of flags',
    args: [
      'intercept',
      ...'--open|SET stock {stock}|--buy|GET /|--left|GET stock|--sold|200|--sold-out|404'.split('|'),
      '--start',
      'node shop.mjs',
      '--init',
      there('of-flags.json'),
    ],
    schema: writtenServiceSchema,
  },
  { what: 'a replay', args: ['replay', earlier('counterexample.json')], schema: replaySchema },
  {
    what: 'the figures of a strategy, and of one that is skipped',
    args: ['bench', 'lua-reserve-once', 'increx-bounded', ...short, ...runs('bench')],
    schema: benchResultSchema,
    optional: ['roundTripMs'],
    writes: { results: 1, histories: 1 },
  },
  {
    what: 'the figures of a search for a rate',
    args: ['bench', 'lua-decrement', '--slo', 'p50=0.001ms', '--trials', '1', ...runs('slo')],
    schema: benchResultSchema,
    optional: ['roundTripMs'],
    writes: { results: 1 },
  },
  {
    what: 'the figures and the verdict of a service',
    args: ['bench', '--service', STOREFRONT, '--buyers', '60', '--history', ...runs('service')],
    schema: serviceBenchSchema,
    writes: { results: 1, histories: 1 },
  },
  {
    what: 'the judgement of a history',
    args: ['check', earlier('history.jsonl')],
    schema: checkResultSchema,
  },
  {
    what: 'a comparison',
    args: ['compare', earlier('bench.json'), earlier('bench.json')],
    schema: comparisonSchema,
  },
  { what: 'the list of strategies', args: ['list'], schema: listingSchema },
  {
    what: 'what a run finds on this machine',
    args: ['doctor'],
    schema: machineReportSchema,
    optional: ['binary', 'source', 'benchmarkPath'],
  },
  {
    what: 'what was written to start from',
    args: ['new', 'mine', '--folder', there('new')],
    schema: scaffoldSchema,
  },
  { what: 'where reports were drawn', args: ['report', there('drawn')], schema: reportsSchema },
  { what: 'an error', args: ['explore', 'no-such-strategy'], schema: errorDocumentSchema },
];

test.each(rotating(PRINTED, 3, 'printed').map((one) => [one.what, one] as const))(
  '%s is printed and written as its schema says, and a broken twin is refused',
  async (_, { args, schema, optional, writes = {} }) => {
    const { stdout } = await oversell([...args, '--json']).ended;
    isOf(schema, JSON.parse(stdout), optional);
    const files = args.includes('--runs') ? filesIn(args[args.indexOf('--runs') + 1]!) : [];
    const results = files.filter((file) => file.endsWith('/result.json'));
    const histories = files.filter((file) => file.endsWith('.jsonl'));
    const counterexamples = files.filter((file) => file.endsWith('.json') && !results.includes(file));
    expect(results.length).toBe(writes.results ?? 0);
    expect(histories.length).toBe(writes.histories ?? 0);
    expect(counterexamples.length).toBeGreaterThanOrEqual(writes.counterexamples ?? 0);
    for (const file of results) {
      const written = JSON.parse(readFileSync(file, 'utf8')) as object;
      if (isSession(written)) isOf(sessionSchema, written);
      else isOf(resultSchema, written, ['session']);
    }
    for (const file of counterexamples)
      isOf(counterexampleSchema, JSON.parse(readFileSync(file, 'utf8')), [
        'path',
        'service',
        'boots',
        'epochMs',
        'cause',
        'atRest',
      ]);
    for (const file of histories) {
      const [header, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
      headerSchema.parse(JSON.parse(header!));
      for (const line of lines) lineSchema.parse(JSON.parse(line));
    }
  },
);

const filesIn = (run: string): string[] =>
  existsSync(run)
    ? readdirSync(run, { recursive: true, encoding: 'utf8' }).map((file) => join(run, file))
    : [];

/** The schema says all of it, and refuses what is like it but for one thing. */
function isOf(schema: z.ZodType, document: unknown, optional?: readonly string[]): void {
  expect(schema.parse(document)).toEqual(document);
  refusesTwins(schema, document, optional);
}

/** A key less, a key more, or a value of another type: the schema refuses it and names the place. */
function refusesTwins(schema: z.ZodType, document: unknown, optional: readonly string[] = []): void {
  const faultOf = (twin: unknown): string => {
    const { error } = schema.safeParse(twin);
    return error ? firstFault(error) : 'no fault is found';
  };
  if (!Array.isArray(document)) {
    const fields = Object.entries(document as object);
    for (const [key] of fields.filter(([name]) => !optional.includes(name))) {
      const without = Object.fromEntries(fields.filter(([name]) => name !== key));
      expect(faultOf(without)).toMatch(new RegExp(`, at ${key}`));
    }
  }
  for (const path of leavesOf(document)) {
    expect(faultOf(withValue(document, path, { of: 'another type' }))).toMatch(/, at /);
  }
}

type Path = readonly (string | number)[];

/** The places of all values that are no objects, but for the options that a strategy hands to ioredis. */
function leavesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, part]) =>
    key === 'client' && typeof part === 'object' && !Array.isArray(part)
      ? []
      : leavesOf(part, [...path, key]),
  );
}

function withValue(document: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  const copy = (Array.isArray(document) ? [...document] : { ...(document as object) }) as Record<
    string,
    unknown
  >;
  copy[key] = withValue(copy[key], rest, value);
  return copy;
}
