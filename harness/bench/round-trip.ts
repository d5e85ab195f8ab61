import { systemClock as clock } from '../ground/ambient.ts';
import type { RedisTarget } from '../redis/target.ts';
import { Connections } from '../load/connections.ts';
import { Failures } from '../load/failures.ts';
import { median } from './statistics.ts';

const PINGS = 500;

/** What the way to the server and back costs: the median of PINGs, one after the other over one connection. */
export async function roundTripMs(target: RedisTarget): Promise<number> {
  const connections = new Connections(new Failures());
  try {
    const redis = await connections.open(target);
    const times: number[] = [];
    for (let i = 0; i < PINGS; i++) {
      const sentNs = clock.monotonicNs();
      await redis.ping();
      times.push((clock.monotonicNs() - sentNs) / 1e6);
    }
    return median(times)!;
  } finally {
    connections.disconnect();
  }
}
