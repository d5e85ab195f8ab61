import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { headerSchema, lineSchema, operationSchema } from '../../harness/documents/history.ts';
import {
  ledgerLine,
  LineError,
  OPERATION_KEYS,
  operationLine,
  parseHeader,
  parseLine,
  SALE_KEYS,
} from '../../harness/history/line.ts';
import { operation, recordedSale } from '../helpers/lines.ts';

/** JSON values that are right somewhere and wrong elsewhere, as they stand in a file. */
const VALUES = [
  'null',
  'true',
  '0',
  '-0',
  '1',
  '-1',
  '1.5',
  '2147483648',
  '9007199254740992',
  '1e999',
  '-1e999',
  '""',
  '"x"',
  '"\\ud800"',
  '[]',
  '{}',
  '"drained"',
  '"recorded"',
  '"restock"',
  '"unknown"',
  '"done"',
  '[{"requestId":"r","userId":"u","quantity":1}]',
];

/** A line of which one key is left out, added, or has another value; now and then it is left as it is. */
const edited = (line: fc.Arbitrary<string>, keys: readonly string[]): fc.Arbitrary<string> =>
  fc
    .record({
      line,
      key: fc.constantFrom(...keys, 'another'),
      value: fc.option(fc.constantFrom(...VALUES)),
      leave: fc.boolean(),
    })
    .map(({ line: text, key, value, leave }) => {
      if (leave) return text;
      const others = Object.entries(JSON.parse(text) as object).filter(([name]) => name !== key);
      const fields = others.map(([name, other]) => `${JSON.stringify(name)}:${JSON.stringify(other)}`);
      return `{${[...fields, ...(value === null ? [] : [`"${key}":${value}`])].join(',')}}`;
    });

/** What the reader makes of a line; undefined where it finds a fault in it. */
function read<T>(parse: (text: string, unknownKey: () => void) => T, text: string): T | undefined {
  try {
    return parse(text, () => undefined);
  } catch (error) {
    if (error instanceof LineError) return undefined;
    throw error;
  }
}

test('the reader takes exactly the lines that the schema describes, and reads of them what stands there', () => {
  const lines = fc.oneof(
    { weight: 4, arbitrary: edited(operation.map(operationLine), OPERATION_KEYS) },
    edited(fc.array(recordedSale, { maxLength: 2 }).map(ledgerLine), ['op', 'sales']),
    edited(
      recordedSale.map((sale) => JSON.stringify(sale)),
      SALE_KEYS,
    ).map((sale) => `{"op":"recorded","sales":[${sale}]}`),
    edited(
      fc.nat().map((value) => JSON.stringify({ op: 'drained', value })),
      ['op', 'value'],
    ),
  );
  const seen = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(lines, (text) => {
      const line = read(parseLine, text);
      const { data } = lineSchema.safeParse(JSON.parse(text));
      expect(line !== undefined, text).toBe(data !== undefined);
      seen[line ? 'taken' : 'refused']++;
      if (line?.kind !== 'operation' || !data || !('outcome' in data)) return;
      const { request, attempt, user, completed, remaining, ...rest } = data;
      expect(line.operation).toEqual({
        ...Object.fromEntries(OPERATION_KEYS.map((key) => [key, rest[key]])),
        request: request ?? '',
        attempt: attempt ?? 1,
        user: user ?? '',
        completed: completed ?? Infinity,
        remaining: remaining ?? undefined,
      });
    }),
    { numRuns: 5_000 },
  );
  expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(500);
});

test('the reader takes exactly the first lines that the schema describes', () => {
  const sale = fc.constantFrom(
    '{"sku":"tea","stock":2}',
    '{"sku":"tea","stock":2,"perUserLimit":1,"more":true}',
    ...VALUES.map((value) => `{"sku":${value},"stock":2}`),
    ...VALUES.map((value) => `{"sku":"tea","stock":${value}}`),
    ...VALUES.map((value) => `{"sku":"tea","stock":2,"perUserLimit":${value}}`),
  );
  const flag = fc.constantFrom(
    ...VALUES.map(() => ''),
    ',"confirms":true',
    ',"reserves":true,"confirms":false',
    ...VALUES.map((value) => `,"reserves":${value}`),
  );
  const seen = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(fc.constantFrom('1', '1', '2', '"1"'), sale, flag, (version, sold, said) => {
      const text = `{"oversell":${version},"sale":${sold}${said}}`;
      const { success } = headerSchema.safeParse(JSON.parse(text));
      expect(read(parseHeader, text) !== undefined, text).toBe(success);
      seen[success ? 'taken' : 'refused']++;
    }),
    { numRuns: 4_000 },
  );
  expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(50);
});

test('the keys that the scanner looks for are those of the schema', () => {
  expect(OPERATION_KEYS).toEqual(Object.keys(operationSchema.shape));
});

test('every line of the example that explains the format is of the schema', () => {
  const readme = readFileSync(new URL('../../harness/history/README.md', import.meta.url), 'utf8');
  const [, example] = /```jsonl\n([^`]+)```/.exec(readme)!;
  const [header, ...lines] = example!.trim().split('\n');
  headerSchema.parse(JSON.parse(header!));
  expect(lines.length).toBeGreaterThan(5);
  for (const line of lines) lineSchema.parse(JSON.parse(line));
});
