import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CheckResult } from '../../harness/documents/judgement.ts';
import { checkHistory } from '../../harness/commands/check-history.ts';
import { writeHistory } from '../../harness/history/jsonl.ts';
import type { Operation } from '../../harness/history/operation.ts';
import { temporaryFolder } from '../helpers/processes.ts';

const documented = (): string => {
  const text = readFileSync(new URL('../../harness/history/README.md', import.meta.url), 'utf8');
  return text.slice(text.indexOf('```jsonl\n') + 9, text.indexOf('\n```\n'));
};

const check = (path: string): Promise<CheckResult> => checkHistory(path, { timeoutMs: 10_000 });

const written = (text: string): string => {
  const path = join(temporaryFolder(), 'history.jsonl');
  writeFileSync(path, text);
  return path;
};

test('the documented example is a history that holds', async () => {
  const { verdict, operations, evidence } = await check(written(documented()));
  expect(evidence).toEqual([]);
  expect({ verdict, operations }).toEqual({ verdict: 'holds', operations: 5 });
});

describe('each line of it counts', () => {
  test.each([
    ['an operation', '"request":"r3","attempt":1', '"request":"r4","attempt":1', 'violated'],
    ['a quantity', '"quantity":5', '"quantity":6', 'violated'],
    ['what was drained', '"value":6', '"value":7', 'violated'],
    ['what was recorded', '"requestId":"r3"', '"requestId":"r5"', 'violated'],
    ['the lack of a ledger', /\n\{"op":"recorded".*/, '', 'inconclusive'],
    ['the lack of what was drained', /\n\{"op":"drained".*/, '', 'inconclusive'],
  ])('%s', async (_, from, to, verdict) => {
    const changed = documented().replace(from, to);
    expect(changed).not.toBe(documented());
    expect((await check(written(changed))).verdict).toBe(verdict);
  });
});

test('an open end in the evidence has no completion, as in the file', async () => {
  const open: Operation = {
    process: 0,
    request: 'u',
    attempt: 1,
    user: 'ann',
    op: 'purchase',
    quantity: 2,
    invoked: 3,
    completed: Infinity,
    outcome: 'unknown',
  };
  const refused: Operation = { ...open, request: 'r', invoked: 4, completed: 5, outcome: 'sold-out' };
  const path = join(temporaryFolder(), 'history.jsonl');
  await writeHistory(path, {
    sale: { sku: 'tea', stock: 9 },
    operations: [open, refused],
    drained: 9,
    recorded: [],
  });
  const { evidence } = await check(path);
  const { completed, ...shown } = open;
  expect(completed).toBe(Infinity);
  expect(evidence[0]!.operations).toEqual([shown, refused]);
});

test('progress ends at the end of the file, and is told seldom', async () => {
  const path = written(`${documented()}\n`.replace(/(\{"process":1.*\n)/, (line) => line.repeat(50_000)));
  const told: number[] = [];
  await checkHistory(path, { timeoutMs: 1, onProgress: (read, total) => told.push(read / total) }).catch(
    () => {},
  );
  expect(told.at(-1)).toBe(1);
  expect(told.length).toBeLessThanOrEqual(20);
});
