import type { Result, StrategyResult } from '../../harness/documents/result.ts';
import { grouped, known, list, ms, perSale, plural } from '../view/figures.ts';
import { bySpeed } from '../view/safety.ts';
import { notMeasured, told, type Question, type Told } from './question.ts';

/** What it costs, and what it needs. */

export function speed(result: Result): Question {
  const question = 'How many sales a second, and how long does a buyer wait, while units last and after?';
  const [fastest] = bySpeed(result.strategies);
  if (!fastest) return notMeasured(question, 'cost');
  const { cost, course } = fastest;
  const { machine, session } = result;
  return {
    question,
    answer: [
      told(
        'While units last',
        `at most ${known(cost!.salesPerSecond.median, grouped)} sales/s (${fastest.name}), response p99 ` +
          `${known(cost!.responseMs.p99, ms)} ms, ${cost!.inFlight} in flight`,
      ),
      told(
        'After',
        course
          ? `${known(course.refusalsPerSecond, grouped)} refusals/s, p99 ${known(course.drainResponseMs.p99, ms)} ms`
          : 'not measured in this profile',
      ),
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

const said = ({ name, cost }: StrategyResult): string => `${known(cost!.commandsPerSale, perSale)} (${name})`;

export function price(result: Result): Question {
  const question =
    'What does a winner cost, in round trips, commands, conflicts and buyers who give up; who starves?';
  const sold = result.strategies.flatMap((strategy) =>
    strategy.cost?.verdict === 'holds' && strategy.cost.commandsPerSale !== null ? [strategy] : [],
  );
  if (sold.length === 0) return notMeasured(question, 'cost');
  const byCommands = sold.toSorted((a, b) => a.cost!.commandsPerSale! - b.cost!.commandsPerSale!);
  const retrying = sold.filter(({ cost }) => (cost!.retriesPerSale ?? 0) >= 0.005);
  const gaveUp = sold.filter(({ cost }) => cost!.gaveUp > 0);
  return {
    question,
    answer: [
      told('Commands per sale', `${said(byCommands[0]!)} to ${said(byCommands.at(-1)!)}`),
      told(
        'Retries per sale',
        list(retrying.map(({ name, cost }) => `${perSale(cost!.retriesPerSale!)} (${name})`)),
      ),
      told('Gave up', list(gaveUp.map(({ name, cost }) => `${plural(cost!.gaveUp, 'buyer')} of ${name}`))),
      ...starving(sold),
    ],
    measured: 'yes',
    anchor: 'price',
  };
}

/** From this multiple of the median on, one buyer in a thousand waits for what others get at once. */
const STARVING = 100;

function starving(strategies: readonly StrategyResult[]): Told[] {
  const worst = strategies
    .flatMap(({ name, cost }) => {
      const { p50, p999 } = cost!.responseMs;
      return p50 === null || p999 === null ? [] : [{ name, times: p999 / p50 }];
    })
    .toSorted((a, b) => b.times - a.times)[0];
  if (!worst) return [];
  const waits = `one buyer in a thousand waits ${grouped(worst.times)} times the median or longer`;
  return [
    told('Starves', worst.times < STARVING ? `nobody: ${waits} (${worst.name})` : `${worst.name}: ${waits}`),
  ];
}

export function cluster({ session, strategies }: Result): Question {
  const question = 'Is it safe in a cluster, and where is the ceiling of one hot key?';
  const made = strategies.filter(({ requires }) => requires?.supports.includes('cluster'));
  const decr = session?.ceiling.find(({ command, pipeline }) => command === 'DECR' && pipeline === 1);
  const claims = made.length === 0 ? '' : `; made for one: ${list(made.map(({ name }) => name))}`;
  return {
    question,
    answer: [
      told('Cluster', `not measured yet${claims}`),
      told(
        'One key',
        decr
          ? `${known(decr.opsPerSecond, grouped)} DECR/s by ${decr.tool}, ${decr.inFlight} clients, no pipelines`
          : 'not measured in this profile',
      ),
    ],
    measured: decr ? 'partly' : 'no',
    anchor: decr ? 'ceiling' : 'guarantees',
  };
}

export function requirements({ strategies, machine }: Result): Question {
  const question = 'What must be true: server, client options, connections, scripts?';
  const declared = strategies.filter(({ requires }) => requires);
  if (declared.length === 0) return notMeasured(question, 'requirements');
  const exclusive = declared
    .filter(({ requires }) => requires!.connection === 'exclusive')
    .map(({ name }) => name);
  const options = declared.filter(({ requires }) => requires!.client.length > 0).map(({ name }) => name);
  const skipped = strategies.filter((one) => one.skipped !== undefined).map(({ name }) => name);
  return {
    question,
    answer: [
      told('A connection for each purchase', list(exclusive)),
      told('Client options', list(options)),
      told(
        'Measured with',
        `${machine.redis}${skipped.length === 0 ? '' : `, which cannot run ${list(skipped)}`}`,
      ),
    ],
    measured: 'yes',
    anchor: 'requirements',
  };
}
