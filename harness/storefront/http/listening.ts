import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { EnvironmentError } from '../../ground/errors.ts';
import type { Clock } from '../../ground/ambient.ts';

export interface ListenOptions {
  host: string;
  /** 0: any that is free. */
  port: number;
  clock: Clock;
  timeouts?: Timeouts;
}

/** Milliseconds in which a request's head, and all of it, has to arrive; later it is told 408. */
export interface Timeouts {
  headersMs: number;
  requestMs: number;
}

const TIMEOUTS: Timeouts = { headersMs: 5_000, requestMs: 10_000 };
const IDLE_MS = 5_000;
/** Beyond these, connections are closed at once: each idle one costs memory. */
const MOST_CONNECTIONS = 10_000;

export interface Listening {
  url: string;
  port: number;
  /** Connections that are open. */
  connections(): Promise<number>;
  /** Takes no more requests, and settles when those that it took are answered. @param patienceMs at most so long */
  close(patienceMs: number): Promise<void>;
}

/** @throws EnvironmentError if the address cannot be had */
export async function listen(
  answer: (request: Request, bindings: HttpBindings) => Response | Promise<Response>,
  { host, port, clock, timeouts = TIMEOUTS }: ListenOptions,
): Promise<Listening> {
  const server = createServer(
    {
      headersTimeout: timeouts.headersMs,
      requestTimeout: timeouts.requestMs,
      keepAliveTimeout: IDLE_MS,
      // Else who is slow is noticed after half a minute.
      connectionsCheckingInterval: Math.min(1_000, timeouts.headersMs / 2),
      maxHeaderSize: 8_192,
    },
    // oxlint-disable-next-line typescript/no-misused-promises -- the listener answers its own failures
    getRequestListener((request, bindings) => answer(request, bindings as HttpBindings)),
  );
  server.maxConnections = MOST_CONNECTIONS;
  server.listen({ host, port, backlog: 4_096 });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new EnvironmentError(
      'CANNOT_LISTEN',
      `nothing can listen at ${host}:${port}: ${(error as Error).message}`,
      'give another --port, or end what listens there',
      { cause: error },
    );
  }
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/`,
    port: bound,
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    close: async (patienceMs) => {
      const gone = once(server, 'close').then(() => 'gone' as const);
      server.close();
      const deadlineNs = clock.monotonicNs() + patienceMs * 1e6;
      while (clock.monotonicNs() < deadlineNs) {
        // Those whose last answer has just gone out.
        server.closeIdleConnections();
        if ((await Promise.race([gone, clock.sleep(20)])) === 'gone') return;
      }
      server.closeAllConnections();
      await gone;
    },
  };
}
