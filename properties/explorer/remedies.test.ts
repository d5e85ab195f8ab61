import { expect, test } from 'vitest';
import { explained } from '../../harness/documents/explanation.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { luaReserveOnce } from '../../strategies/lua-reserve-once.ts';
import { readThenWrite } from '../../strategies/read-then-write.ts';
import { watchRetry } from '../../strategies/watch-retry.ts';
import { asksTheStockFirst } from '../corpus/reservations.ts';
import { subject } from '../corpus/corpus.ts';
import { exploring, server } from '../helpers/exploring.ts';
import { exploringProbe } from '../helpers/probe-files.ts';
import { givesBackLate } from '../helpers/probes/process.ts';

const redis = server();
const two = { buyers: 2, stock: 1 };

test.each([
  {
    strategy: readThenWrite,
    faults: {},
    property: 'oversell',
    because: "B's DECRBY {item}:stock 1 came between A's GET {item}:stock and A's DECRBY {item}:stock 1",
    remedy: 'check and write in one step',
  },
  {
    strategy: luaDecrement,
    faults: { cancel: 1 },
    property: 'oversell',
    because: 'cancelled before anything',
    remedy: 'give back only what',
  },
  {
    strategy: luaDecrement,
    faults: { crash: 1 },
    property: 'stranded',
    because: 'A died after EVAL … {item}:stock',
    remedy: 'record who has them',
  },
  {
    strategy: luaDecrement,
    faults: { 'lost-reply': 1 },
    property: 'double-sale',
    because: 'the connection of A broke, and A',
    remedy: 'sends again what had no reply: remember the requestId',
  },
  {
    strategy: watchRetry,
    faults: { 'lost-reply': 1 },
    property: 'oversell',
    because: 'ran on a connection that watches nothing',
    remedy: 'autoResendUnfulfilledCommands',
  },
  {
    strategy: luaDecrement,
    faults: { timeout: 1 },
    property: 'stranded',
    because: 'a command of A timed out, and the code heard an error',
    remedy: 'ask again with it',
  },
  {
    strategy: luaReserveOnce,
    faults: { failover: 1 },
    property: 'lost-sale',
    because: 'a replica took over',
    remedy: 'lua-then-wait-all',
  },
  {
    strategy: luaReserveOnce,
    faults: { evict: 1 },
    property: 'stranded',
    because: 'was evicted',
    remedy: 'noeviction',
  },
] as const)(
  '$strategy.name is told what broke $property with $faults, and what cures it',
  async ({ strategy, faults, property, because, remedy }) => {
    const found = await exploring(redis.target, strategy, { ...two, faults });
    const { counterexample } = found.properties[property];
    expect(counterexample?.cause).toContain(because);
    expect(counterexample?.remedy).toContain(remedy);
  },
);

test('code that remembers requests is not told to remember them, where it loses a reply', async () => {
  const options = { subject: await subject(asksTheStockFirst) };
  const scope = { buyers: 1, stock: 1, faults: { 'lost-reply': 1 } };
  const found = await exploring(redis.target, asksTheStockFirst, scope, options);
  const { counterexample } = found.properties['false-refusal'];
  expect(counterexample?.remedy).toContain('look for the requestId first, before stock and limit');
  // The twin: of the same interleaving, without the requestId in what was sent.
  const steps = counterexample!.steps.map((step) => ({
    ...step,
    ...(step.command && { command: step.command.map((word) => word.replace('request-A', '1')) }),
  }));
  expect(explained({ ...counterexample!, steps }).remedy).toContain('remember the requestId');
});

test('two replies in one chunk are a cause of their own, and so is a timer that comes after the answer', async () => {
  const inOneProcess = { ...two, instances: 1 };
  const chunks = await exploringProbe(redis.target, ['ticks', 'allows-for-nobody'], inOneProcess);
  expect(explained(chunks.properties.oversell.counterexample!).cause).toBe('replies-in-one-tick');
  const timer = await exploring(redis.target, givesBackLate, two);
  expect(explained(timer.properties.oversell.counterexample!).cause).toBe('after-the-answer');
});
