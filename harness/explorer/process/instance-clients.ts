import type { RedisOptions } from 'ioredis';
import { limitStacks } from '../../ground/built-ins.ts';
import { Command, Redis } from '../../redis/ioredis.ts';
import { endClient, frozenClient } from '../../ground/spoilt.ts';
import { overLinks } from './link.ts';
import { currentWorld } from './worlds.ts';
import { stackText } from '../../ground/thrown.ts';

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

  /** @throws UsageError if the code has frozen one of them */
  disconnect(): void {
    for (const client of this.#all) endClient(client);
    this.requireWhole();
  }

  /** @throws UsageError if the code has frozen one of them: it cannot note any more what becomes of it */
  requireWhole(): void {
    if (!this.#all.every((client) => Object.isExtensible(client))) throw frozenClient();
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
  return untold(redis);
}

/** A cut is an event of the search, not news; also to whoever makes another such client of this one. */
function untold(redis: Redis): Redis {
  redis.on('error', () => {});
  const duplicate = redis.duplicate.bind(redis);
  redis.duplicate = (...overrides) => untold(duplicate(...overrides));
  return redis;
}

/** Frames that a stack may have meanwhile: those of the client, and of packages, lie above the user's. */
const MOST_FRAMES = 60;

/**
 * Is told of each command that a client of an explored process turns into bytes, handshakes too, until it is disposed of; and
 * where it was made, if the client is to keep that (`showFriendlyErrorStack`).
 */
export function watchWriting(told: (bytes: string, stack: string) => void): Disposable {
  const { stackTraceLimit } = Error;
  const own = Object.getOwnPropertyDescriptor(Command.prototype, 'toWritable')!;
  const toWritable = own.value as Command['toWritable'];
  limitStacks(MOST_FRAMES);
  Command.prototype.toWritable = function (this: Command, socket: object) {
    const writable = toWritable.call(this, socket);
    if (currentWorld()) told(Buffer.from(writable).toString('latin1'), stackOf(this));
    return writable;
  };
  return {
    [Symbol.dispose]: () => {
      Object.defineProperty(Command.prototype, 'toWritable', own);
      limitStacks(stackTraceLimit);
    },
  };
}

/** Of where it was made, as the client keeps it where it is told to; else of where it is written. */
const stackOf = (command: Command): string =>
  (command as unknown as { errorStack?: Error }).errorStack?.stack ?? stackText(new Error('written'));
