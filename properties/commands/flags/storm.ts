import { expect } from 'vitest';
import { answerFlags, pick, SERVER_FLAGS, type FlagRow, type FlagTable } from './table.ts';

const OPTIONS = [
  'faults',
  'stock',
  'users',
  'inFlight',
  'workers',
  'seed',
  'redisServer',
  'redisVersion',
  'patience',
];
/** One that ends. */
const REFUSED = 'storm --service nothing.json';

/** The service connects to a Redis of its own. */
const onlyTheService = (typed: string): FlagRow => ({
  typed,
  shows: {
    of: REFUSED,
    without: { stderr: expect.not.stringContaining('would do nothing') },
    with: { exitCode: 2, stderr: expect.stringContaining(`${typed.split(' ')[0]} would do nothing`) },
  },
});

/** What these flags change in a run: properties/storm/storm.test.ts. */
export const STORM: FlagTable = {
  plain: 'storm --service shop.json --seed 7',
  engine: [['storm/storm.js', 'storm']],
  seen: ({ storm }) => {
    const { file, historyFile } = storm![0] as { file: { name: string }; historyFile?: string };
    const [runs] = historyFile?.split('/') ?? [];
    return { ...pick(storm![0], OPTIONS), service: file.name, runs };
  },
  defaults: { ...pick({}, OPTIONS), seed: 7, service: 'a shop', runs: undefined },
  flags: {
    '--service': [{ typed: '--service stall.json', reaches: { service: 'a stall' } }],
    '--faults': [
      { typed: '--faults kill-redis,kill-service', reaches: { faults: ['kill-redis', 'kill-service'] } },
    ],
    '--stock': [{ typed: '--stock 5', reaches: { stock: 5 } }],
    '--users': [{ typed: '--users 5', reaches: { users: 5 } }],
    '--in-flight': [{ typed: '--in-flight 4', reaches: { inFlight: 4 } }],
    '--workers': [{ typed: '--workers 1', reaches: { workers: 1 } }],
    '--seed': [{ typed: '--seed 8', reaches: { seed: 8 } }],
    '--history': [{ typed: '--history', reaches: { runs: 'runs' } }],
    '--runs': [{ typed: '--runs elsewhere --history', reaches: { runs: 'elsewhere' } }],
    ...answerFlags(REFUSED),
    ...SERVER_FLAGS,
    '--redis': [onlyTheService('--redis redis://127.0.0.1:1')],
    '--tls-ca': [onlyTheService('--tls-ca ca.pem')],
  },
};
