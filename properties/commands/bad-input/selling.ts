import type { BadInputs, Row } from './table.ts';

const rows: readonly Row[] = [
  ['storm', 'a storm needs something to storm'],
  ['storm --service nowhere.json', 'nowhere.json cannot be read: there is no such file'],
  ['storm --service shop.json --faults nonsense', '--faults: there is no "nonsense"'],
  ["storm --service shop.json --faults ''", '--faults: there is no ""'],
  ['storm --service shop.json --faults kill-service,', '--faults: there is no ""'],
  ['storm --service shop.json --faults kill-consumer', '--faults: there is no "kill-consumer"'],
  [
    'storm --service shop.json --stock -1',
    "option '--stock <n>' argument '-1' is invalid. Give a whole number from 0 to 2^53−1.",
  ],
  [
    'storm --service shop.json --users 0',
    "option '--users <n>' argument '0' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'storm --service shop.json --in-flight 0',
    "option '--in-flight <n>' argument '0' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'storm --service shop.json --workers 0',
    "option '--workers <n>' argument '0' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  ['storm --service shop.json --in-flight 1 --workers 2', '2 workers share 1 purchases in flight'],
  [
    'storm --service shop.json --redis redis://127.0.0.1:1',
    '--redis would do nothing: the service connects to the Redis that it is told of by its file',
  ],
  ["storm --service shop.json --runs ''", '--runs names no folder'],
  [
    'storm --service shop.json --seed x',
    "option '--seed <n>' argument 'x' is invalid. Give a whole number from 0 to 2^53−1.",
  ],
  ['storm --service counterexample.json', 'counterexample.json is not a service file, but a counterexample'],
  ['storm --service base', 'base cannot be read: it is a folder'],
  ['storm --service .', '. cannot be read: it is a folder'],
  [
    'serve --port 65536',
    "option '--port <n>' argument '65536' is invalid. Give a whole number from 0 to 65535.",
  ],
  ['serve --port x', "option '--port <n>' argument 'x' is invalid. Give a whole number from 0 to 65535."],
  ['serve --port -1', "option '--port <n>' argument '-1' is invalid. Give a whole number from 0 to 65535."],
  ["serve --port ''", "option '--port <n>' argument '' is invalid. Give a whole number from 0 to 65535."],
  ['serve --strategy nonsense', '--strategy: no built-in is called "nonsense"'],
  ["serve --strategy ''", '--strategy: no built-in is called ""'],
  [
    'serve --strategy read-then-write',
    'read-then-write records no orders in the step in which it sells, so that no order could be told for sure',
  ],
  [
    'serve --role nobody',
    "option '--role <role>' argument 'nobody' is invalid. Allowed choices are web, consumer, all.",
  ],
  [
    'serve --consumers 0',
    "option '--consumers <n>' argument '0' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'serve --claim-idle-ms 0',
    "option '--claim-idle-ms <ms>' argument '0' is invalid. Give a whole number from 1 to 2^53−1.",
  ],
  [
    'serve --stale-ms -1',
    "option '--stale-ms <ms>' argument '-1' is invalid. Give a whole number from 0 to 2^53−1.",
  ],
  [
    'serve --stale-ms x',
    "option '--stale-ms <ms>' argument 'x' is invalid. Give a whole number from 0 to 2^53−1.",
  ],
  [
    'serve --command-timeout-ms 86400001',
    "option '--command-timeout-ms <ms>' argument '86400001' is invalid. Give a whole number from 0 to 86400000.",
  ],
  ['serve --prefix a:', '--prefix would do nothing: a private server has no keys but the shop’s'],
  [
    'serve --redis redis://127.0.0.1:1 --redis-server x',
    '--redis-server would do nothing: --redis names a server that runs',
  ],
  [
    'serve --redis redis://127.0.0.1:1 --database a.db --data b',
    '--data would do nothing: --redis and --database name what would be kept there',
  ],
  ['serve --role consumer --port 1', '--port would do nothing: --role consumer answers no buyers'],
  ['serve --role consumer --host 127.0.0.1', '--host would do nothing: --role consumer answers no buyers'],
  ['serve --role consumer --article', '--article would do nothing: --role consumer answers no buyers'],
  ['serve --role web --consumers 2', '--consumers would do nothing: --role web stores no orders'],
  ['serve --no-orders --consumers 2', '--consumers would do nothing: --no-orders leaves nothing to store'],
  ['serve --admin-token-file nowhere', '--admin-token-file: nowhere cannot be read: there is no such file'],
  ['serve --frob', "unknown option '--frob'"],
];

/** Shops and storms that cannot be. */
export const selling: BadInputs = { rows };
