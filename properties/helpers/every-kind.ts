import type { CounterexampleStep } from '../../harness/documents/counterexample.ts';
import type { Cell, ExploredResult, Result, StrategyResult } from '../../harness/documents/result.ts';
import { PROPERTIES, type Property } from '../../strategies/contract.ts';
import { measuredResult } from './measured-result.ts';
import { strategyResult } from './results.ts';

/** A made-up result in which every kind of cell, diagram and absence occurs, for those who look at the page itself. */
export function everyKind(): Result {
  const result = measuredResult();
  const each = PROPERTIES.map((property) =>
    strategyResult(
      { [property]: shows(property, MANY_LANES) },
      { name: `breaks-${property}-and-has-a-rather-long-name`, notSupported: ['several-units', 'cancel'] },
    ),
  );
  const undecided = strategyResult(
    {
      oversell: { verdict: 'inconclusive', evidence: [{ message: 'the budget was spent', operations: [] }] },
    },
    { name: 'undecided' },
  );
  const nothing = Object.fromEntries(PROPERTIES.map((property) => [property, { verdict: 'n/a' as const }]));
  const silent = strategyResult(nothing, { name: 'says-nothing' });
  const [fast] = result.strategies.filter(({ name }) => name === 'fast') as [StrategyResult];
  fast.explored.push(alsoIn(fast.explored[1]!));
  return { ...result, strategies: [...result.strategies, ...each, undecided, silent] };
}

/** The same cause with other steps: it is folded behind the first. */
function alsoIn(found: ExploredResult): ExploredResult {
  const { properties } = structuredClone(found);
  const { counterexample } = properties['double-sale'].evidence[0]!;
  counterexample!.steps.push(step('A', 'GET {item}:stock', '0', 0));
  return { ...found, environment: 'retry', properties };
}

const step = (actor: string, command: string, reply: string, stock: number): CounterexampleStep => ({
  actor,
  event: 'execute',
  command: command.split(' '),
  reply,
  stock,
});

/** More lanes than a phone has room for, a server's fault over them all, a late command, and a long script call. */
const MANY_LANES: CounterexampleStep[] = [
  {
    ...step('A', 'WATCH {item}:stock', 'OK', 2),
    source: { file: 'src/shop/checkout/reserve-units.ts', line: 112 },
  },
  step('A', 'GET {item}:stock', '2', 2),
  step(
    'B',
    `EVALSHA 6f4a 4 {item}:stock {item}:holdings {item}:answers {item}:orders request-B user-B 1`,
    'sold',
    1,
  ),
  step('C', 'GET {item}:stock', '1', 1),
  { actor: 'C', event: 'crash', stock: 1, detail: '1 command is still on its way' },
  { actor: 'server', event: 'restart', stock: null },
  { actor: 'A', event: 'deliver', stock: 1 },
  { actor: 'retry', event: 'retry', stock: 1 },
  step('C', 'DECRBY {item}:stock 1', '0', 0),
  { ...step('retry', 'DECRBY {item}:stock 1', '-1', -1), answers: ['sold'] },
  { ...step('office1', 'XRANGE {item}:queue - +', '[]', -1), dirtied: ['A'] },
];

const shows = (property: Property, steps: CounterexampleStep[]): Partial<Cell> => ({
  verdict: 'violated',
  declared: 'breaks',
  evidence: [
    {
      message: 'one unit was sold twice',
      operations: [],
      counterexample: {
        file: `counterexamples/breaks-${property}-and-has-a-rather-long-name-calm-${property}.json`,
        minimal: false,
        scope: { buyers: 3, stock: 2 },
        steps,
        atRest: { expired: ['{item}:lock'], worked: 2, drained: 0, recorded: [] },
      },
    },
  ],
});
