import * as fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readHistory, writeHistory } from '../../harness/history/jsonl.ts';
import { LedgerColumns } from '../../harness/history/ledger.ts';
import { LedgerScanner } from '../../harness/history/ledger-scanner.ts';
import { ledgerLine, operationLine, parseLine } from '../../harness/history/line.ts';
import { LineScanner } from '../../harness/history/line-scanner.ts';
import { StringTable } from '../../harness/history/string-table.ts';
import { OPS, OUTCOMES } from '../../harness/documents/vocabulary.ts';
import { nameInHistory as name, operation, recordedSale, soldOperation } from '../helpers/lines.ts';
import type { History, Operation } from '../../harness/history/operation.ts';

const folder = mkdtempSync(join(tmpdir(), 'oversell-history-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'history.jsonl');

const history: fc.Arbitrary<History & { operations: Operation[] }> = fc.record(
  {
    sale: fc.record(
      { sku: name, stock: fc.maxSafeNat(), perUserLimit: fc.integer({ min: 1, max: 9 }) },
      { requiredKeys: ['sku', 'stock'] },
    ),
    confirms: fc.boolean(),
    reserves: fc.boolean(),
    operations: fc.array(operation, { maxLength: 20 }),
    drained: fc.nat(),
    recorded: fc.option(fc.array(recordedSale, { maxLength: 5 })),
  },
  { requiredKeys: ['sale', 'operations'] },
);

const read = async (): Promise<History & { operations: Operation[] }> => {
  const { history: found } = await readHistory(path);
  const { recorded } = found;
  return {
    ...found,
    operations: [...found.operations],
    ...(recorded !== undefined && { recorded: recorded && [...recorded] }),
  };
};

test('what is written is what is read, to the last digit', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (written) => {
      await writeHistory(path, written);
      expect(await read()).toEqual(written);
    }),
    { numRuns: 200 },
  );
});

test('a ledger longer than any buffer is read whole, on one line or on many', async () => {
  const recorded = Array.from({ length: 40_000 }, (_, i) => ({
    requestId: `request ${i}`,
    userId: `user ${i}`,
    quantity: 1,
  }));
  const sale = { sku: 'tea', stock: 40_000 };
  await writeHistory(path, { sale, operations: [], recorded });
  expect((await read()).recorded).toEqual(recorded);
  writeFileSync(
    path,
    `${JSON.stringify({ oversell: 1, sale })}\n${JSON.stringify({ op: 'recorded', sales: recorded })}`,
  );
  expect((await read()).recorded).toEqual(recorded);
});

test('a foreign shape of the same lines says the same', async () => {
  await fc.assert(
    fc.asyncProperty(history, fc.infiniteStream(fc.nat()), async (written, dice) => {
      await writeHistory(path, written);
      const { sale, confirms, reserves } = written;
      const header = { sale, reserves, confirms, oversell: 1 };
      const lines = [JSON.stringify(header), ...written.operations.map(foreign)];
      function foreign(one: Operation): string {
        const shuffled = Object.entries({
          ...one,
          completed: Number.isFinite(one.completed) ? one.completed : null,
        })
          .map((entry) => ({ entry, place: dice.next().value as number }))
          .toSorted((a, b) => a.place - b.place)
          .map(({ entry }) => entry);
        return JSON.stringify(Object.fromEntries(shuffled), undefined, '\t').replaceAll('\n', ' ');
      }
      writeFileSync(path, lines.join('\r\n'));
      expect((await read()).operations).toEqual(written.operations);
    }),
    { numRuns: 100 },
  );
});

test.each([
  ['of the header', '{"oversell":1,"sale":{"sku":"tea","stock":1},"by":"us"}', '', 'by'],
  ['of the sale', '{"oversell":1,"sale":{"sku":"tea","stock":1,"perUserlimit":2}}', '', 'sale.perUserlimit'],
  ['beside what was drained', undefined, '{"op":"drained","value":1,"unit":"box"}', 'drained.unit'],
  ['beside the ledger', undefined, '{"op":"recorded","sales":[],"at":5}', 'recorded.at'],
  [
    'in the ledger',
    undefined,
    '{"op":"recorded","sales":[{"requestId":"r","userId":"u","quantity":1,"price":9}]}',
    'recorded.sales.price',
  ],
])('a misspelt or unknown key %s is named', async (_, header, more, key) => {
  writeFileSync(path, `${header ?? '{"oversell":1,"sale":{"sku":"tea","stock":1}}'}\n${more}`);
  expect((await readHistory(path)).unknownKeys).toEqual([key]);
});

