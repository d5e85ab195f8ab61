import type { Client, PurchaseOutcome, PurchaseRequest, SellerEnv } from '../../strategies/contract.ts';
import { ledgerKey, stockKey } from '../../strategies/keys.ts';
import { mutant, variant, type Mutant } from './parts.ts';

/** Selling under a lock. */

const lockKey = (sku: string): string => `{${sku}}:lock`;
const LEASE_MS = 5000;
const UNLOCK = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 1";

/** What is taken under the lock, out of which stock, by the holder of which token. */
interface Taking {
  sku: string;
  request: PurchaseRequest;
  stock: number;
  token: string;
}

interface Locking {
  /** The name of the lock. */
  lock?: (sku: string, request: PurchaseRequest) => string;
  acquire?: (redis: Client, lock: string, token: string, env: SellerEnv) => Promise<boolean>;
  /** Takes the units, of which there are enough. @returns whether it was still allowed to */
  commit?: (redis: Client, taking: Taking, env: SellerEnv) => Promise<boolean>;
  release?: (redis: Client, lock: string, token: string) => Promise<unknown>;
  /** What a buyer is told who finds the lock taken. */
  busy?: PurchaseOutcome;
}

const acquireInOneStep = async (redis: Client, lock: string, token: string): Promise<boolean> =>
  (await redis.set(lock, token, 'PX', LEASE_MS, 'NX')) === 'OK';

const compareAndDelete = (redis: Client, lock: string, token: string): Promise<unknown> =>
  redis.eval(UNLOCK, 1, lock, token);

/** The order and the stock in one transaction, unless somebody else holds the lock by now. */
const COMMIT = `
if redis.call('GET', KEYS[3]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
return 1`;

const commitIfOwned: NonNullable<Locking['commit']> = async (redis, { sku, request, stock, token }) => {
  const keys = [stockKey(sku), ledgerKey(sku), lockKey(sku)];
  const args = [token, stock - request.quantity, request.requestId, JSON.stringify(request)];
  return (await redis.eval(COMMIT, 3, ...keys, ...args)) === 1;
};

const locking =
  (given: Locking): Parameters<typeof variant>[0]['seller'] =>
  (redis, { sku }, env) => ({
    purchase: (request) => purchaseUnderLock({ redis, sku, env }, request, given),
    async recorded() {
      return (await redis.hvals(ledgerKey(sku))).map((line) => JSON.parse(line) as PurchaseRequest);
    },
  });

async function purchaseUnderLock(
  { redis, sku, env }: { redis: Client; sku: string; env: SellerEnv },
  request: PurchaseRequest,
  given: Locking,
): Promise<PurchaseOutcome> {
  const { acquire = acquireInOneStep, commit = commitIfOwned, release = compareAndDelete } = given;
  const lock = given.lock?.(sku, request) ?? lockKey(sku);
  for (let attempt = 1; attempt <= env.maxAttempts; attempt++) {
    if (attempt > 1) await env.sleep(10);
    const token = `${request.requestId}:${attempt}`;
    if (!(await acquire(redis, lock, token, env))) {
      if (given.busy) return given.busy;
      continue;
    }
    try {
      const stock = Number(await redis.get(stockKey(sku)));
      if (stock < request.quantity) return { kind: 'sold-out' };
      if (await commit(redis, { sku, request, stock, token }, env)) return { kind: 'sold' };
    } finally {
      await release(redis, lock, token);
    }
  }
  return { kind: 'gave-up', attempts: env.maxAttempts };
}

export const sellsUnderAFencedLock = variant({
  name: 'sells-under-a-fenced-lock',
  unlike:
    'a lock with a token and a lease, and a script that takes the units only if the lock is still its own',
  holdsIn: ['calm', 'expiry'],
  // Whoever holds the lock may be slower than all the others are patient.
  butFor: ['progress'],
  seller: locking({}),
});

const lockingWrongly = (
  given: Omit<Mutant, 'fixed' | 'seller' | 'summary' | 'connection' | 'open'>,
  wrong: Locking,
): Mutant => mutant({ fixed: sellsUnderAFencedLock, ...given, seller: locking(wrong) });

/** Takes the units whoever holds the lock by now. */
const commitUnasked: NonNullable<Locking['commit']> = async (redis, { sku, request, stock }) => {
  const order = redis.multi().hset(ledgerKey(sku), request.requestId, JSON.stringify(request));
  await order.set(stockKey(sku), stock - request.quantity).exec();
  return true;
};

