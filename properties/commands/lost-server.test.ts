import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock as clock } from '../../harness/ground/ambient.ts';
import { resultSchema } from '../../harness/documents/result.ts';
import { oversell, type Ended, type Running } from '../helpers/command.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { rotating, sometimes } from '../helpers/rotating.ts';
import { shopWith } from '../helpers/services.ts';

/** A command whose servers are in a folder of their own. */
interface Watched {
  running: Running;
  temporary: string;
  runs: string;
}

function started(...words: string[]): Watched {
  const [temporary, runs] = [temporaryFolder(), temporaryFolder()];
  const writes = words[0] === 'replay' ? [] : ['--runs', runs];
  const running = oversell([...words, ...writes, '--seed', '1', '--json'], { TMPDIR: temporary });
  onTestFinished(() => void running.child.kill('SIGKILL'));
  return { running, temporary, runs };
}

/** Process ids of its servers. */
const serversOf = ({ temporary }: Watched): number[] =>
  readdirSync(temporary).flatMap((name) => {
    try {
      return [Number(readFileSync(join(temporary, name, 'server.pid'), 'utf8'))];
    } catch {
      return [];
    }
  });

function hit(watched: Watched, signal: NodeJS.Signals): void {
  const servers = serversOf(watched);
  expect(servers).toHaveLength(1);
  for (const pid of servers) process.kill(pid, signal);
}

/** Patience, and the time in which what was found is put together on a machine that is busy. */
const SOON_MS = 30_000;

/** The command's end after its server was hit. */
async function endedAfter(watched: Watched, signal: NodeJS.Signals): Promise<Ended> {
  hit(watched, signal);
  const sinceNs = clock.monotonicNs();
  const ended = await watched.running.ended;
  expect((clock.monotonicNs() - sinceNs) / 1e6).toBeLessThan(SOON_MS);
  expect(ended.stderr).not.toMatch(/bug in oversell|\n {4}at /);
  expect(ended.exitCode, ended.stderr).toBe(4);
  expect(readdirSync(watched.temporary)).toEqual([]);
  return ended;
}

const HOW = {
  SIGKILL: /oversell: .*the server, .*, process \d+, was ended by SIGKILL\. Its last log lines:\n\d+:/,
  SIGSTOP: /oversell: .*, process \d+, has answered nothing for \d+ s: it was stopped \(SIGSTOP\)\. Its last/,
} as const;
type Hit = keyof typeof HOW;

describe('a server that is gone ends the command with 4, after what was found', () => {
  const commands = ['explore', 'bench', 'evaluate'] as const;
  const all = commands.flatMap((command) => Object.keys(HOW).map((how) => ({ command, how: how as Hit })));
  const drawn = rotating(all, 2, 'lost servers');
  const hitsOf = (wanted: string): Hit[] =>
    drawn.flatMap(({ command, how }) => (command === wanted ? [how] : []));

  test.each(hitsOf('explore'))('explore, by %s', async (signal) => {
    // Far too large to end by itself.
    const words = ['--buyers', '9', '--stock', '4', '--attempts', '4'];
    const watched = started('explore', 'watch-retry', ...words);
    await watched.running.said('orders in');
    const { stdout, stderr } = await endedAfter(watched, signal);
    expect(stderr).toMatch(HOW[signal]);
    const said = JSON.parse(stdout) as { coverage: string; states: number };
    expect(said.coverage).toBe('bounded');
    expect(said.states).toBeGreaterThan(0);
  });

  test.each(hitsOf('bench'))('bench, by %s', async (signal) => {
    const words = ['--trials', '6', '--seconds', '1', '--workers', '1'];
    const watched = started('bench', 'lua-decrement', ...words);
    await watched.running.said('lua-decrement, trial 2 of 6');
    const { stdout, stderr } = await endedAfter(watched, signal);
    expect(stderr).toMatch(HOW[signal]);
    const { strategies } = JSON.parse(stdout) as { strategies: { salesPerSecondOfTrials: number[] }[] };
    expect(strategies[0]!.salesPerSecondOfTrials.length).toBeGreaterThanOrEqual(1);
  });

  test.each(hitsOf('evaluate'))('evaluate, by %s', async (signal) => {
    const watched = started('evaluate', 'read-then-write', 'lua-reserve-once');
    await watched.running.said('lua-reserve-once: every interleaving, calm');
    const { stderr } = await endedAfter(watched, signal);
    expect(stderr).toMatch(HOW[signal]);
    const [folder] = readdirSync(watched.runs);
    const text = readFileSync(join(watched.runs, folder!, 'result.json'), 'utf8');
    const { status, error, strategies } = resultSchema.parse(JSON.parse(text));
    expect({ status, code: error?.code }).toEqual({ status: 'failed', code: 'SERVER_LOST' });
    const [calm] = strategies[0]!.explored;
    expect(calm!.properties.oversell.verdict).toBe('violated');
    const { file } = calm!.properties.oversell.evidence[0]!.counterexample!;
    expect(JSON.parse(readFileSync(join(watched.runs, folder!, file), 'utf8'))).toMatchObject({
      oversell: 1,
    });
  });

  sometimes('storm, by SIGKILL that is not its own', async () => {
    const watched = started('storm', '--service', shopWith(), '--faults', 'kill-service', '--users', '99');
    await watched.running.said('\nkill-service\n');
    expect((await endedAfter(watched, 'SIGKILL')).stderr).toMatch(HOW.SIGKILL);
  });
});

sometimes(
  'one that goes on in time is waited for with --patience, and the run ends as if nothing had happened',
  async () => {
    const watched = started('bench', 'lua-decrement', '--trials', '1', '--seconds', '3', '--patience', '60');
    await watched.running.said('lua-decrement, trial 1 of 1');
    hit(watched, 'SIGSTOP');
    await clock.sleep(7_000);
    for (const pid of serversOf(watched)) process.kill(pid, 'SIGCONT');
    const { exitCode, stderr } = await watched.running.ended;
    expect(exitCode, stderr).toBe(0);
  },
);