test('what may be left out is filled in, and a key that the format does not know is named', async () => {
  const lines = [
    { oversell: 1, sale: { sku: 'tea', stock: 1 } },
    {
      process: 0,
      request: 'r',
      user: 'u',
      op: 'purchase',
      quantity: 1,
      invoked: 0,
      outcome: 'unknown',
      node: 'n1',
    },
  ];
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const { history: found, unknownKeys } = await readHistory(path);
  expect(unknownKeys).toEqual(['node']);
  expect([...found.operations][0]).toMatchObject({ attempt: 1, completed: Infinity });
  expect(found).not.toHaveProperty('drained');
  expect(found).not.toHaveProperty('recorded');
});

const line = (change: Record<string, unknown> = {}): string =>
  JSON.stringify({ ...soldOperation, ...change });

describe('a corrupt line is never skipped: it is named by its number', () => {
  test.each<[string, string]>([
    ['cut off', line().slice(0, -7)],
    ['empty', ''],
    ['no object', '[1]'],
    ['no JSON', 'sold!'],
    ['without quantity', line({ quantity: undefined })],
    ['quantity 0', line({ quantity: 0 })],
    ['quantity 1.5', line({ quantity: 1.5 })],
    ['quantity 2^53', line({ quantity: 2 ** 53 })],
    ['quantity as text', line({ quantity: '1' })],
    ['no request', line({ request: '' })],
    ['no user', line({ user: undefined })],
    ['a process below 0', line({ process: -1 })],
    ['attempt 0', line({ attempt: 0 })],
    ['an op that is none', line({ op: 'refund' })],
    ['an outcome that is none', line({ outcome: 'ok' })],
    ['an outcome of another op', line({ op: 'release', outcome: 'sold' })],
    ['completed before invoked', line({ completed: 4 })],
    ['never completed, but sold', line({ completed: undefined })],
    ['no time', line({ invoked: undefined })],
    ['a time before the run', line({ invoked: -5 })],
    ['remaining as text', line({ remaining: 'all' })],
    ['a fractional count of what was drained', '{"op":"drained","value":0.5}'],
    ['a ledger that is no list', '{"op":"recorded","sales":{}}'],
    ['a ledger entry without user', '{"op":"recorded","sales":[{"requestId":"r","quantity":1}]}'],
    ['drained twice', '{"op":"drained","value":1}\n{"op":"drained","value":1}'],
    ['a ledger and none', '{"op":"recorded","sales":[]}\n{"op":"recorded","sales":null}'],
  ])('a line is refused by its number where it is wrong in this: %s', async (_, corrupt) => {
    const sound = line();
    writeFileSync(path, `{"oversell":1,"sale":{"sku":"tea","stock":1}}\n${sound}\n${corrupt}\n${sound}\n`);
    const place = 2 + corrupt.split('\n').length;
    await expect(readHistory(path)).rejects.toMatchObject({
      code: 'CORRUPT_HISTORY',
      message: expect.stringContaining(`line ${place} `) as string,
    });
    // Its twin without that line is read.
    writeFileSync(path, `{"oversell":1,"sale":{"sku":"tea","stock":1}}\n${sound}\n${sound}\n`);
    expect((await read()).operations).toHaveLength(2);
  });

  test.each([
    ['missing', line()],
    ['of another version', '{"oversell":2,"sale":{"sku":"tea","stock":1}}'],
    ['without stock', '{"oversell":1,"sale":{"sku":"tea"}}'],
    ['with a negative stock', '{"oversell":1,"sale":{"sku":"tea","stock":-1}}'],
    ['with limit 0', '{"oversell":1,"sale":{"sku":"tea","stock":1,"perUserLimit":0}}'],
    ['that reserves a number', '{"oversell":1,"reserves":1,"sale":{"sku":"tea","stock":1}}'],
    ['that confirms nothing', '{"oversell":1,"confirms":null,"sale":{"sku":"tea","stock":1}}'],
    ['in an empty file', ''],
  ])('a header %s', async (_, header) => {
    writeFileSync(path, header);
    await expect(readHistory(path)).rejects.toThrow('line 1 ');
  });

  test('bytes that are no UTF-8, wherever they stand, so that no two names become one', async () => {
    const [before, after] = line({ request: 'r\u0000' }).split('\\u0000') as [string, string];
    for (const spaces of ['', ' ']) {
      const bytes = Buffer.from([0xff]);
      const corrupt = Buffer.concat([Buffer.from(spaces + before), bytes, Buffer.from(after)]);
      const header = '{"oversell":1,"sale":{"sku":"tea","stock":1}}\n';
      writeFileSync(path, Buffer.concat([Buffer.from(`${header}${line()}\n`), corrupt]));
      await expect(readHistory(path)).rejects.toThrow('line 3 is no UTF-8');
      writeFileSync(path, `${header}${line()}\n${spaces}${line({ request: 'é' })}`);
      expect((await read()).operations).toHaveLength(2);
    }
  });

  test.each(['a', 'b'])(
    'half a character is refused, because it would be read as any other half (%s)',
    async (half) => {
      const escaped = half === 'a' ? '\\ud800' : '\\udc01';
      writeFileSync(
        path,
        `{"oversell":1,"sale":{"sku":"tea","stock":1}}\n${line({ request: 'r%' }).replace('%', escaped)}`,
      );
      await expect(readHistory(path)).rejects.toThrow(
        'line 2 is wrong: request holds half of a surrogate pair',
      );
    },
  );

  test('a folder', async () => {
    await expect(readHistory(folder)).rejects.toMatchObject({ code: 'NO_HISTORY' });
  });

  test('a file that is not there', async () => {
    await expect(readHistory(join(folder, 'nowhere.jsonl'))).rejects.toMatchObject({ code: 'NO_HISTORY' });
  });
});

