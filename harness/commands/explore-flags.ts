import { Option } from 'commander';
import { PROPERTIES, type Property } from '../../strategies/contract.ts';
import { faultsInWords } from '../documents/fault-events.ts';
import { MOST_ATTEMPTS, MOST_BUYERS, MOST_OF_ONE, MOST_OFFICES, MOST_UNITS } from '../documents/limits.ts';
import { CLIENT_MODES, WORKERS } from '../documents/vocabulary.ts';
import type { TargetOptions } from '../redis/open.ts';
import { junitOption, runsOption, seedOption, whole } from '../terminal/options.ts';
import { luaOptions, type LuaFlags } from './lua-flags.ts';
import type { ScopeFlags } from './scope-flags.ts';

/** What `explore` is typed with. */
export interface ExploreFlags extends TargetOptions, LuaFlags, Omit<ScopeFlags, 'seed'> {
  seed?: number;
  property?: Property;
  maxStates?: number;
  merging: boolean;
  reduction: boolean;
  allowBounded?: true;
  emitTest?: string;
  junit?: string;
  runs: string;
}

/** The scope's own check tells what is too much, with what to give instead. */
const limited = (flags: string, text: string, least: number, most: number): Option =>
  whole(flags, `${text} (${least} to ${most})`, least);

export const exploreOptions: readonly Option[] = [
  ...luaOptions,
  limited('--buyers <n>', 'buyers; each makes one purchase', 1, MOST_BUYERS).default(3),
  limited('--stock <n>', 'units on sale', 0, MOST_UNITS).default(2),
  new Option('--quantities <list>', 'units per purchase, in turn: 2,1 stands for 2, 1, 2, …').default('1'),
  whole('--users <n>', 'users, to whom the buyers belong in turn (default: one per buyer)', 1),
  whole('--per-user-limit <n>', 'the most units that one user may hold (default: no limit)', 1),
  limited('--attempts <n>', 'attempts that a retrying purchase may make', 1, MOST_ATTEMPTS).default(3),
  whole('--instances <n>', 'application processes, to which buyers go in turn (default: one per buyer)', 1),
  new Option(
    '--client <mode>',
    'when a connection breaks, ioredis sends what is unanswered again (default), waits without sending it again (no-resend), or rejects it (no-retry)',
  )
    .choices(CLIENT_MODES)
    .default('default'),
  new Option(
    '--faults <list>',
    `how often each fault may happen, at most ${MOST_OF_ONE} times, as crash=1,lost-reply=1. Faults: ${faultsInWords()}`,
  ).default('', 'none'),
  limited('--releases <n>', 'how many sold requests may be released', 0, MOST_OF_ONE).default(0),
  limited('--restocks <n>', 'how many times one unit may be restocked', 0, MOST_OF_ONE).default(0),
  limited(
    '--jobs <n>',
    'how many passes of background work may run between the purchases',
    0,
    MOST_OF_ONE,
  ).default(0),
  whole(
    '--confirms <n>',
    'how many times buyers may confirm, where the strategy has confirm() (default: once each, and one of them twice)',
    1,
  ),
  limited(
    '--offices <n>',
    'how many processes do background work and nothing else (default: 1)',
    1,
    MOST_OFFICES,
  ),
  new Option('--workers <who>', 'whether only those do background work, or buyers’ processes, too')
    .choices(WORKERS)
    .default('everywhere'),
  new Option('--property <name>', 'judge only this property, and stop when it is violated').choices(
    PROPERTIES,
  ),
  whole('--max-states <n>', 'stop after this many states, and sample the rest (default: 20000000)', 1),
  new Option('--no-merging', 'walk every path on its own, even to a state that was visited'),
  new Option('--no-reduction', 'run every interleaving over real sockets and reduce nothing; this is slow'),
  new Option('--emit-test <file>', 'write the first counterexample as a vitest test'),
  junitOption(),
  new Option('--allow-bounded', 'exit 0 even if not every interleaving was covered'),
  seedOption(),
  runsOption('create the folder of the counterexamples in here'),
];
