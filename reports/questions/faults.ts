import type { Result, StrategyResult } from '../../harness/documents/result.ts';
import { ENVIRONMENTS, type Environment } from '../../strategies/contract.ts';
import { list, ordersText, plural } from '../view/figures.ts';
import { allInterleavings, allStates, environmentsTried, partsOf } from '../view/view.ts';
import { BY_GRAVITY, EFFECTS } from '../view/words.ts';
import {
  anchorOf,
  blame,
  breaks,
  holdsIn,
  namesWith,
  notMeasured,
  partsWith,
  shareOf,
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
  const orders = ordersText(allInterleavings(result), allStates(result));
  return {
    question: 'Was more sold than there was, by how much, and over how many histories?',
    answer: [
      `${shareOf(result, (one) => breaks(one, 'oversell'))} sold more than there was${most > 0 ? `; controls included, by up to ${plural(most, 'unit')} in one large sale` : ''}.`,
      `Looked at were ${orders}, and ${plural(histories, 'large sale')}.`,
    ],
    details: [told('Oversold', blame(result, 'oversell')), ...undecided(result, 'oversell')],
    measured: 'yes',
    anchor: 'matrix',
  };
}

export function undersold(result: Result): Question {
  return {
    question: 'Was less sold than there was: units stranded, or buyers refused wrongly?',
    answer: [
      `${shareOf(result, (one) => breaks(one, 'stranded'))} strand units somewhere.`,
      `${shareOf(result, (one) => breaks(one, 'false-refusal'))} refuse a buyer wrongly.`,
    ],
    details: [
      told('Stranded', blame(result, 'stranded')),
      told('Refused wrongly', blame(result, 'false-refusal')),
      ...undecided(result, 'stranded'),
      ...undecided(result, 'false-refusal'),
    ],
    measured: 'yes',
    anchor: 'matrix',
  };
}