test('a table of strings knows each by one number, however alike they are', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '0', 'é'), maxLength: 4 })), (texts) => {
      const table = new StringTable();
      const ids = texts.map((text) => table.intern(text));
      expect(ids.map((id) => table.text(id))).toEqual(texts);
      expect(new Set(ids).size).toBe(new Set(texts).size);
      expect(table.size).toBe(new Set(texts).size);
    }),
  );
  const many = Array.from({ length: 20_000 }, (_, i) => `request-${i}`);
  const table = new StringTable();
  for (const text of [...many, ...many]) table.intern(text);
  expect([table.size, table.text(table.intern('request-777'))]).toEqual([20_000, 'request-777']);
});

test('the fast scanner never takes a line that the general parser would read otherwise', () => {
  let taken = 0;
  fc.assert(
    fc.property(
      operation,
      fc.nat(),
      fc.constantFrom(...Array.from('{}",:0123456789.-+eE \\\t\u0000\u00ffax')),
      fc.constantFrom('keep', 'replace', 'insert', 'delete'),
      (one, place, character, edit) => {
        const text = operationLine(one);
        const at = place % text.length;
        const tail = text.slice(edit === 'keep' || edit === 'insert' ? at : at + 1);
        const edited =
          edit === 'keep' ? text : text.slice(0, at) + (edit === 'delete' ? '' : character) + tail;
        const strings = new StringTable();
        const scanner = new LineScanner(strings);
        const source = Buffer.from(edited);
        const end = scanner.scan(source, 0, source.length);
        if (end === -1) return;
        expect(end).toBe(source.length);
        taken++;
        const { row } = scanner;
        expect(parseLine(source.toString(), () => undefined)).toEqual({
          kind: 'operation',
          operation: {
            ...row,
            request: strings.text(row.request),
            user: strings.text(row.user),
            op: OPS[row.op],
            outcome: OUTCOMES[row.outcome],
            ...(Number.isNaN(row.remaining) ? { remaining: undefined } : {}),
          },
        });
      },
    ),
    { numRuns: 5000 },
  );
  expect(taken).toBeGreaterThan(100);
});

test('the fast scanner of the ledger reads what the general parser reads, and else leaves the ledger alone', () => {
  const edits = fc.record({
    place: fc.nat(),
    character: fc.constantFrom(...Array.from('{}[]",:0-e \\\t')),
    edit: fc.constantFrom('keep', 'replace', 'insert', 'delete'),
  });
  let taken = 0;
  fc.assert(
    fc.property(fc.array(recordedSale, { maxLength: 4 }), edits, (sales, { place, character, edit }) => {
      const text = ledgerLine(sales);
      const at = place % text.length;
      const tail = text.slice(edit === 'keep' || edit === 'insert' ? at : at + 1);
      const kept = edit === 'keep' || edit === 'delete' ? '' : character;
      const edited = edit === 'keep' ? text : text.slice(0, at) + kept + tail;
      const earlier = { requestId: 'earlier', userId: 'u', quantity: 1 };
      const ledger = LedgerColumns.from([earlier], new StringTable());
      const source = Buffer.from(`${edited}\nnext`);
      const end = new LedgerScanner().scan(source, 0, source.length, ledger);
      if (end === -1) {
        expect([...ledger]).toEqual([earlier]);
        return;
      }
      taken++;
      expect(end).toBe(Buffer.byteLength(edited));
      const parsed = parseLine(source.toString('utf8', 0, end), () => undefined);
      expect({ kind: 'recorded', sales: [...ledger].slice(1) }).toEqual(parsed);
    }),
    { numRuns: 2000 },
  );
  expect(taken).toBeGreaterThan(100);
});
