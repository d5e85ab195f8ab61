import type { Result } from '../../harness/documents/result.ts';
import { ENVIRONMENTS, type Environment } from '../../strategies/contract.ts';
import { interleavingsText, list, plural } from '../view/figures.ts';
import { allInterleavings, environmentsTried, partsOf } from '../view/view.ts';
import { BY_GRAVITY, EFFECTS } from '../view/words.ts';
import {
  blame,
  holdsIn,
  namesWith,
  notMeasured,
  partsWith,
  anchorOf,
  told,
  undecided,
  type Question,
  type Told,
} from './question.ts';

/** What can go wrong with the units. */

export function oversold(result: Result): Question {
  const units = partsWith(result, 'oversell').flatMap(({ properties }) =>
    properties.oversell.evidence.map((evidence) => evidence.units ?? 0),
  );
  const most = Math.max(0, ...units);
  const sales = result.strategies.flatMap(({ environments }) => environments);
  const histories = sales.reduce((sum, one) => sum + one.histories, 0);
  return {
    question: 'Was more sold than there was, by how much, and over how many histories?',
    answer: [
      told('Oversold', blame(result, 'oversell')),
      ...(most > 0 ? [told('At worst', `by ${plural(most, 'unit')} in one large sale`)] : []),
      told(
        'Looked at',
        `${interleavingsText(allInterleavings(result))} interleavings and ${plural(histories, 'large sale')}`,
      ),
      ...undecided(result, 'oversell'),
    ],
    measured: 'yes',
    anchor: 'guarantees',
  };
}

export function undersold(result: Result): Question {
  return {
    question: 'Was less sold than there was: units stranded, or buyers refused wrongly?',
    answer: [
      told('Stranded', blame(result, 'stranded')),
      told('Refused wrongly', blame(result, 'false-refusal')),
      ...undecided(result, 'stranded'),
      ...undecided(result, 'false-refusal'),
    ],
    measured: 'yes',
    anchor: 'guarantees',
  };
}

export function crashed(result: Result): Question {
  const question = 'What if the process dies between taking the stock and placing the order?';
  if (!environmentsTried(result).includes('buyer-crash')) return notMeasured(question);
  const effects = BY_GRAVITY.flatMap((property) => {
    const names = namesWith(result, property, ['buyer-crash']);
    return names.length === 0 ? [] : [told(EFFECTS[property], list(names))];
  });
  const sound = result.strategies
    .filter((strategy) => holdsIn(strategy, 'buyer-crash'))
    .map(({ name }) => name);
  return {
    question,
    answer: [...effects, told('everything holds', list(sound))],
    measured: 'yes',
    anchor: anchorOf('buyer-crash'),
  };
}

export function replyLost(result: Result): Question {
  const question = 'A reply is lost and the purchase tried again: are 0, 1 or 2 units taken?';
  const environments = ENVIRONMENTS.filter(
    (one) => (one === 'lost-reply' || one === 'retry') && environmentsTried(result).includes(one),
  );
  if (environments.length === 0) return notMeasured(question);
  const twice = namesWith(result, 'double-sale', environments);
  const once = result.strategies.filter((strategy) => {
    const parts = partsOf(strategy).filter(({ environment }) => environments.includes(environment));
    return parts.length > 0 && parts.every(({ properties }) => properties['double-sale'].verdict === 'holds');
  });
  return {
    question,
    answer: [
      told('Two', list(twice)),
      told('One', list(once.map(({ name }) => name))),
      told('Taken, and nobody holds it', blame(result, 'stranded', environments)),
      told('Sold without being taken', blame(result, 'oversell', environments)),
      ...undecided(result, 'double-sale'),
    ],
    measured: 'yes',
    anchor: anchorOf(environments[0]!),
  };
}

export function serverLost(result: Result): Question {
  const question =
    'How many acknowledged sales are lost when the server restarts or fails over, with and without WAIT?';
  const restarts = (['restart', 'restart-without-aof'] as const).filter((one) =>
    environmentsTried(result).includes(one),
  );
  const failover = environmentsTried(result).includes('failover');
  if (restarts.length === 0 && !failover) return notMeasured(question);
  const said = restarts.map((environment) => {
    const lost = namesWith(result, 'lost-sale', [environment]);
    return told(`Lost in ${environment}`, list(lost));
  });
  return {
    question,
    answer: failover
      ? [...said, told('Lost in failover', list(namesWith(result, 'lost-sale', ['failover'])))]
      : [...said, told('Failover, and WAIT in it', 'not measured yet')],
    measured: failover ? 'yes' : 'partly',
    anchor: anchorOf(failover ? 'failover' : restarts[0]!),
  };
}

export function rules(result: Result): Question {
  const question = 'Are a limit per user, several units at once, release and restock right?';
  const tried = environmentsTried(result);
  const wrong = (environment: Environment): Told => {
    const names = result.strategies
      .filter(
        (one) => partsOf(one).some((part) => part.environment === environment) && !holdsIn(one, environment),
      )
      .map(({ name }) => name);
    return tried.includes(environment)
      ? told(`Wrong in ${environment}`, list(names))
      : told(`Wrong in ${environment}`, 'not measured yet');
  };
  const several = tried.includes('several-units');
  const releases = tried.includes('release-restock');
  return {
    question,
    answer: [
      wrong('several-units'),
      told('Limit per user broken', blame(result, 'user-limit')),
      wrong('release-restock'),
    ],
    measured: several && releases ? 'yes' : several || releases ? 'partly' : 'no',
    anchor: several ? anchorOf('several-units') : 'guarantees',
  };
}
