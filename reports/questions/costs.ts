import type { Ceiling } from '../../harness/documents/figures.ts';
import type { Result, StrategyResult } from '../../harness/documents/result.ts';
import { grouped, known, list, ms, perSale, plural, strategiesText } from '../view/figures.ts';
import { bySpeed, safestOf } from '../view/safety.ts';
import { breaks, judged, notMeasured, told, type Question, type Told } from './question.ts';

/** What it costs. */

export function speed(result: Result): Question {
  const question = 'How many sales a second, and how long does a buyer wait, while units last and after?';
  const [fastest] = bySpeed(result.strategies);
  if (!fastest) return notMeasured(question, 'cost');
  // Nobody is to take the fastest for the best.
  const chosen = safestOf(result)?.fastest ?? fastest;
  const { cost, course } = chosen;
  const which = chosen === fastest ? 'the fastest' : 'the fastest of those that hold most';
  const beside =
    chosen === fastest
      ? ''
      : `; ${fastest.name} reaches ${known(fastest.cost!.salesPerSecond.median, grouped)}, but holds in fewer environments`;
  const { machine, session } = result;
  return {
    question,
    answer: [
      `While units last, ${chosen.name}, ${which}, makes ${known(cost!.salesPerSecond.median, grouped)} sales/s with a response p99 of ${known(cost!.responseMs.p99, ms)} ms${beside}.`,
      course
        ? `Once all are sold, ${chosen.name} answers ${known(course.refusalsPerSecond, grouped)} refusals/s with a p99 of ${known(course.drainResponseMs.p99, ms)} ms.`
        : 'What comes after the last unit was not measured.',
    ],
    details: [
      told('Load', `closed loop, ${cost!.inFlight} purchases in flight`),
      told(
        'On',
        `${machine.cpus}, ${machine.redis}, Node ${machine.node}` +
          (session ? `, round trip ${session.roundTripMs.toFixed(3)} ms` : ''),
      ),
    ],
    measured: course ? 'yes' : 'partly',
    anchor: 'cost',
  };
}

/** "0.02 (one) to 7.5 (another)" */
function range(
  strategies: readonly StrategyResult[],
  figure: 'commandsPerSale' | 'roundTripsPerSale',
): string {
  const sorted = strategies
    .filter(({ cost }) => cost![figure] !== null)
    .toSorted((a, b) => a.cost![figure]! - b.cost![figure]!);
  const [least, most] = [sorted[0], sorted.at(-1)].map(
    (one) => one && `${perSale(one.cost![figure]!)} (${one.name})`,
  );
  return least === undefined || least === most ? (least ?? '–') : `${least} to ${most}`;
}

export function price(result: Result): Question {
  const question =
    'What does a winner cost, in round trips, commands, conflicts and buyers who give up; who starves?';
  const sold = judged(result).flatMap((strategy) =>
    strategy.cost?.verdict === 'holds' && strategy.cost.commandsPerSale !== null ? [strategy] : [],
  );
  if (sold.length === 0) return notMeasured(question, 'cost');
  const retrying = sold.filter(({ cost }) => (cost!.retriesPerSale ?? 0) >= 0.005);
  const gaveUp = sold.filter(({ cost }) => cost!.gaveUp > 0);
  const explored = judged(result).filter((one) => breaks(one, 'progress'));
  const elsewhere =
    explored.length === 0
      ? ''
      : `, in the small sales of the matrix with ${explored.length} (${list(explored.map(({ name }) => name))})`;
  const [worst, ...others] = starving(sold);
  return {
    question,
    answer: [
      `A sale takes ${range(sold, 'commandsPerSale')} commands and ${range(sold, 'roundTripsPerSale')} round trips; under the measured load buyers gave up with ${gaveUp.length === 0 ? 'none' : gaveUp.length} of ${strategiesText(sold.length)}${elsewhere}.`,
      ...(worst ? [`${worst.text}.`] : []),
    ],
    details: [
      told(
        'Retries per sale',
        list(retrying.map(({ name, cost }) => `${perSale(cost!.retriesPerSale!)} (${name})`)),
      ),
      told('Gave up', list(gaveUp.map(({ name, cost }) => `${plural(cost!.gaveUp, 'buyer')} of ${name}`))),
      ...others,
    ],
    measured: 'yes',
    anchor: 'price',
  };
}

