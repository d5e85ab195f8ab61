import type { Result, StrategyResult } from '../../harness/documents/result.ts';
import { ENVIRONMENTS, type Environment, type Property } from '../../strategies/contract.ts';
import { grouped, list, ordersText, plural } from '../view/figures.ts';
import { allInterleavings, allStates, environmentsTried, partsOf } from '../view/view.ts';
import { BY_GRAVITY, EFFECTS } from '../view/words.ts';
import {
  anchorOf,
  blame,
  breaks,
  holdsIn,
  judged,
  namesWith,
  notMeasured,
  partsWith,
  shareBreaking,
  shareOf,
  told,
  triedIn,
  undecided,
  unjudged,
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
      `${shareBreaking(result, 'oversell')} sold more than there was${most > 0 ? `, by up to ${plural(most, 'unit')} in one sale` : ''}.`,
      `The run covers ${orders}, and ${plural(histories, 'large sale')}, controls included.`,
    ],
    details: [told('Oversold', blame(result, 'oversell')), ...undecided(result, 'oversell')],
    measured: 'yes',
    anchor: 'matrix',
  };
}

/** In which the server loses data that it had: no code can be sound there. */
const LOSSY = ['eviction', 'restart-without-aof', 'failover'] as const satisfies readonly Environment[];

const count = (number: number): string => (number === 0 ? 'none' : grouped(number));

const neverBreak = (result: Result, property: Property): string =>
  list(
    judged(result)
      .filter((one) => !breaks(one, property))
      .map(({ name }) => name),
    20,
  );

export function undersold(result: Result): Question {
  const lossy = LOSSY.filter((one) => environmentsTried(result).includes(one));
  const others = environmentsTried(result).filter((one) => !LOSSY.some((other) => other === one));
  const elsewhere = (property: Property): string =>
    lossy.length === 0 || others.length === 0
      ? ''
      : `, ${count(judged(result).filter((one) => breaks(one, property, others)).length)} of them even where the server loses no data`;
  return {
    question: 'Was less sold than there was: units stranded, or buyers refused wrongly?',
    answer: [
      `${shareBreaking(result, 'stranded')} strand units somewhere${elsewhere('stranded')}.`,
      `${shareBreaking(result, 'false-refusal')} refuse a buyer wrongly somewhere${elsewhere('false-refusal')}.`,
    ],
    details: [
      told('Never refuse wrongly', neverBreak(result, 'false-refusal')),
      told('Never strand', neverBreak(result, 'stranded')),
      told('Stranded', blame(result, 'stranded')),
      told('Refused wrongly', blame(result, 'false-refusal')),
      ...undecided(result, 'stranded'),
      ...undecided(result, 'false-refusal'),
    ],
    measured: 'yes',
    anchor: 'matrix',
  };
}

/** Of whom nothing was run somewhere, that is not asked. */
const OFFERING = 'that were run there';

export function crashed(result: Result): Question {
  const question = 'What if the process dies between taking the stock and placing the order?';
  if (!environmentsTried(result).includes('buyer-crash')) return notMeasured(question);
  const effects = BY_GRAVITY.flatMap((property) => {
    const names = namesWith(result, property, ['buyer-crash']);
    return names.length === 0 ? [] : [told(EFFECTS[property], list(names, 30))];
  });
  const sound = judged(result).filter((strategy) => holdsIn(strategy, 'buyer-crash'));
  const tried = triedIn('buyer-crash');
  const otherwise = judged(result).filter(
    (one) => isWrong(one, 'buyer-crash') && !breaks(one, 'stranded', ['buyer-crash']),
  );
  const rest =
    otherwise.length === 0
      ? ''
      : `, and ${otherwise.length} ${otherwise.length === 1 ? 'breaks' : 'break'} another one (${list(otherwise.map(({ name }) => name))})`;
  return {
    question,
    answer: [
      `${shareBreaking(result, 'stranded', ['buyer-crash'])} leave units with nobody.`,
      `${shareOf(result, (one) => holdsIn(one, 'buyer-crash'), tried, OFFERING)} keep every property${rest}.`,
    ],
    details: [
      ...effects,
      told(
        'everything holds',
        list(
          sound.map(({ name }) => name),
          30,
        ),
      ),
    ],
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
      `Two by ${shareBreaking(result, 'double-sale', environments)}, one by ${shareOf(result, takesOne)}, in ${list(environments)} together.`,
      `${shareBreaking(result, 'stranded', environments)} can take a unit that nobody then holds.`,
    ],
    details: [
      told(
        'Two',
        list(
          judged(result)
            .filter(takesTwo)
            .map(({ name }) => name),
          30,
        ),
      ),
      told(
        'One',
        list(
          judged(result)
            .filter(takesOne)
            .map(({ name }) => name),
          30,
        ),
      ),
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
      `in ${environment} by ${shareBreaking(result, 'lost-sale', [environment])}${worstLoss(result, environment)}`,
  );
  return {
    question,
    answer: [
      `Sales are lost ${list(counts)}.`,
      hasFailover ? waiting(result) : 'Failover, and WAIT in it: not run.',
    ],
    details: tried.flatMap((environment) => [
      told(`Lost in ${environment}`, list(namesWith(result, 'lost-sale', [environment]), 30)),
      ...unjudged(result, 'lost-sale', {
        why: `Cannot be judged in ${environment}, as they keep no ledger`,
        within: [environment],
      }),
    ]),
    measured: hasFailover ? 'yes' : 'partly',
    anchor: anchorOf(hasFailover ? 'failover' : first),
  };
}

/** Of the small sales that show it, the one in which most was lost: ", up to 1 of 1". */
function worstLoss(result: Result, environment: Environment): string {
  const losses = judged(result).flatMap((strategy) =>
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
function waiting(result: Result): string {
  const [those, others] = [true, false].map((does) => ({
    ...result,
    strategies: result.strategies.filter((strategy) => waits(strategy) === does),
  })) as [Result, Result];
  return `At a failover sales are lost with WAIT by ${shareBreaking(those, 'lost-sale', ['failover'])}, and without it by ${shareBreaking(others, 'lost-sale', ['failover'])}.`;
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
        ? list(
            judged(result)
              .filter((one) => isWrong(one, environment))
              .map(({ name }) => name),
            30,
          )
        : 'not run',
    );
  const wrongIn = (what: string, environment: Environment): string =>
    tried.includes(environment)
      ? `${what} with ${shareOf(result, (one) => isWrong(one, environment), triedIn(environment), OFFERING)}`
      : `${what}: not run`;
  const [several, releases] = [tried.includes('several-units'), tried.includes('release-restock')];
  return {
    question,
    answer: [
      `A limit per user is broken by ${shareBreaking(result, 'user-limit')}.`,
      `${wrongIn('Several units at once go wrong', 'several-units')}; ${wrongIn('release and restock', 'release-restock')}.`,
    ],
    details: [
      wrong('several-units'),
      told('Limit per user broken', blame(result, 'user-limit')),
      ...unjudged(result, 'user-limit', { why: 'Offer no limit per user' }),
      wrong('release-restock'),
    ],
    measured: several && releases ? 'yes' : several || releases ? 'partly' : 'no',
    anchor: several ? anchorOf('several-units') : 'matrix',
  };
}