export const unlocksWhatItDidNotLock = lockingWrongly(
  {
    name: 'unlocks-what-it-did-not-lock',
    mistake: 'unlocks in a finally that also runs where the lock was not to be had',
    source: 'https://github.com/yujiasun/Distributed-Kit/issues/5',
    caught: { property: 'oversell', environment: 'calm', scope: { buyers: 2, stock: 1 } },
  },
  {
    async acquire(redis, lock, token) {
      const acquired = await acquireInOneStep(redis, lock, token);
      if (!acquired) await redis.del(lock);
      return acquired;
    },
    commit: commitUnasked,
  },
);

export const locksTheUser = lockingWrongly(
  {
    name: 'locks-the-user',
    mistake: 'the lock keeps a user from buying twice at once, and two users from nothing',
    source: 'https://github.com/devFancy/springboot-coupon-system/pull/14',
    caught: { property: 'oversell', environment: 'calm', scope: { buyers: 2, stock: 1 } },
  },
  { lock: (sku, { userId }) => `${lockKey(sku)}:${userId}`, commit: commitUnasked },
);

export const callsTheLockSoldOut = lockingWrongly(
  {
    name: 'calls-the-lock-sold-out',
    mistake: 'tells a buyer who finds the lock taken that nothing is left',
    caught: { property: 'false-refusal', environment: 'calm', scope: { buyers: 2, stock: 2 } },
  },
  { busy: { kind: 'sold-out' } },
);

export const leavesTheLockToItsLease = lockingWrongly(
  {
    name: 'leaves-the-lock-to-its-lease',
    mistake: 'does not unlock, and makes everybody wait until the lock runs out',
    caught: { property: 'stranded', environment: 'several-units', scope: { buyers: 2, stock: 3 } },
  },
  { release: async () => undefined },
);

export const locksInTwoSteps = lockingWrongly(
  {
    name: 'locks-in-two-steps',
    mistake:
      'gives the lock its lease in a second step, before which the process may die and leave it for ever',
    source: 'https://github.com/laravel/horizon/issues/1738',
    caught: {
      property: 'stranded',
      environment: 'buyer-crash',
      scope: { buyers: 1, stock: 1, faults: { crash: 1 } },
    },
  },
  {
    async acquire(redis, lock, token) {
      if ((await redis.setnx(lock, token)) === 0) return false;
      await redis.pexpire(lock, LEASE_MS);
      return true;
    },
  },
);

const ONE_EXPIRY = { buyers: 2, stock: 1, faults: { expire: 1 } };

export const outlivesItsLease = lockingWrongly(
  {
    name: 'outlives-its-lease',
    mistake: 'trusts that the work under the lock is done before the lock runs out',
    source:
      'https://besthub.dev/articles/why-redis-distributed-locks-still-let-flash-sales-oversell-and-how-to-fix-it-73c037579597',
    caught: { property: 'oversell', environment: 'expiry', scope: ONE_EXPIRY },
  },
  { commit: commitUnasked },
);

export const locksWithAConstant = lockingWrongly(
  {
    name: 'locks-with-a-constant',
    mistake: 'every holder writes the same value into the lock, so that none can tell its own from another',
    source: 'https://github.com/twentyhq/twenty/issues/25661',
    caught: { property: 'oversell', environment: 'expiry', scope: ONE_EXPIRY },
  },
  {
    acquire: (redis, lock) => acquireInOneStep(redis, lock, 'locked'),
    commit: (redis, taking, env) => commitIfOwned(redis, { ...taking, token: 'locked' }, env),
    release: (redis, lock) => compareAndDelete(redis, lock, 'locked'),
  },
);

/** The lock holds until when it is another's to take, by whatever clock the taker has. */
const TAKE_OVER = `
local held = redis.call('GET', KEYS[1])
if held and tonumber(held) > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1] + ARGV[2])
return 1`;

export const goesByItsOwnClock = lockingWrongly(
  {
    name: 'goes-by-its-own-clock',
    mistake: 'a lease that buyers end by the time on their own clocks; who holds it does not look again',
    caught: {
      property: 'oversell',
      environment: 'slow',
      scope: { buyers: 2, stock: 1, faults: { slow: 1 } },
    },
  },
  {
    acquire: async (redis, lock, _token, env) =>
      (await redis.eval(TAKE_OVER, 1, lock, env.now(), LEASE_MS)) === 1,
    commit: commitUnasked,
    release: (redis, lock) => redis.del(lock),
  },
);

export const paysLongerThanItsLease = lockingWrongly(
  {
    name: 'pays-longer-than-its-lease',
    mistake: 'takes the money under the lock, which can take longer than the lock lasts',
    caught: { property: 'oversell', environment: 'calm', scope: { buyers: 2, stock: 1 } },
  },
  {
    async commit(redis, taking, env) {
      await env.sleep(LEASE_MS * 2);
      return commitUnasked(redis, taking, env);
    },
  },
);
