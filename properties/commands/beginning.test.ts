import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Steps } from '../../harness/ground/steps.ts';
import { Beginning, print } from '../../harness/terminal/answer.ts';
import { oversell } from '../helpers/command.ts';
import { temporaryFolder } from '../helpers/processes.ts';

/** Somebody who reads what is told. */
function reader(...args: string[]): { told: () => string; invocation: Parameters<typeof print>[0] } {
  const stdout = new PassThrough() as unknown as NodeJS.WriteStream;
  const chunks: string[] = [];
  (stdout as unknown as PassThrough).on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  const progress = {
    now: () => undefined,
    detail: () => undefined,
    line: () => undefined,
    end: () => undefined,
  };
  const beginning = new Beginning({ args, stdout, progress });
  return { told: () => chunks.join(''), invocation: { args, stdout, beginning } };
}

describe('the beginning of an answer', () => {
  test('is told once, and the rest at the end: together they are the answer', async () => {
    const { told, invocation } = reader('evaluate');
    const { beginning } = invocation;
    for (const text of ['head', 'head\nrow 1', 'head\nrow 1', 'head\nrow 1\nrow 2']) beginning!.tell(text);
    await print(invocation, { document: {}, text: 'head\nrow 1\nrow 2\nverdict' });
    expect(told()).toBe('head\nrow 1\nrow 2\nverdict\n');
  });

  test('that turns out otherwise is no part of it: then the whole answer is told', async () => {
    const { told, invocation } = reader('evaluate');
    invocation.beginning!.tell('head\nrow 1');
    await print(invocation, { document: {}, text: 'another head\nrow 1' });
    expect(told()).toBe('head\nrow 1\n\nanother head\nrow 1\n');
  });

  test('is not told to programs, who get one document', async () => {
    const { told, invocation } = reader('evaluate', '--json');
    invocation.beginning!.tell('head');
    await print(invocation, { document: { is: 'whole' }, text: 'head' });
    expect(JSON.parse(told())).toEqual({ is: 'whole' });
  });
});

test('a row is on the screen while the run still goes on', async () => {
  const runs = temporaryFolder();
  const running = oversell(['evaluate', 'lua-decrement', 'lua-reserve-once', '--runs', runs, '--seed', '1']);
  await running.said('orders in');
  const [folder] = readdirSync(runs);
  const result = JSON.parse(readFileSync(join(runs, folder!, 'result.json'), 'utf8')) as { status: string };
  running.child.kill('SIGINT');
  expect(result.status).toBe('running');
  expect(await running.ended).toMatchObject({ exitCode: 130, stdout: expect.stringContaining('Verdict:') });
}, 240_000);

test('steps tell which one it is, how long the work has gone on, and what is left once that can be known', () => {
  const told: string[] = [];
  let ms = 0;
  const steps = new Steps({ now: (text, before) => told.push(`${before} · ${text}`) }, 6, () => ms);
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    steps.begin(name);
    ms += 2_000;
  }
  steps.more(2);
  steps.begin('f');
  expect(told).toEqual([
    '1 of 6 · 0 s · a',
    '2 of 6 · 2 s · b',
    '3 of 6 · 4 s · c',
    '4 of 6 · 6 s, about 6 s left · d',
    '5 of 6 · 8 s, about 4 s left · e',
    '6 of 8 · 10 s, about 6 s left · f',
  ]);
});
