import { luaDecrement } from '../../strategies/lua-decrement.ts';
import type { Sale, Strategy } from '../../strategies/contract.ts';
import { systemClock as clock } from '../ground/ambient.ts';
import { bench } from '../bench/session.ts';
import { Recorder, type Records } from '../history/recorder.ts';
import { nothingRecorded, type Recording } from '../history/recording.ts';
import { Connections } from '../load/connections.ts';
import { Control } from '../load/control.ts';
import { runLoad } from '../load/driver.ts';
import { Failures } from '../load/failures.ts';
import { ServingInstance } from '../load/serving-instance.ts';
import { sellerEnv } from '../load/seller-env.ts';
import type { Interval } from '../documents/figures.ts';
import { pairedRatio } from '../bench/statistics.ts';
import { runRounds } from '../bench/trials.ts';
import { seededRandom } from '../ground/random.ts';
import { loadStrategy } from '../loader/strategies.ts';
import { findServer } from '../redis/find/find-server.ts';
import { startServer } from '../redis/server.ts';
import type { RedisTarget } from '../redis/target.ts';

/**
 * What the load engine must keep to, and what it keeps to here: `npm run bench:engine`, or one of its parts by name.
 * How fast it is beside redis-benchmark, `bench` tells.
 */
const PARTS: Record<string, (target: RedisTarget) => Promise<string[]>> = { recording, memory, control };

const SEED = 1;

/** Purchases of one trial. */
const BUYERS = 20_000;
const IN_FLIGHT = 64;
const ROUNDS = 80;
const MOST_RECORDING_COSTS = 1.05;

/** Keeps nothing but what tells when a run is over. */
class Unrecorded implements Records {
  completed = 0;
  invoked = 0;
  invoke = (): number => this.invoked++;
  invokeConfirm = (): number => this.invoked++;
  arrived(): void {}
  confirmed = (): void => void this.completed++;
  complete = (): void => void this.completed++;
  fail = (): void => void this.completed++;
  seal = (): Recording => nothingRecorded;
}

/** An instance of this very thread with a recorder, in turns with one that has none. */
async function recording(target: RedisTarget): Promise<string[]> {
  const kinds = [
    { name: 'on', make: (): Records => new Recorder(), perSecond: [] as number[], cpuNs: [] as number[] },
    { name: 'off', make: (): Records => new Unrecorded(), perSecond: [] as number[], cpuNs: [] as number[] },
  ] as const;
  const measured = kinds.map(({ name, make, perSecond, cpuNs }) => ({
    name,
    measure: async () => {
      const spent = await sellHere(luaDecrement, target, make());
      perSecond.push(BUYERS / (spent.elapsedNs / 1e9));
      cpuNs.push(spent.cpuNs / BUYERS);
    },
  }));
  const [on, off] = kinds;
  await runRounds(measured, 2, seededRandom(SEED)); // warm
  for (const { perSecond, cpuNs } of kinds) perSecond.length = cpuNs.length = 0;
  await runRounds(measured, ROUNDS, seededRandom(SEED));
  return [
    `recording on / off, CPU of the client per purchase: ${words(pairedRatio(on.cpuNs, off.cpuNs))}, at most ${MOST_RECORDING_COSTS}`,
    `recording off / on, purchases per second: ${words(pairedRatio(off.perSecond, on.perSecond))}, at most ${MOST_RECORDING_COSTS}`,
  ];
}

async function sellHere(
  strategy: Strategy,
  target: RedisTarget,
  records: Records,
): Promise<{ elapsedNs: number; cpuNs: number }> {
  const failures = new Failures();
  const connections = new Connections(failures);
  const shared = new Control(clock);
  const sale: Sale = { sku: `engine-${clock.monotonicNs()}`, stock: BUYERS };
  try {
    const redis = await connections.open(target, strategy);
    await strategy.open(redis, sale);
    const seller = await strategy.seller(redis, sale, sellerEnv(seededRandom(SEED), 1));
    const lent = Array.from({ length: IN_FLIGHT }, () => redis);
    const shop = { seller, lent, connections, failures, pauses: { count: 0 } };
    const task = {
      strategy: { name: strategy.name },
      sale,
      target,
      crowd: { tag: sale.sku, buyers: BUYERS, quantities: [1] },
      instance: 0,
      instances: 1,
      inFlight: IN_FLIGHT,
      firstProcess: 0,
      maxAttempts: 1,
      graceMs: 10_000,
      seed: SEED,
      control: shared.memory,
    };
    const before = process.cpuUsage();
    const startNs = clock.monotonicNs();
    await new ServingInstance({ task, control: shared, shop, startNs, records }).run();
    const { user, system } = process.cpuUsage(before);
    return { elapsedNs: clock.monotonicNs() - startNs, cpuNs: (user + system) * 1_000 };
  } finally {
    connections.disconnect();
  }
}

const MILLION = 1_000_000;
const MOST_MEMORY_MB = 200;

async function memory(target: RedisTarget): Promise<string[]> {
  const lines: string[] = [];
  for (const [name, inFlight] of [
    ['lua-decrement', 64],
    ['lua-coalesced', 1_024],
  ] as const) {
    const strategy = await loadStrategy({ name });
    const options = { target, strategy, stock: MILLION, buyers: MILLION, inFlight, seed: SEED };
    const { operations, memoryBytes } = await runLoad(options);
    lines.push(
      `${operations} operations of ${name}, ${inFlight} in flight: ${Math.round(memoryBytes / 1e6)} MB at most, over all workers; at most ${MOST_MEMORY_MB}`,
    );
  }
  return lines;
}

const SESSIONS = 20;
const LEAST_UNDISTURBED = 17;

async function control(target: RedisTarget): Promise<string[]> {
  const lines: string[] = [];
  let undisturbed = 0;
  for (let session = 1; session <= SESSIONS; session++) {
    const options = {
      strategies: [await loadStrategy({ name: 'lua-decrement' })],
      seconds: 0.2,
      trials: 10,
      inFlight: IN_FLIGHT,
    };
    const { control: found } = await bench({ target, seed: session, ...options });
    if (!found!.differs) undisturbed++;
    lines.push(`session ${session}: ${words(found!.ratio)}${found!.differs ? ' DIFFERS' : ''}`);
  }
  const total = `the A/A control's interval contained 1 in ${undisturbed} of ${SESSIONS} sessions, at least ${LEAST_UNDISTURBED}`;
  return [...lines, total];
}

const words = ({ median, low, high }: Interval): string =>
  [median, low, high].map((value) => value?.toFixed(3) ?? '–').join(' / ');

const chosen = process.argv[2] ?? '';
const target = await startServer(await findServer({}));
try {
  for (const part of chosen in PARTS ? [chosen] : Object.keys(PARTS)) {
    for (const line of await PARTS[part]!(target)) process.stdout.write(`${line}\n`);
  }
} finally {
  await target.close();
}
