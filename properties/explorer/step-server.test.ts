import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RawConnection } from '../../harness/wire/raw-connection.ts';
import { CannotExplore } from '../../harness/explorer/cannot-explore.ts';
import { decode, encodeCommand } from '../../harness/wire/resp.ts';
import { ALL_RULES } from '../../harness/explorer/rules.ts';
import { EMPTY, ImageReader, type ServerImage } from '../../harness/explorer/server/image.ts';
import type { Ran, Step } from '../../harness/explorer/server/step.ts';
import { StepServer } from '../../harness/explorer/server/step-server.ts';
import { server } from '../helpers/exploring.ts';

const redis = server();
let steps: StepServer;
let stranger: Redis;
beforeAll(async () => {
  steps = await StepServer.open(redis.target, ALL_RULES);
  stranger = new Redis(redis.target.options);
});
afterAll(async () => {
  stranger.disconnect();
  await steps.close();
});

const step = (...args: string[]): Step => ({ command: encodeCommand(args), queued: [], dirty: false });
/** From nothing: whoever calls a command of his own has worked on the server. */
async function flushed(from: ServerImage, what: Step): Promise<Ran> {
  await steps.call(['PING']);
  return steps.run(from, what);
}

const key = fc.constantFrom('a', 'b', 'c');
const member = fc.constantFrom('1', '2', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z');
const LIBRARY = `#!lua name=shop\nredis.register_function('one', function() return 1 end)`;
const command = fc.oneof(
  fc.tuple(fc.constantFrom('INCR', 'DEL', 'SMEMBERS', 'LPOP', 'PERSIST', 'GETDEL'), key),
  fc.tuple(fc.constantFrom('SET', 'APPEND', 'SADD', 'SREM', 'RPUSH', 'LPUSH', 'HDEL', 'ZREM'), key, member),
  fc.tuple(fc.constantFrom('HSET', 'HINCRBY', 'SMOVE'), key, member, member),
  fc.tuple(fc.constant('ZADD'), key, member, member),
  fc.tuple(fc.constant('PEXPIRE'), key, fc.constant('60000')),
  fc.tuple(fc.constant('PEXPIREAT'), key, fc.constant('1')),
  fc.tuple(
    fc.constant('EVAL'),
    fc.constantFrom(
      "return redis.call('INCR', KEYS[1])",
      "return redis.call('SMEMBERS', KEYS[1])", // in the set's own order
      "return redis.call('KEYS', '*')",
      'return 1',
    ),
    fc.constant('1'),
    key,
  ),
  fc.constantFrom(
    ['SCRIPT', 'FLUSH', 'SYNC'],
    ['FUNCTION', 'LOAD', 'REPLACE', LIBRARY],
    ['FUNCTION', 'FLUSH', 'SYNC'],
  ),
  fc.constantFrom(['FLUSHALL'], ['FCALL', 'one', '0'], ['KEYS', '*']),
);
const stepped: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: command.map((args) => step(...args)) },
  fc.record({
    command: fc.constant(encodeCommand(['EXEC'])),
    queued: fc.array(command.map(encodeCommand), { minLength: 1, maxLength: 3 }),
    dirty: fc.boolean(),
  }),
);

const told = ({ reply, image, touched }: Ran): unknown => [reply, image.content, touched];

/** Steps from states that others led to. @returns what differed between `run` and a run from nothing */
async function walk(
  choices: readonly [number, Step][],
  meanwhile = async (): Promise<void> => {},
): Promise<unknown[]> {
  const states: ServerImage[] = [EMPTY];
  const different: unknown[] = [];
  for (const [choice, what] of choices) {
    const from = states[choice % states.length]!;
    await meanwhile();
    const quick = await steps.run(from, what);
    const whole = await flushed(from, what);
    if (JSON.stringify(told(quick)) !== JSON.stringify(told(whole)))
      different.push([what, told(quick), told(whole)]);
    // Back to where it was, so that the next one starts from there by what differs.
    states.push((await steps.run(from, what)).image);
  }
  return different;
}
const walks = fc.array(fc.tuple(fc.nat(), stepped), { minLength: 4, maxLength: 12 });

test('from state to state by what differs comes to what a flushed server comes to', async () => {
  await fc.assert(
    fc.asyncProperty(walks, async (choices) => {
      expect(await walk(choices)).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

const interfere = async (): Promise<void> => void (await stranger.set('theirs', 1));

test('and a server on which somebody works behind its back does not', async () => {
  const scan: [number, Step][] = Array.from({ length: 3 }, () => [0, step('EXISTS', 'theirs')]);
  expect(await walk(scan)).toEqual([]);
  expect(await walk(scan, interfere)).not.toEqual([]);
});

test('the order in which keys are listed is one of the state, not of how it came about', async () => {
  const few = 32;
  const states = [EMPTY];
  // A table that has held many keys keeps its size, and lists those that are left in another order.
  for (let i = 0; i < 256; i++)
    states.push((await steps.run(states.at(-1)!, step('SET', `key ${i}`, '1'))).image);
  await steps.run(states[few]!, step('GET', 'key 0'));
  const grown = await stranger.keys('*');
  const { reply } = await steps.run(states[few]!, step('KEYS', '*'));
  const listed = (decode(reply) as { items: string[] }).items;
  expect(listed).not.toEqual(grown);
  expect(listed.toSorted()).toEqual(grown.toSorted());
  await steps.run(states[255]!, step('GET', 'key 0'));
  expect((await steps.run(states[few]!, step('KEYS', '*'))).reply).toBe(reply);
  expect((await flushed(states[few]!, step('KEYS', '*'))).reply).toBe(reply);
});

test('nor is the order of a set that a step left behind', async () => {
  const members = Array.from({ length: 256 }, (_, i) => `member ${i}`);
  const { image: many } = await steps.run(EMPTY, step('SADD', 'a', ...members));
  const { image: few } = await steps.run(many, step('SREM', 'a', ...members.slice(32)));
  const left = await stranger.smembers('a');
  const read = step('EVAL', "return redis.call('SMEMBERS', KEYS[1])", '1', 'a');
  const { reply } = await steps.run(few, read);
  expect((decode(reply) as { items: string[] }).items).not.toEqual(left);
  expect((await flushed(few, read)).reply).toBe(reply);
});

test('a key that is gone before it can be read is refused, and never taken for an empty one', async () => {
  const connection = await RawConnection.open(redis.target.options);
  let meanwhile = async (): Promise<unknown> => stranger.unlink('units');
  // As its deadline would: between the dump and the reading.
  const send = async (commands: readonly string[]): Promise<string[]> => {
    if (commands[0] === encodeCommand(['GET', 'units'])) await meanwhile();
    return connection.send(commands);
  };
  const reader = new ImageReader({ send } as unknown as RawConnection, ALL_RULES, new Map());
  await stranger.flushall();
  await stranger.set('units', 'seven');
  await expect(reader.look()).rejects.toThrow(CannotExplore);
  await stranger.set('units', 'seven');
  meanwhile = async () => undefined;
  expect((await reader.look()).content).toContain('seven');
  connection.close();
});

test('after a command of our own the server is no longer taken to be as the last step left it', async () => {
  const { image } = await flushed(EMPTY, step('SET', 'a', '1'));
  const again = await steps.run(image, step('GET', 'a'));
  await steps.call(['SET', 'a', '7']);
  expect(decode((await steps.run(again.image, step('GET', 'a'))).reply)).toBe('1');
});
