import { expect } from 'vitest';
import { refusedBy, type FlagRow, type FlagTable } from './table.ts';

const SCRIPT = "explore ./decrement.lua --keys 'stock:{sku}' --args quantity --buyers 2 --stock 1 --json";
const SOLD = '--sold >=0';
const OTHERWISE = 'explore lua-decrement --buyers 1';

const holds = { exitCode: 0, document: { verdict: 'holds', coverage: 'exhausted' } };
const told = (code: string, message: string): object => ({
  exitCode: 2,
  document: { error: { code, message: expect.stringContaining(message) } },
});
const ended = (message: string): object => told('CANNOT_EXPLORE', message);

/** A run that this flag turns from one end to another. */
const turns = (typed: string, of: string, without: object, as: object): FlagRow => ({
  typed,
  shows: { of, without, with: as },
});

/** How a Lua script is called. */
export const LUA_FLAGS: FlagTable['flags'] = {
  '--keys': [
    refusedBy('--keys stock', OTHERWISE),
    turns(
      '--keys stock:{sku}',
      `explore ./decrement.lua --args quantity ${SOLD} --buyers 2 --json`,
      told('BAD_LUA_CALL', 'which keys'),
      holds,
    ),
  ],
  '--args': [
    refusedBy('--args quantity', OTHERWISE),
    turns(
      '--args quantity,user',
      `explore ./decrement.lua --keys stock:{sku} ${SOLD} --buyers 2 --json`,
      told('BAD_LUA_CALL', 'decrement.lua:5 uses ARGV[1], and args has 0'),
      holds,
    ),
  ],
  '--sold': [refusedBy(SOLD, OTHERWISE), turns(SOLD, SCRIPT, ended('answered 0'), holds)],
  '--sold-out': [
    refusedBy('--sold-out -1', OTHERWISE),
    // The last unit is sold, and its buyer is sent away.
    turns('--sold-out 0,-1', SCRIPT, ended('answered 0'), {
      exitCode: 1,
      document: { verdict: 'violated', properties: { stranded: { verdict: 'violated' } } },
    }),
  ],
  '--open': [
    refusedBy('--open FLUSHALL', OTHERWISE),
    turns(
      "--open 'HSET stock:{sku} stock {stock}'",
      `${SCRIPT} ${SOLD}`,
      holds,
      ended('decrement.lua:5: the script failed: WRONGTYPE'),
    ),
  ],
  '--left': [
    refusedBy('--left DBSIZE', OTHERWISE),
    turns(
      "--left 'GET other:{sku}'",
      `${SCRIPT} ${SOLD}`,
      holds,
      ended('GET other:item, which answered nil'),
    ),
  ],
};
