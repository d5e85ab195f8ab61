import { checkRequest, checkSale, declareGuarantees } from './contract.ts';
import type { PurchaseOutcome, RecordedSale, Strategy } from './contract.ts';
import { MissingProductError } from './errors.ts';
import { addStock, decisionsKey, holdingsKey, queueKey, stockKey, stockLeft } from './keys.ts';
import { Script } from './script.ts';

const ask = new Script(import.meta.resolve('#lua/queue-single-consumer-ask.lua'));
const decide = new Script(import.meta.resolve('#lua/queue-single-consumer.lua'));
const withdraw = new Script(import.meta.resolve('#lua/queue-single-consumer-withdraw.lua'));
const release = new Script(import.meta.resolve('#lua/queue-single-consumer-release.lua'));
const MOST_READ = 100;
const POLL_MS = 10;

/**
 * Requests wait in a stream, and a consumer decides them. One that dies leaves in the stream what it read and did not
 * decide, for the next pass to read again; a request is decided once, however often it is read. Who has no answer in
 * time withdraws the request, and it surely is not decided any more.
 */
export const queueSingleConsumer: Strategy = {
  name: 'queue-single-consumer',
  summary:
    'XADD to a queue, then polls for the answer; a consumer reads the queue and decides: XRANGE, EVALSHA',
  connection: 'shared',
  supports: ['several-units', 'limit'],
  guarantees: declareGuarantees({
    // A consumer may come too late for anybody's patience.
    calm: ['progress'],
    'several-units': ['progress'],
    'release-restock': ['progress'],
    cancel: ['progress'],
    'buyer-crash': ['progress'],
    'lost-reply': ['progress'],
    timeout: ['progress'],
    retry: ['progress'],
    'script-flush': ['progress'],
    expiry: ['progress'],
    slow: ['progress'],
    eviction: ['stranded', 'lost-sale', 'progress'],
    'hostile-input': ['progress'],
    restart: ['progress'],
    'restart-without-aof': ['stranded', 'false-refusal', 'lost-sale', 'progress'],
    failover: ['oversell', 'false-refusal', 'lost-sale', 'progress'],
  }),

  async open(redis, sale) {
    checkSale(sale, queueSingleConsumer);
    await redis.set(stockKey(sale.sku), sale.stock);
    for (const script of [ask, decide, withdraw]) await script.load(redis);
  },

  seller(redis, { sku, perUserLimit = '' }, env) {
    const [stock, holdings, answers, queue] = [
      stockKey(sku),
      holdingsKey(sku),
      decisionsKey(sku),
      queueKey(sku),
    ];
    // Those who wait in one process look at the same time, and their commands share a packet.
    let pausing: Promise<void> | undefined;
    const pause = (): Promise<void> => (pausing ??= env.sleep(POLL_MS).finally(() => (pausing = undefined)));
    return {
      async purchase(request) {
        checkRequest(request);
        const { requestId, userId, quantity } = request;
        const asked = await ask.run(redis, [stock, answers, queue], [requestId, userId, quantity]);
        let answer: string | null = asked === 'missing' ? 'missing' : 'waiting';
        // Asking was the first attempt; the last one withdraws what has no answer yet.
        for (let attempt = 2; answer === 'waiting'; attempt++) {
          await pause();
          if (attempt < env.maxAttempts) answer = await redis.hget(answers, requestId);
          else answer = (await withdraw.run(redis, [answers], [requestId])) as string | null;
        }
        if (answer === null) throw new Error(`what became of ${requestId} was lost: it may have been sold`);
        if (answer === 'missing') throw new MissingProductError(sku);
        if (answer === 'withdrawn') return { kind: 'gave-up', attempts: env.maxAttempts };
        return { kind: answer.split(' ')[0] } as PurchaseOutcome;
      },
      async runJob() {
        const read = await redis.xrange(queue, '-', '+', 'COUNT', MOST_READ);
        if (read.length === 0) return 'idle';
        const waiting = read.flatMap(([id, [, request, , user, , quantity]]) => [
          id,
          request!,
          user!,
          quantity!,
        ]);
        await decide.run(redis, [stock, holdings, answers, queue], [perUserLimit, ...waiting]);
        return 'worked';
      },
      async release(request) {
        checkRequest(request);
        const answer = await release.run(redis, [stock, holdings, answers], [request.requestId]);
        if (answer === 'missing') throw new MissingProductError(sku);
      },
      restock: (quantity) => addStock(redis, sku, quantity),
      remaining: () => stockLeft(redis, sku),
      async recorded() {
        return Object.entries(await redis.hgetall(answers)).flatMap(([requestId, answer]): RecordedSale[] => {
          const [kind, units, ...user] = answer.split(' ');
          return kind === 'sold' ? [{ requestId, userId: user.join(' '), quantity: Number(units) }] : [];
        });
      },
    };
  },
};
