import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { openSync, closeSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { faultsOf } from './faults.mjs';
import { marked, serversIn } from './processes.mjs';

const CLI = fileURLToPath(new URL('../../../dist/harness/cli.js', import.meta.url));

/** Runs one command, does to it what was drawn, and looks at all that is left. */
export async function tried({ command, attack, atMs }, yard) {
  const place = yard.place(attack.full);
  const mark = randomUUID();
  const startMs = performance.now();
  const full = attack.stdout === undefined ? undefined : openSync(attack.stdout, 'w');
  const child = spawn(process.execPath, [CLI, ...command.words], {
    cwd: place.work,
    env: { ...process.env, TMPDIR: place.tmp, OVERSELL_TORTURE: mark },
    stdio: ['ignore', full ?? 'pipe', 'pipe'],
    // A group of its own, which can be killed.
    detached: true,
  });
  if (full !== undefined) closeSync(full);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'])
    child[name]?.setEncoding('utf8').on('data', (text) => (said[name] += text));
  let over = false;
  const ended = once(child, 'exit').then(([exitCode, signal]) => {
    over = true;
    return exitCode ?? (said.stderr === '' ? toldByShells(signal) : null);
  });
  const isOver = () => over;
  await Promise.race([ended, sleep(atMs)]);
  const servers = () => serversIn(place.tmp);
  // What has no server yet gets one, or ends.
  const isAwaited = () => attack.ofServer && !isOver() && servers().length === 0;
  for (let waitedMs = 0; isAwaited() && waitedMs < 20_000; waitedMs += 20) await sleep(20);
  // A disk or a screen was full from the start.
  const inflicted = attack.full === true || attack.stdout !== undefined || !isOver();
  if (inflicted && !isOver()) await attack.inflict({ child, servers, sleep, isOver });
  const attackedMs = performance.now();
  const exitCode = await Promise.race([ended, sleep(attack.within, 'hung')]);
  const tookMs = Math.round(performance.now() - attackedMs);
  if (exitCode === 'hung') kill(-(child.pid ?? 0));
  await ended;
  const result = { command, attack, atMs, inflicted, exitCode, tookMs, said };
  result.faults = await faultsOf(result, { ...place, left: () => marked(mark) });
  for (const pid of marked(mark)) kill(pid);
  result.tookInAllMs = Math.round(performance.now() - startMs);
  place.leave();
  return result;
}

/** Until Node has begun to run it, a signal ends it as it ends any program; SIGKILL always does. */
const toldByShells = (signal) => (signal === 'SIGKILL' ? null : 128 + constants.signals[signal]);

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
