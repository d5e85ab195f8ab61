import { cpus } from 'node:os';
import type { Bottleneck } from '../documents/figures.ts';
import type { Client } from '../../strategies/contract.ts';
import { systemClock as clock } from '../ground/ambient.ts';

/** From this share of one core on, a single-threaded side counts as the one that holds the others up. */
const SATURATED = 0.9;

/** How busy both sides were. A figure that could not be measured is absent. */
export interface Usage {
  /** CPU of this process, all its threads, in cores. */
  clientCpu: number;
  /** The busiest instance's event loop, 0 … 1. */
  clientBusy: number;
  /** All cores of this machine, whoever used them, 0 … 1. */
  machineBusy: number;
  /** CPU of the server's process, in cores, whoever else it served. */
  serverCpu?: number;
  bottleneck?: Bottleneck;
}

/** CPU time that the server has used so far, in seconds; undefined where nobody says. */
export type CpuSeconds = () => Promise<number | undefined>;

/** Begins to watch; the function that it answers tells what was used since. */
export async function watchUsage(
  serverCpuSeconds: CpuSeconds,
): Promise<(clientBusy: number) => Promise<Usage>> {
  const serverBefore = await serverCpuSeconds();
  const machineBefore = machineTimes();
  const clientBefore = process.cpuUsage();
  const startNs = clock.monotonicNs();
  return async (clientBusy) => {
    const elapsedS = (clock.monotonicNs() - startNs) / 1e9;
    const { user, system } = process.cpuUsage(clientBefore);
    const machine = machineTimes();
    const serverAfter = await serverCpuSeconds();
    const clientCpu = (user + system) / 1e6 / elapsedS;
    const machineBusy = 1 - (machine.idle - machineBefore.idle) / (machine.all - machineBefore.all);
    const usage = { clientCpu, clientBusy, machineBusy };
    if (serverBefore === undefined || serverAfter === undefined) return usage;
    const serverCpu = (serverAfter - serverBefore) / elapsedS;
    return { ...usage, serverCpu, bottleneck: bottleneckOf({ ...usage, serverCpu }) };
  };
}

/**
 * Which side held the other one up. A server with a core of its own could not have done more with any other client.
 * Otherwise a machine without idle cores counts against the client, which shares it.
 */
export function bottleneckOf(
  usage: Pick<Usage, 'clientBusy' | 'machineBusy'> & { serverCpu: number },
): Bottleneck {
  const { clientBusy, machineBusy, serverCpu } = usage;
  if (serverCpu >= SATURATED && serverCpu >= clientBusy) return 'server';
  return Math.max(clientBusy, machineBusy) >= SATURATED ? 'client' : 'none';
}

function machineTimes(): { idle: number; all: number } {
  const times = cpus().map((cpu) => cpu.times);
  const all = times.flatMap((time) => Object.values(time)).reduce((sum, ms) => sum + ms, 0);
  return { idle: times.reduce((sum, { idle }) => sum + idle, 0), all };
}

/** Undefined where the server does not say, or does not let us ask. */
export async function redisCpuSeconds(redis: Client): Promise<number | undefined> {
  const info = await redis.info('cpu').catch(() => '');
  const [user, system] = ['used_cpu_user', 'used_cpu_sys'].map((field) =>
    Number(new RegExp(`^${field}:([\\d.]+)`, 'm').exec(info)?.[1]),
  );
  const seconds = user! + system!;
  return Number.isNaN(seconds) ? undefined : seconds;
}
