import type { BadInputs, Row } from './table.ts';

const files = {
  'sell.lua': "return redis.call('DECRBY', KEYS[1], ARGV[1])\n",
  'broken.lua': '-- Sells.\nlocal left =\nreturn left +\n',
  'two.lua': "-- KEYS[3] is no more.\nif redis.call('GET', KEYS[2]) then\n  return 1\nend\nreturn KEYS[1]\n",
  'says.lua': "return 'WELL'\n",
  'hash.lua': "return redis.call('HINCRBY', KEYS[1], 'stock', -1)\n",
  'folder.lua/': '',
  'pipe.lua|': '',
};

const CALLED = "--keys 'stock:{sku}' --args quantity";

const rows: readonly Row[] = [
  ['explore ./sell.lua', './sell.lua: it is not said which keys the script gets'],
  ["explore ./sell.lua --keys ''", '<here>/sell.lua: it is not said which keys the script gets'],
  ["explore ./sell.lua --keys 'stock:{sku},'", '<here>/sell.lua: it is not said which keys the script gets'],
  ["explore ./sell.lua --keys 'stock:{product}'", 'keys has {product}, which is no placeholder'],
  [
    "explore ./sell.lua --keys 'stock:{user}' --args quantity",
    'the first of the keys, stock:{user}, belongs to a buyer, and the stock would be written there',
  ],
  ["explore ./sell.lua --keys 'stock:{sku}' --args amount", 'args has "amount", which is no placeholder'],
  ["explore ./sell.lua --keys 'stock:{sku}' --args {amount}", 'args has {amount}, which is no placeholder'],
  ["explore ./sell.lua --keys 'stock:{sku}' --args ''", 'args has "", which is no placeholder'],
  ["explore ./sell.lua --keys 'stock:{sku}'", '<here>/sell.lua:1 uses ARGV[1], and args has 0'],
  [`explore ./two.lua ${CALLED}`, '<here>/two.lua:2 uses KEYS[2], and keys has 1'],
  [`explore ./broken.lua ${CALLED}`, '<here>/broken.lua:3 does not compile: '],
  [`explore ./says.lua ${CALLED}`, '<here>/says.lua answered "WELL", of which nobody has said what it means'],
  [`explore ./hash.lua ${CALLED}`, '<here>/hash.lua:1: the script failed: WRONGTYPE'],
  [
    `explore ./sell.lua ${CALLED} --sold >=0 --sold-out 0,-1`,
    'an answer of 0 would be both sold and sold-out',
  ],
  [
    `explore ./sell.lua ${CALLED} --sold >=0 --quantities 2 --args 1`,
    '--args is given twice, and only the last would count',
  ],
  [
    "explore ./sell.lua --keys 'stock:{sku}' --args 1 --sold >=0 --quantities 2",
    '<here>/sell.lua: 2 units are bought at once, and the script is not told how many',
  ],
  [`explore ./sell.lua ${CALLED} --open ';'`, 'open has no command'],
  [`explore ./sell.lua ${CALLED} --left ''`, 'left has no command'],
  [`explore ./sell.lua ${CALLED} --open 'SET {user} 1'`, 'open has {user}, and nobody buys there yet'],
  [`explore ./sell.lua ${CALLED} --open 'NOSUCH {sku}'`, 'it sends NOSUCH, which cannot be explored'],
  [
    `explore ./sell.lua ${CALLED} --per-user-limit 1`,
    'open() failed: sell does not support a limit per user: choose a strategy that lists it',
  ],
  [`explore ./missing.lua ${CALLED}`, '<here>/missing.lua does not exist'],
  [`explore ./folder.lua ${CALLED}`, '<here>/folder.lua is a folder'],
  [`explore ./pipe.lua ${CALLED}`, '<here>/pipe.lua is a pipe, a socket or a device'],
  [
    'explore lua-decrement --keys a',
    '--keys would do nothing: it says how a Lua script is called, and lua-decrement is none',
  ],
  ['watch ./missing.lua', './missing.lua does not exist'],
  ['bench ./sell.lua', '<here>/sell.lua is a Lua script, and here nobody says how it is called'],
  ['evaluate ./sell.lua', '<here>/sell.lua is a Lua script, and here nobody says how it is called'],
];

/** Scripts, and how they are called. */
export const scripts: BadInputs = { rows, files };