/** From this multiple of the median on, one buyer in a thousand waits for what others get at once. */
const STARVING = 100;

/** Who starves, of those of whom enough purchases were measured to know the slowest in a thousand; then who is not known. */
function starving(strategies: readonly StrategyResult[]): Told[] {
  const [tooFew, enough] = [true, false].map((isFew) =>
    strategies.filter(({ cost }) => (cost!.responseMs.p999 === null) === isFew),
  ) as [StrategyResult[], StrategyResult[]];
  const worst = enough
    .map(({ name, cost }) => ({
      name,
      times: cost!.responseMs.p999! / cost!.responseMs.p50!,
      count: cost!.responseMs.count,
    }))
    .toSorted((a, b) => b.times - a.times)[0];
  const unknown =
    tooFew.length === 0
      ? []
      : [
          told(
            'Too few purchases to tell who starves',
            list(tooFew.map(({ name, cost }) => `${name} (${grouped(cost!.responseMs.count)})`)),
          ),
        ];
  if (!worst)
    return [told('Starves', 'Too few purchases were measured to tell whether anybody starves'), ...unknown];
  const waits = `one buyer in a thousand, of ${grouped(worst.count)}, waits ${grouped(worst.times)} times the median or longer`;
  const text =
    worst.times < STARVING
      ? `Nobody starves${tooFew.length === 0 ? '' : ' of whom enough is known'}: at worst ${waits} (${worst.name})`
      : `With ${worst.name} buyers starve: ${waits}`;
  return [told('Starves', text), ...unknown];
}

export function cluster(result: Result): Question {
  const { session, strategies } = result;
  const question = 'Is it safe in a cluster, and where is the ceiling of one hot key?';
  const made = strategies.filter(({ requires }) => requires?.supports.includes('cluster'));
  const ceilings = (session?.ceiling ?? []).filter(({ command }) => command === 'DECR');
  const plain = ceilings.find(({ pipeline }) => pipeline === 1);
  const piped = ceilings.find(({ pipeline }) => pipeline > 1);
  const batching = judged(result).filter(({ cost }) => {
    const isFaster = (cost?.salesPerSecond.median ?? 0) > (plain?.opsPerSecond ?? Infinity);
    return isFaster && cost!.verdict === 'holds';
  });
  const past =
    batching.length === 0
      ? ''
      : `; ${strategiesText(batching.length)} ${batching.length === 1 ? 'makes' : 'make'} more sales/s than that without pipelining, by sending several purchases in one packet or command`;
  return {
    question,
    answer: [
      'No cluster was run: unverified.',
      plain
        ? `One key takes ${perSecond(plain)} without pipelining${piped ? `, and ${perSecond(piped)} with ${piped.pipeline} in a pipeline` : '; with pipelining it takes more, which was not measured'}${past}.`
        : 'The ceiling of one key was not measured.',
    ],
    details: [
      told('Made for a cluster', list(made.map(({ name }) => name))),
      ...(plain
        ? [
            told(
              'More sales/s than DECR without pipelining',
              list(
                batching.map(({ name }) => name),
                20,
              ),
            ),
          ]
        : []),
    ],
    measured: plain ? 'partly' : 'no',
    anchor: plain ? 'ceiling' : 'matrix',
  };
}

const perSecond = ({ opsPerSecond, command, tool, inFlight }: Ceiling): string =>
  `${known(opsPerSecond, grouped)} ${command}/s (${tool}, ${inFlight} in flight)`;
