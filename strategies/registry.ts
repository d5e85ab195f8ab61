import type { Strategy } from './contract.ts';
import { bitfieldFail } from './bitfield-fail.ts';
import { bucketedStock } from './bucketed-stock.ts';
import { compareAndSet } from './compare-and-set.ts';
import { countUpToLimit } from './count-up-to-limit.ts';
import { decrementThenCheck } from './decrement-then-check.ts';
import { decrementThenReset } from './decrement-then-reset.ts';
import { functionDecrement } from './function-decrement.ts';
import { functionReserveOnce } from './function-reserve-once.ts';
import { holdThenConfirm } from './hold-then-confirm.ts';
import { increxBounded } from './increx-bounded.ts';
import { leasedUnits } from './leased-units.ts';
import { lockGuarded } from './lock-guarded.ts';
import { luaCoalesced } from './lua-coalesced.ts';
import { luaDecrement } from './lua-decrement.ts';
import { luaReserveOnce } from './lua-reserve-once.ts';
import { luaThenWaitAll } from './lua-then-wait-all.ts';
import { luaThenWait } from './lua-then-wait.ts';
import { multiWithoutWatch } from './multi-without-watch.ts';
import { queueSingleConsumer } from './queue-single-consumer.ts';
import { readThenWrite } from './read-then-write.ts';
import { tokenList } from './token-list.ts';
import { tokenSet } from './token-set.ts';
import { watchRetry } from './watch-retry.ts';
import { watchSharedConnection } from './watch-shared-connection.ts';

/** A built-in strategy; `control`: known to be wrong and must be caught, or the tool itself is broken. */
export interface Registration {
  strategy: Strategy;
  file: string;
  control: boolean;
}

const builtIn = (strategy: Strategy, role?: 'control'): Registration => ({
  strategy,
  file: `strategies/${strategy.name}.ts`,
  control: role === 'control',
});

/** In the order in which they are listed and run. */
export const registry: readonly Registration[] = [
  // Controls
  builtIn(readThenWrite, 'control'),
  builtIn(multiWithoutWatch, 'control'),
  builtIn(watchSharedConnection, 'control'),
  builtIn(decrementThenReset, 'control'),
  // Optimistic
  builtIn(watchRetry),
  builtIn(compareAndSet),
  // Counters
  builtIn(decrementThenCheck),
  builtIn(countUpToLimit),
  builtIn(bitfieldFail),
  builtIn(increxBounded),
  // Scripts
  builtIn(luaDecrement),
  builtIn(luaReserveOnce),
  builtIn(luaCoalesced),
  builtIn(functionDecrement),
  builtIn(functionReserveOnce),
  // Tokens
  builtIn(tokenList),
  builtIn(tokenSet),
  // Serialisers
  builtIn(lockGuarded),
  builtIn(queueSingleConsumer),
  // Scale
  builtIn(bucketedStock),
  builtIn(leasedUnits),
  // Durability
  builtIn(luaThenWait),
  builtIn(luaThenWaitAll),
  // Lifecycle
  builtIn(holdThenConfirm),
];
