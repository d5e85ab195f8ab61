import { Redis, type RedisOptions } from 'ioredis';
import { isHarnessFrame } from '../../ground/places.ts';
import { overLinks } from './link.ts';

type OpenLink = Parameters<typeof overLinks>[0];

/** The clients of one instance: ioredis as it is, over links inside this process. */
export class Clients {
  /** What the seller is made with, and what its purchases share unless each is lent one of its own. */
  readonly shared: Redis;
  readonly #idle: Redis[];
  readonly #all: readonly Redis[];

  constructor(options: Partial<RedisOptions>, open: OpenLink, lent: number) {
    this.shared = connect(options, open);
    this.#idle = Array.from({ length: lent }, () => connect(options, open));
    this.#all = [this.shared, ...this.#idle];
  }

  /** Lends a client that serves nobody else meanwhile. */
  async lend<T>(use: (client: Redis) => Promise<T>): Promise<T> {
    const lent = this.#idle.shift();
    if (!lent) throw new Error('more purchases at once than connections');
    try {
      return await use(lent);
    } finally {
      this.#idle.unshift(lent);
    }
  }

  disconnect(): void {
    for (const client of this.#all) client.disconnect();
  }

  /** Every client has told of its end, which it does some turns after it was disconnected. */
  get ended(): boolean {
    return this.#all.every(({ status }) => status === 'end');
  }
}

function connect(options: Partial<RedisOptions>, open: OpenLink): Redis {
  const client: RedisOptions = { ...options };
  // A link is connected at once, and bytes are never late on it; that a reply is late is an event, of which the
  // command's own time limit is told by a timer.
  for (const timeout of ['connectTimeout', 'socketTimeout'] as const) delete client[timeout];
  const redis = new Redis({ ...client, ...overLinks(open) } as RedisOptions & {
    replyMapping?: 'legacy';
  });
  redis.on('error', () => {}); // a cut is an event of the search, not news
  return redis;
}

/** Whether the frame that asked (below the harness's own) lies in ioredis. */
export function isFromClientLibrary(stack: string): boolean {
  const caller = stack
    .split('\n')
    .slice(1)
    .find((line) => !isHarnessFrame(line));
  return caller !== undefined && /[\\/]node_modules[\\/]ioredis[\\/]/.test(caller);
}
