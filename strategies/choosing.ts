/** What helps to choose a strategy and that no code can tell. */
export interface Choosing {
  /** What a purchase sends. */
  commands: string;
  /** Of a winner who meets nobody. */
  roundTrips: string;
  choose: string;
  /** Beside a Redis that keeps what it has acknowledged. */
  mustBeTrue: string;
}

const ATOMIC = 'every writer of the stock goes through the same check';
const ONE_SLOT = 'all keys of a sale lie in one cluster slot (keys.ts gives them one hash tag)';

/** By name, in the order of the registry. */
export const CHOOSING: Readonly<Record<string, Choosing>> = {
  'read-then-write': {
    commands: 'GET, DECRBY',
    roundTrips: '2',
    choose: 'Never: a control. It is what a first version often looks like.',
    mustBeTrue: 'one buyer at a time',
  },
  'multi-without-watch': {
    commands: 'GET, MULTI DECRBY EXEC',
    roundTrips: '2',
    choose: 'Never: a control. MULTI without WATCH checks nothing.',
    mustBeTrue: 'one buyer at a time',
  },
  'watch-shared-connection': {
    commands: 'WATCH, GET, MULTI DECRBY EXEC',
    roundTrips: '3',
    choose: 'Never: a control. WATCH belongs to a connection, and here everybody shares one.',
    mustBeTrue: 'one buyer at a time on each connection',
  },
  'decrement-then-reset': {
    commands: 'DECRBY, SET 0',
    roundTrips: '1, 2 for who is refused',
    choose: 'Never: a control. SET 0 wipes out what was restocked meanwhile.',
    mustBeTrue: 'nothing is ever restocked or released',
  },
  'watch-retry': {
    commands: 'WATCH, GET, MULTI DECRBY EXEC',
    roundTrips: '3 an attempt',
    choose: 'Where scripts are not allowed and few buyers meet. Under a rush most attempts are in vain.',
    mustBeTrue:
      'a connection of its own for each purchase; the client must not send an EXEC again after a reconnect',
  },
  'compare-and-set': {
    commands: 'GET, SET IFEQ',
    roundTrips: '2 an attempt',
    choose: 'As watch-retry, over a shared connection, where the server knows SET IFEQ.',
    mustBeTrue: 'Valkey 8.1 or Redis 8.4; few buyers meet',
  },
  'decrement-then-check': {
    commands: 'DECRBY, INCRBY',
    roundTrips: '1, 2 for who is refused',
    choose: 'Single units, plain commands, and a unit that may stay unsold after a crash.',
    mustBeTrue: 'quantity is always 1; nobody minds a counter below zero for a moment',
  },
  'count-up-to-limit': {
    commands: 'INCRBY',
    roundTrips: '1',
    choose: 'Single units of a stock that never changes: the cheapest check there is.',
    mustBeTrue: 'quantity is always 1; nothing is released or restocked',
  },
  'bitfield-fail': {
    commands: 'BITFIELD OVERFLOW FAIL INCRBY',
    roundTrips: '1',
    choose: 'A guarded decrement in one plain command, where scripts are not allowed.',
    mustBeTrue: 'less than 2^32 units; the key is never evicted: without it everything looks sold out',
  },
  'increx-bounded': {
    commands: 'INCREX',
    roundTrips: '1',
    choose: 'The native guarded decrement, where the server knows it.',
    mustBeTrue: 'Redis 8.8 or Valkey 9.2',
  },
  'lua-decrement': {
    commands: 'EVALSHA',
    roundTrips: '1',
    choose: 'When a lost reply may cost a unit, and the order is made elsewhere.',
    mustBeTrue: ATOMIC,
  },
  'lua-reserve-once': {
    commands: 'EVALSHA',
    roundTrips: '1',
    choose: 'First choice: stock, limit, memory of requests and order in one step.',
    mustBeTrue: `the buyer's retry carries the same requestId; ${ONE_SLOT}`,
  },
  'lua-coalesced': {
    commands: 'EVALSHA for up to 256 requests',
    roundTrips: '1 for all who ask at once',
    choose: 'As lua-reserve-once, when one hot product is asked for by thousands at once.',
    mustBeTrue: `the buyer's retry carries the same requestId; ${ONE_SLOT}`,
  },
  'function-decrement': {
    commands: 'FCALL',
    roundTrips: '1',
    choose: 'As lua-decrement, where operators deploy the code to the server.',
    mustBeTrue: 'the library is loaded on every primary, and kept by persistence',
  },
  'function-reserve-once': {
    commands: 'FCALL',
    roundTrips: '1',
    choose: 'As lua-reserve-once, where operators deploy the code to the server.',
    mustBeTrue: 'the library is loaded on every primary, and kept by persistence',
  },
  'token-list': {
    commands: 'LMOVE',
    roundTrips: '1',
    choose: 'Units that differ: coupon codes, seats. An audit finds what nobody ordered.',
    mustBeTrue: 'memory for every unit; quantity is always 1',
  },
  'token-set': {
    commands: 'SPOP, SADD',
    roundTrips: '1',
    choose: 'Units that differ, given out at random.',
    mustBeTrue: 'memory for every unit; a refusal may be wrong while somebody puts a part back',
  },
  'lock-guarded': {
    commands: 'SET NX PX, GET, DECRBY, EVALSHA',
    roundTrips: '4, and pauses',
    choose: 'When what is done under the lock cannot be done in Redis. Never for the counter alone.',
    mustBeTrue: 'nobody is ever slower than the lock lasts',
  },
  'queue-single-consumer': {
    commands: 'EVALSHA (XADD), HGET …, EVALSHA to withdraw; the consumer: XRANGE, EVALSHA',
    roundTrips: '2 and more, as often as it asks',
    choose: 'When orders are worked off at the pace of something slow behind them.',
    mustBeTrue: 'a consumer runs; buyers accept to wait',
  },
  'bucketed-stock': {
    commands: 'EVALSHA, up to one a bucket',
    roundTrips: '1 … 16',
    choose: 'When one key is too hot for one node of a cluster.',
    mustBeTrue: 'quantity is small against what a bucket holds',
  },
  'leased-units': {
    commands: 'EVALSHA for up to 64 units',
    roundTrips: 'about 1 in 64',
    choose: 'The least load on Redis, where a few units may stay unsold for a while.',
    mustBeTrue:
      'an instance ends in order; what it leased is lost with it, and a retry reaches the same instance',
  },
  'lua-then-wait': {
    commands: 'EVALSHA, WAIT',
    roundTrips: '1',
    choose: 'As lua-reserve-once, when a failover should lose fewer sales.',
    mustBeTrue:
      'the replica that has the sale is the one that takes over; a buyer without an answer asks again',
  },
  'lua-then-wait-all': {
    commands: 'EVALSHA, WAIT',
    roundTrips: '1',
    choose: 'As lua-reserve-once, when no failover may lose a sale.',
    mustBeTrue:
      'every replica is counted (REPLICAS) and follows: while one is gone, nothing is sold for sure',
  },
  'hold-then-confirm': {
    commands: 'EVALSHA; to confirm, EVALSHA',
    roundTrips: '1; to confirm, 1',
    choose: 'When the buyer pays between the two, and may not come back.',
    mustBeTrue: 'a sweeper runs; clocks of sweeper and sellers differ by less than the hold lasts',
  },
};