export function crashed(result: Result): Question {
  const question = 'What if the process dies between taking the stock and placing the order?';
  if (!environmentsTried(result).includes('buyer-crash')) return notMeasured(question);
  const effects = BY_GRAVITY.flatMap((property) => {
    const names = namesWith(result, property, ['buyer-crash']);
    return names.length === 0 ? [] : [told(EFFECTS[property], list(names))];
  });
  const sound = result.strategies.filter((strategy) => holdsIn(strategy, 'buyer-crash'));
  return {
    question,
    answer: [
      `${shareOf(result, (one) => breaks(one, 'stranded', ['buyer-crash']))} leave units with nobody.`,
      `${shareOf(result, (one) => holdsIn(one, 'buyer-crash'))} keep every property.`,
    ],
    details: [...effects, told('everything holds', list(sound.map(({ name }) => name)))],
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
  const takesOne = (strategy: StrategyResult): boolean => {
    const parts = partsOf(strategy).filter(({ environment }) => environments.includes(environment));
    return parts.length > 0 && parts.every(({ properties }) => properties['double-sale'].verdict === 'holds');
  };
  const takesTwo = (strategy: StrategyResult): boolean => breaks(strategy, 'double-sale', environments);
  return {
    question,
    answer: [
      `Two by ${shareOf(result, takesTwo)}, one by ${shareOf(result, takesOne)}.`,
      `${shareOf(result, (one) => breaks(one, 'stranded', environments))} can take a unit that nobody then holds.`,
    ],
    details: [
      told('Two', list(result.strategies.filter(takesTwo).map(({ name }) => name))),
      told('One', list(result.strategies.filter(takesOne).map(({ name }) => name))),
      told('Taken, and nobody holds it', blame(result, 'stranded', environments)),
      told('Sold without being taken', blame(result, 'oversell', environments)),
      ...undecided(result, 'double-sale'),
    ],
    measured: 'yes',
    anchor: anchorOf(environments[0]!),
  };
}

/** In which acknowledged sales can be lost. */
const LOSING = ['restart', 'restart-without-aof', 'failover'] as const satisfies readonly Environment[];

export function serverLost(result: Result): Question {
  const question =
    'How many acknowledged sales are lost when the server restarts or fails over, with and without WAIT?';
  const tried = LOSING.filter((one) => environmentsTried(result).includes(one));
  const [first] = tried;
  if (first === undefined) return notMeasured(question);
  const hasFailover = tried.includes('failover');
  const counts = tried.map(
    (environment) =>
      `in ${environment} by ${shareOf(result, (one) => breaks(one, 'lost-sale', [environment]))}${worstLoss(result, environment)}`,
  );
  return {
    question,
    answer: [
      `Sales are lost ${list(counts)}.`,
      hasFailover ? waiting(result) : 'Failover, and WAIT in it: not run.',
    ],
    details: tried.map((environment) =>
      told(`Lost in ${environment}`, list(namesWith(result, 'lost-sale', [environment]), 30)),
    ),
    measured: hasFailover ? 'yes' : 'partly',
    anchor: anchorOf(hasFailover ? 'failover' : first),
  };
}

/** Of the small sales that show it, the one in which most was lost: ", up to 1 of 1". */
function worstLoss({ strategies }: Result, environment: Environment): string {
  const losses = strategies.flatMap((strategy) =>
    partsOf(strategy)
      .filter((part) => part.environment === environment)
      .flatMap(({ properties }) => properties['lost-sale'].evidence)
      .flatMap(({ counterexample }) => {
        const rest = counterexample?.atRest;
        if (!rest) return [];
        const answers = counterexample.steps.flatMap((step) => step.answers ?? []);
        const acknowledged = answers.filter((answer) => answer.endsWith('sold')).length;
        const kept = rest.recorded?.length ?? counterexample.scope.stock - rest.drained;
        return acknowledged > kept ? [{ lost: acknowledged - kept, acknowledged }] : [];
      }),
  );
  const [worst] = losses.toSorted((a, b) => b.lost - a.lost);
  return worst ? ` (up to ${worst.lost} of ${worst.acknowledged} in one small sale)` : '';
}

/** Strategies say in their summary which commands they send. */
const waits = ({ summary }: StrategyResult): boolean => /\bWAIT\b/.test(summary);
const loses = (strategy: StrategyResult): boolean => breaks(strategy, 'lost-sale', ['failover']);

function waiting(result: Result): string {
  const [those, others] = [true, false].map((does) => ({
    ...result,
    strategies: result.strategies.filter((strategy) => waits(strategy) === does),
  })) as [Result, Result];
  return `At a failover ${shareOf(those, loses)} that send WAIT lose sales, and ${shareOf(others, loses)} that do not.`;
}

const isWrong = (strategy: StrategyResult, environment: Environment): boolean =>
  partsOf(strategy).some((part) => part.environment === environment) && !holdsIn(strategy, environment);

export function rules(result: Result): Question {
  const question = 'Are a limit per user, several units at once, release and restock right?';
  const tried = environmentsTried(result);
  const wrong = (environment: Environment): Told =>
    told(
      `Wrong in ${environment}`,
      tried.includes(environment)
        ? list(result.strategies.filter((one) => isWrong(one, environment)).map(({ name }) => name))
        : 'not run',
    );
  const count = (what: string, environment: Environment): string =>
    tried.includes(environment)
      ? `${what} with ${shareOf(result, (one) => isWrong(one, environment))}`
      : `${what}: not run`;
  const [several, releases] = [tried.includes('several-units'), tried.includes('release-restock')];
  return {
    question,
    answer: [
      `A limit per user is broken by ${shareOf(result, (one) => breaks(one, 'user-limit'))}.`,
      `${count('Several units at once go wrong', 'several-units')}; ${count('release and restock', 'release-restock')}.`,
    ],
    details: [
      wrong('several-units'),
      told('Limit per user broken', blame(result, 'user-limit')),
      wrong('release-restock'),
    ],
    measured: several && releases ? 'yes' : several || releases ? 'partly' : 'no',
    anchor: several ? anchorOf('several-units') : 'matrix',
  };
}
