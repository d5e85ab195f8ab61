import type { BadInputs, Row } from './table.ts';

const rows: readonly Row[] = [
  [
    'explore lua-decrement --buyers 0',
    "option '--buyers <n>' argument '0' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'explore lua-decrement --buyers -1',
    "option '--buyers <n>' argument '-1' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'explore lua-decrement --buyers 1.5',
    "option '--buyers <n>' argument '1.5' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'explore lua-decrement --buyers x',
    "option '--buyers <n>' argument 'x' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    "explore lua-decrement --buyers ''",
    "option '--buyers <n>' argument '' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'explore lua-decrement --buyers 1e1',
    "option '--buyers <n>' argument '1e1' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'explore lua-decrement --buyers 0x2',
    "option '--buyers <n>' argument '0x2' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    "explore lua-decrement --buyers ' 2'",
    "option '--buyers <n>' argument ' 2' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  ['explore lua-decrement --buyers 1000', '--buyers is 1000'],
  [
    'explore lua-decrement --buyers 99999999999999999999',
    "option '--buyers <n>' argument '99999999999999999999' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'explore lua-decrement --stock -1',
    "option '--stock <n>' argument '-1' is invalid. Give a whole number from 0 to 2^53−1.",
  ],
  [
    'explore lua-decrement --stock x',
    "option '--stock <n>' argument 'x' is invalid. Give a whole number from 0 to 2^53−1.",
  ],
  ['explore lua-decrement --stock 1001', '--stock is 1001'],
  [
    "explore lua-decrement --stock ''",
    "option '--stock <n>' argument '' is invalid. Give a whole number from 0 to 2^53−1.",
  ],
  ["explore lua-decrement --quantities ''", '--quantities has ""'],
  ['explore lua-decrement --quantities 0', '--quantities has "0"'],
  ['explore lua-decrement --quantities 1,x', '--quantities has "x"'],
  ['explore lua-decrement --quantities 100000000000000000000', '--quantities has "100000000000000000000"'],
  ['explore lua-decrement --quantities 1,', '--quantities has ""'],
  ['explore lua-decrement --quantities ,', '--quantities has ""'],
  ['explore lua-decrement --quantities -1', '--quantities has "-1"'],
  ['explore lua-decrement --quantities 1.5', '--quantities has "1.5"'],
  ['explore lua-decrement --quantities 1e2', '--quantities has "1e2"'],
  ['explore lua-decrement --quantities 0x2', '--quantities has "0x2"'],
  ['explore lua-decrement --quantities 1;2', '--quantities has "1;2"'],
  ['explore lua-decrement --quantities 1,1,1,1', '--quantities has 4 for 3 buyers'],
  ['explore lua-decrement --quantities Infinity', '--quantities has "Infinity"'],
  [
    'explore lua-decrement --users 0',
    "option '--users <n>' argument '0' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  ['explore lua-decrement --users 4', '--users is 4'],
  [
    'explore lua-decrement --users x',
    "option '--users <n>' argument 'x' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'explore lua-decrement --per-user-limit 0',
    "option '--per-user-limit <n>' argument '0' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'explore lua-decrement --per-user-limit -1',
    "option '--per-user-limit <n>' argument '-1' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'explore lua-decrement --per-user-limit 1.5',
    "option '--per-user-limit <n>' argument '1.5' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'explore lua-decrement --attempts 0',
    "option '--attempts <n>' argument '0' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  ['explore lua-decrement --attempts 101', '--attempts is 101'],
  [
    'explore lua-decrement --attempts x',
    "option '--attempts <n>' argument 'x' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'explore lua-decrement --instances 0',
    "option '--instances <n>' argument '0' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  ['explore lua-decrement --instances 4', '--instances is 4'],
  [
    'explore lua-decrement --client never',
    "option '--client <mode>' argument 'never' is invalid. Allowed choices are default, no-resend, no-retry.",
  ],
  [
    "explore lua-decrement --client ''",
    "option '--client <mode>' argument '' is invalid. Allowed choices are default, no-resend, no-retry.",
  ],
  [
    'explore lua-decrement --client no-resend',
    '--client would do nothing: no connection breaks without one of these in --faults: lost-request, lost-reply,',
  ],
  ['explore lua-decrement --faults nonsense', '--faults does not know "nonsense"'],
  ['explore lua-decrement --faults crash=x', '--faults has "crash=x"'],
  ['explore lua-decrement --faults crash=-1', '--faults has "crash=-1"'],
  ['explore lua-decrement --faults crash=99', '--faults crash is 99'],
  ['explore lua-decrement --faults crash,crash', '--faults names crash twice'],
  ['explore lua-decrement --faults crash=1,crash=1', '--faults names crash twice'],
  ['explore lua-decrement --faults crash=1=2', '--faults has "crash=1=2"'],
  ['explore lua-decrement --faults crash=', '--faults has "crash="'],
  ['explore lua-decrement --faults =1', '--faults has "=1"'],
  ['explore lua-decrement --faults crash=1.5', '--faults has "crash=1.5"'],
  ['explore lua-decrement --faults crash=0x1', '--faults has "crash=0x1"'],
  ['explore lua-decrement --faults crash;lost-reply', '--faults does not know "crash;lost-reply"'],
  ['explore lua-decrement --faults Crash', '--faults does not know "Crash"'],
  [
    'explore lua-decrement --releases -1',
    "option '--releases <n>' argument '-1' is invalid. Give a whole number from 0 to 2^53−1.",
  ],
  ['explore lua-decrement --releases 99', '--releases is 99'],
  [
    'explore lua-decrement --releases x',
    "option '--releases <n>' argument 'x' is invalid. Give a whole number from 0 to 2^53−1.",
  ],
  ['explore lua-decrement --restocks 99', '--restocks is 99'],
  [
    "explore lua-decrement --restocks ''",
    "option '--restocks <n>' argument '' is invalid. Give a whole number from 0 to 2^53−1.",
  ],
  ['explore lua-decrement --jobs 99', '--jobs is 99'],
  [
    'explore lua-decrement --jobs -1',
    "option '--jobs <n>' argument '-1' is invalid. Give a whole number from 0 to 2^53−1.",
  ],
  [
    'explore lua-decrement --confirms 0',
    "option '--confirms <n>' argument '0' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  ['explore lua-decrement --confirms 7', '--confirms is 7'],
  [
    'explore lua-decrement --confirms x',
    "option '--confirms <n>' argument 'x' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'explore lua-decrement --offices 0',
    "option '--offices <n>' argument '0' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'explore lua-decrement --offices 2',
    '--offices would do nothing: only background work is done there, and there is none without --jobs',
  ],
  ['explore lua-decrement --offices 5 --jobs 1', '--offices is 5'],
  [
    'explore lua-decrement --workers everywhere',
    '--workers would do nothing: only background work is done there, and there is none without --jobs',
  ],
  [
    'explore lua-decrement --workers nobody --jobs 1',
    "option '--workers <who>' argument 'nobody' is invalid. Allowed choices are offices, everywhere.",
  ],
  [
    'explore lua-decrement --property nonsense',
    "option '--property <name>' argument 'nonsense' is invalid. Allowed choices are oversell, stranded,",
  ],
  [
    "explore lua-decrement --property ''",
    "option '--property <name>' argument '' is invalid. Allowed choices are oversell, stranded, false-refusal,",
  ],
  [
    'explore lua-decrement --property oversold',
    "option '--property <name>' argument 'oversold' is invalid. Allowed choices are oversell, stranded,",
  ],
  [
    'explore lua-decrement --max-states 0',
    "option '--max-states <n>' argument '0' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'explore lua-decrement --max-states x',
    "option '--max-states <n>' argument 'x' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'explore lua-decrement --no-merging --no-reduction',
    '--no-merging would do nothing: --no-reduction walks every path, judges all properties and keeps no',
  ],
  [
    'explore lua-decrement --no-reduction --property oversell',
    '--property would do nothing: --no-reduction walks every path, judges all properties and keeps no',
  ],
  [
    'explore lua-decrement --no-reduction --emit-test a.test.ts',
    '--emit-test would do nothing: --no-reduction walks every path, judges all properties and keeps no',
  ],
  [
    'explore lua-decrement --no-reduction --runs elsewhere',
    '--runs would do nothing: --no-reduction walks every path, judges all properties and keeps no counterexample',
  ],
  ['explore lua-decrement --buyers 2 --buyers 3', '--buyers is given twice, and only the last would count'],
  [
    'explore lua-decrement --seed x',
    "option '--seed <n>' argument 'x' is invalid. Give a whole number from 0 to 2^53−1.",
  ],
  ['explore lua-decrement --restock 1', "unknown option '--restock'"],
  ['explore lua-decrement --quantities 2 --buyers 1 --stock 1 --frob', "unknown option '--frob'"],
  [
    'explore lua-decrement ./careless.mjs',
    "too many arguments for 'explore'. Expected 1 argument but got 2.",
  ],
  ['explore needy', 'there is no strategy "needy"'],
  ['explore ./missing.mjs', '<here>/missing.mjs does not exist'],
  [
    'explore ./paying.mjs/sell.ts',
    '<here>/paying.mjs/sell.ts cannot be read: a part of its path is a file, no folder',
  ],
  [`explore ./${'x'.repeat(300)}.ts`, `<here>/${'x'.repeat(300)}.ts cannot be read: its name is too long`],
  ['explore ../../../nowhere.ts', '/nowhere.ts does not exist'],
];

/** Scopes that cannot be. */
export const exploring: BadInputs = { rows };
