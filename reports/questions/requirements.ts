import type { Result, StrategyResult } from '../../harness/documents/result.ts';
import type { Environment, Property } from '../../strategies/contract.ts';
import { list } from '../view/figures.ts';
import { safestOf } from '../view/safety.ts';
import { partsOf } from '../view/view.ts';
import { notMeasured, told, type Question, type Told } from './question.ts';

/** What the strategy declares there: of the run's cells, in which its declaration is kept. */
const declares = (
  strategy: StrategyResult,
  what: 'holds' | 'breaks',
  environment: Environment,
  properties?: readonly Property[],
): boolean =>
  partsOf(strategy)
    .filter((part) => part.environment === environment)
    .some((part) =>
      Object.entries(part.properties).some(
        ([property, { declared }]) =>
          declared === what && (properties?.some((one) => one === property) ?? true),
      ),
    );

/** What somebody has to see to who runs it, as a consequence of what is declared. */
interface Condition {
  label: string;
  /** As a sentence goes on after "needs". */
  needs: string;
  of: (strategy: StrategyResult) => boolean;
}

const CONDITIONS: readonly Condition[] = [
  {
    label: 'A server that evicts nothing (maxmemory-policy noeviction)',
    needs: 'maxmemory-policy noeviction',
    of: (strategy) => declares(strategy, 'breaks', 'eviction'),
  },
  {
    label: 'Persistence (appendonly yes, appendfsync always)',
    needs: 'an append-only file (appendfsync always)',
    of: (strategy) =>
      declares(strategy, 'breaks', 'restart-without-aof', ['oversell', 'lost-sale', 'stranded']),
  },
  {
    label: 'No failover that loses acknowledged writes',
    needs: 'a replica that has every write before it takes over',
    of: (strategy) => declares(strategy, 'breaks', 'failover'),
  },
  {
    label: 'The same requestId on every repeat of a purchase',
    needs: 'the same requestId on every repeat',
    of: (strategy) => declares(strategy, 'holds', 'retry', ['double-sale']),
  },
  {
    label:
      'No EXEC that the client sends again (autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0), which you have to set',
    needs: 'a client that never sends EXEC again (autoResendUnfulfilledCommands: false)',
    of: (strategy) =>
      strategy.requires?.connection === 'exclusive' &&
      declares(strategy, 'breaks', 'lost-reply', ['oversell']),
  },
];

export function requirements(result: Result): Question {
  const question = 'What must be true: server, client options, connections, scripts?';
  const { strategies, machine } = result;
  const declared = strategies.filter(({ requires, control }) => requires && !control);
  if (declared.length === 0) return notMeasured(question, 'requirements');
  const namesOf = (test: (strategy: StrategyResult) => boolean): string =>
    list(
      declared.filter(test).map(({ name }) => name),
      30,
    );
  const skipped = strategies.filter((one) => one.skipped !== undefined).map(({ name }) => name);
  const details: Told[] = [
    ...CONDITIONS.map(({ label, of }) => told(label, namesOf(of))),
    told(
      'Client options that they set themselves',
      namesOf(({ requires }) => requires!.client.length > 0),
    ),
    told(
      'A connection for each purchase',
      namesOf(({ requires }) => requires!.connection === 'exclusive'),
    ),
    told(
      'Measured with',
      `${machine.redis}${skipped.length === 0 ? '' : `, which cannot run ${list(skipped)}`}`,
    ),
  ];
  return { question, answer: advice(result), details, measured: 'yes', anchor: 'requirements' };
}

/** For those that hold most. */
function advice(result: Result): string[] {
  const safest = safestOf(result);
  const chosen = (safest?.strategies ?? []).filter(({ requires }) => requires);
  const needs = CONDITIONS.filter(({ of }) => chosen.some(of)).map((one) => one.needs);
  const options = [...new Set(chosen.flatMap(({ requires }) => requires!.client))];
  const isExclusive = chosen.some(({ requires }) => requires!.connection === 'exclusive');
  if (chosen.length === 0) return ['Nothing is declared of what holds.'];
  const which = chosen.length === 1 ? `${chosen[0]!.name} needs` : 'Those that hold most need';
  return [
    `${which} ${needs.length === 0 ? 'nothing of the server' : list(needs)}.`,
    `${options.length === 0 ? 'The client’s default options are enough' : `Client options: ${options.join(', ')}`}; ${isExclusive ? 'some take a connection for each purchase' : 'purchases may share a connection'}.`,
  ];
}
