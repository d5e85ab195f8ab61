import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { systemClock as clock } from '../../harness/ground/ambient.ts';
import { ProcessPool, type Holder } from '../../harness/intercept/pool.ts';
import { shop } from '../helpers/intercepting.ts';

/** What is left of a service that this test started: its programs, by a word of their commands. */
const left = (word: string): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(word);
    } catch {
      return false; // it has ended, or is no process
    }
  });

/** All of it has been ended; a shell that was killed with the rest may still be about to go, which nobody waits for. */
const gone = (word: string): Promise<void> =>
  expect.poll(() => left(word), { timeout: 5_000, interval: 5 }).toEqual([]);

/** It takes connections at once, and is busy then for a while. */
const BUSY = `require('node:http').createServer().listen(process.env.PORT, '127.0.0.1', () => {
  for (const end = Date.now() + 1000; Date.now() < end;);
})`;

const served = (word: string) => shop(['node', '-e', `${BUSY} // ${word}`], { env: { PORT: '{port}' } });

const LISTENING = / 0A /;

/** The program that has this word takes connections. */
async function listens(word: string): Promise<void> {
  for (;;) {
    const own = new Set(left(word).flatMap(socketsOf));
    const table = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n');
    if (table.some((line) => LISTENING.test(line) && own.has(line.trim().split(/\s+/)[9]!))) return;
    await clock.sleep(10);
  }
}

function socketsOf(pid: string): string[] {
  try {
    const links = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    return links.flatMap((link) => /^socket:\[(\d+)\]/.exec(link)?.[1] ?? []);
  } catch {
    return []; // it has ended, or closed one meanwhile
  }
}

const holder = (): Holder => ({ isIdle: () => true, lose: () => {} });

describe('a pool that is closed', () => {
  test.each([
    ['a process that somebody waits for', false],
    ['the fresh one that somebody waits for, and spares', true],
  ])('while %s starts leaves none', async (_, cold) => {
    const word = `pool-${process.pid}-${cold}`;
    const pool = new ProcessPool({ file: served(word), most: 3 });
    const lending = pool.lend(holder(), cold);
    const refused = expect(lending).rejects.toThrow();
    await listens(word);
    await pool[Symbol.asyncDispose]();
    await refused;
    await gone(word);
    await expect(pool.lend(holder(), cold)).rejects.toThrow();
  });

  test('after it has lent some, and had one given back, leaves none', async () => {
    const word = `pool-${process.pid}-lent`;
    const pool = new ProcessPool({ file: served(word), most: 3 });
    const [one, other] = [holder(), holder()];
    await pool.lend(one, false);
    await pool.lend(other, true);
    pool.giveBack(one);
    expect(left(word).length).toBeGreaterThan(0);
    await pool[Symbol.asyncDispose]();
    await gone(word);
  });
});

describe('a run that is interrupted', () => {
  test('starts no process where none has started yet', async () => {
    const interruption = new AbortController();
    const word = `pool-${process.pid}-interrupted`;
    const pool = new ProcessPool({ file: served(word), most: 2, signal: interruption.signal });
    const refused = expect(pool.lend(holder(), false)).rejects.toThrow('enough');
    interruption.abort(new Error('enough'));
    await refused;
    await pool[Symbol.asyncDispose]();
    await gone(word);
  });

  test('gets those that it needs to tell what it has found', async () => {
    const interruption = new AbortController();
    const word = `pool-${process.pid}-telling`;
    const pool = new ProcessPool({ file: served(word), most: 2, signal: interruption.signal });
    await pool.lend(holder(), true);
    interruption.abort(new Error('enough'));
    for (let i = 0; i < 4; i++) await pool.lend(holder(), true);
    await pool[Symbol.asyncDispose]();
    await gone(word);
  });
});
