import type { Strategy } from './contract.ts';
import { decrementThenCheck } from './decrement-then-check.ts';
import { functionDecrement } from './function-decrement.ts';
import { luaCoalesced } from './lua-coalesced.ts';
import { luaDecrement } from './lua-decrement.ts';
import { luaReserveOnce } from './lua-reserve-once.ts';
import { readThenWrite } from './read-then-write.ts';
import { watchRetry } from './watch-retry.ts';

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
  builtIn(readThenWrite, 'control'),
  builtIn(watchRetry),
  builtIn(decrementThenCheck),
  builtIn(luaDecrement),
  builtIn(luaReserveOnce),
  builtIn(luaCoalesced),
  builtIn(functionDecrement),
];
