import type { BadInputs, Row } from './table.ts';

const rows: readonly Row[] = [
  [
    'bench lua-decrement --mode x',
    "option '--mode <mode>' argument 'x' is invalid. Allowed choices are closed, open.",
  ],
  [
    "bench lua-decrement --mode ''",
    "option '--mode <mode>' argument '' is invalid. Allowed choices are closed, open.",
  ],
  ['bench lua-decrement --mode open', '--mode open needs a rate of arrivals'],
  [
    'bench lua-decrement --mode closed --rate 5',
    'a closed loop has no arrivals: the next request waits for the last response',
  ],
  [
    'bench lua-decrement --mode closed --arrivals poisson',
    'a closed loop has no arrivals: the next request waits for the last response',
  ],
  [
    'bench lua-decrement --in-flight 0',
    "option '--in-flight <n>' argument '0' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'bench lua-decrement --in-flight x',
    "option '--in-flight <n>' argument 'x' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  ['bench lua-decrement --in-flight 1 --workers 2', '2 workers share 1 purchases in flight'],
  [
    'bench lua-decrement --rate 0',
    "option '--rate <n>' argument '0' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'bench lua-decrement --rate x',
    "option '--rate <n>' argument 'x' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'bench lua-decrement --rate 1.5',
    "option '--rate <n>' argument '1.5' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  ['bench lua-decrement --rate 99999999', 'rate is 99999999'],
  ['bench lua-decrement --arrivals poisson', '--arrivals needs a rate'],
  [
    'bench lua-decrement --arrivals often --rate 5',
    "option '--arrivals <profile>' argument 'often' is invalid. Allowed choices are poisson, constant, flash-sale.",
  ],
  ['bench lua-decrement --slo fast', '--slo is "fast"'],
  ["bench lua-decrement --slo ''", '--slo is ""'],
  ['bench lua-decrement --slo p99', '--slo is "p99"'],
  ['bench lua-decrement --slo p99=', '--slo is "p99="'],
  ['bench lua-decrement --slo p99=5', '--slo is "p99=5"'],
  ['bench lua-decrement --slo p99=5s', '--slo is "p99=5s"'],
  ['bench lua-decrement --slo p99=-5ms', '--slo is "p99=-5ms"'],
  ['bench lua-decrement --slo p98=5ms', '--slo is "p98=5ms"'],
  ['bench lua-decrement --slo p99=5ms --rate 5', '--slo searches for the rate of an open loop'],
  ['bench lua-decrement --slo p99=5ms --mode closed', '--slo searches for the rate of an open loop'],
  [
    'bench lua-decrement --trials 0',
    "option '--trials <n>' argument '0' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'bench lua-decrement --trials x',
    "option '--trials <n>' argument 'x' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  ['bench lua-decrement --baseline nobody', 'the baseline "nobody" is not measured in this session'],
  ["bench lua-decrement --baseline ''", 'the baseline "" is not measured in this session'],
  [
    'bench lua-decrement --baseline lua-decrement',
    '--baseline would do nothing: no other strategy is measured that it could be compared with',
  ],
  [
    'bench lua-decrement --users 5',
    '--users would do nothing: each buyer of a bench is a user without a limit, but for those of a --service',
  ],
  [
    'bench lua-decrement --per-user-limit 1',
    '--per-user-limit would do nothing: each buyer of a bench is a user without a limit, but for those of a',
  ],
  [
    'bench lua-decrement --allow-connect 127.0.0.1:5432',
    '--allow-connect would do nothing: built-in strategies use nothing but the connection',
  ],
  ...['127.0.0.1', '127.0.0.1:0', 'host:65536', ':5432', "''", 'a:1,'].map((server): Row => [
    `bench ./sell.ts --allow-connect ${server}`,
    `option '--allow-connect <host:port>' argument '${server.replaceAll("'", '')}' is invalid. Give a host and a port, as in 127.0.0.1:5432, or the path of a socket.`,
  ]),
  [
    'bench --service shop.json --allow-connect 127.0.0.1:5432',
    '--allow-connect would do nothing: a service connects to what it likes',
  ],
  [
    'bench lua-decrement --stock -1',
    "option '--stock <n>' argument '-1' is invalid. Give a whole number from 0 to 2^53−1.",
  ],
  [
    'bench lua-decrement --stock x',
    "option '--stock <n>' argument 'x' is invalid. Give a whole number from 0 to 2^53−1.",
  ],
  [
    'bench lua-decrement --buyers 0',
    "option '--buyers <n>' argument '0' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'bench lua-decrement --buyers x',
    "option '--buyers <n>' argument 'x' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'bench lua-decrement --workers 0',
    "option '--workers <n>' argument '0' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'bench lua-decrement --workers x',
    "option '--workers <n>' argument 'x' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'bench lua-decrement --seconds 0',
    "option '--seconds <n>' argument '0' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  ['bench lua-decrement --seconds 90000', 'seconds is 90000'],
  [
    'bench lua-decrement --seconds x',
    "option '--seconds <n>' argument 'x' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'bench lua-decrement --seconds 1.5',
    "option '--seconds <n>' argument '1.5' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  ["bench lua-decrement --runs ''", '--runs names no folder'],
  ['bench lua-decrement --history nonsense', 'there is no strategy "nonsense"'],
  [
    'bench lua-decrement --service nowhere.json',
    'lua-decrement and --service: a service sells by its own code',
  ],
  ['bench lua-decrement --service shop.json', 'lua-decrement and --service: a service sells by its own code'],
  [
    'bench lua-decrement --redis redis://127.0.0.1 --redis-server ./redis-server',
    '--redis names a running server, and --redis-server or --redis-version asks to start one',
  ],
  [
    'bench lua-decrement --redis-server ./redis-server --redis-version 7.0.0',
    '--redis-server names a program and --redis-version asks to build another',
  ],
  ['bench lua-decrement --seed 1 --seed 2', '--seed is given twice, and only the last would count'],
  ['bench --service nowhere.json', 'nowhere.json cannot be read: there is no such file'],
  [
    'bench --service shop.json --slo p99=5ms',
    '--slo would do nothing: a service is offered one rate, by --rate',
  ],
  [
    'bench --service shop.json --baseline lua-decrement',
    '--baseline would do nothing: a service is compared with nothing',
  ],
  [
    'bench --service shop.json --redis redis://127.0.0.1:1',
    '--redis would do nothing: the service connects to the Redis that it is told of by its file',
  ],
  [
    'bench --service shop.json --rate 0',
    "option '--rate <n>' argument '0' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  ['bench --service shop.json --mode open', '--mode open needs a rate of arrivals'],
  ["bench --service shop.json --runs ''", '--runs names no folder'],
  [
    'bench --service shop.json --profile full',
    '--profile would do nothing: a service has no ceiling, and is offered one rate, by --rate',
  ],
  [
    'bench lua-decrement --profile full --rate 50',
    '--profile would do nothing: its rates follow from what a closed loop serves, and --rate and --slo ask for an open one',
  ],
  [
    'bench lua-decrement --profile slow',
    "option '--profile <name>' argument 'slow' is invalid. Allowed choices are quick, full.",
  ],
  ['bench no-such-strategy', 'there is no strategy "no-such-strategy"'],
  ['bench lua-decrement lua-decrement', 'two of the strategies are named "lua-decrement"'],
  ['bench ./missing.mjs', '<here>/missing.mjs does not exist'],
  ['compare base nowhere', 'nowhere cannot be read: there is no such file'],
  ['compare nowhere base', 'nowhere cannot be read: there is no such file'],
  [
    'compare base history.jsonl',
    'history.jsonl cannot be read: it is no JSON: Unexpected non-whitespace character after JSON at position 63',
  ],
  [
    'compare base counterexample.json',
    'counterexample.json is not what bench --json prints, but a counterexample',
  ],
  ['compare base shop.json', 'shop.json is not what bench --json prints, but a service file'],
  ['compare base elsewhere-measured', 'more than the code differs:'],
  ['compare base base --different', "unknown option '--different'"],
  ["evaluate --runs '' lua-decrement", '--runs names no folder'],
];

/** Loads and comparisons that cannot be. */
export const measuring: BadInputs = { rows };
