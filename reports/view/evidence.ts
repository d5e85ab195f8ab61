import type { Result, StrategyResult } from '../../harness/documents/result.ts';
import { PROPERTIES, type Environment, type Property } from '../../strategies/contract.ts';
import { partsOf, type CellEvidence } from './view.ts';
import { kindOf, type Kind } from './words.ts';

/** One way in which a strategy breaks, shown once however many environments let it happen. */
export interface Exhibit {
  /** Where in the page it stands. */
  id: string;
  property: Property;
  environments: Environment[];
  kind: Kind;
  evidence: CellEvidence;
}

/** Everything of the run that can be pointed at, with names for the places where it stands. */
export class Exhibits {
  readonly #ids = new Map<StrategyResult, string>();
  readonly #of = new Map<StrategyResult, Exhibit[]>();

  constructor({ strategies }: Result) {
    for (const [i, strategy] of strategies.entries()) {
      const id = `s-${strategy.name.replaceAll(/[^\w-]/g, '_')}`;
      const taken = [...this.#ids.values()].includes(id);
      this.#ids.set(strategy, taken ? `${id}-${i + 1}` : id);
      this.#of.set(strategy, exhibitsOf(strategy, this.idOf(strategy)));
    }
  }

  /** Of the strategy's own part. Fit for an attribute, whatever its name is. */
  idOf = (strategy: StrategyResult): string => this.#ids.get(strategy)!;

  /** Of what the verdicts on it in that environment rest on. */
  rowOf = (strategy: StrategyResult, environment: Environment): string =>
    `${this.idOf(strategy)}--${environment}`;

  of = (strategy: StrategyResult): readonly Exhibit[] => this.#of.get(strategy)!;

  /** What shows the violation of that cell. */
  find(strategy: StrategyResult, environment: Environment, property: Property): Exhibit | undefined {
    return this.of(strategy).find(
      (exhibit) => exhibit.property === property && exhibit.environments.includes(environment),
    );
  }
}

/** An interleaving says more than a sample, so the sample of the same cell is shown only where there is none. */
function exhibitsOf(strategy: StrategyResult, prefix: string): Exhibit[] {
  const exhibits = new Map<string, Exhibit>();
  const shown = new Set<string>();
  for (const { environment, properties } of partsOf(strategy)) {
    for (const property of PROPERTIES) {
      const cell = properties[property];
      const [evidence] = cell.evidence;
      if (cell.verdict !== 'violated' || !evidence || shown.has(`${environment} ${property}`)) continue;
      shown.add(`${environment} ${property}`);
      const { counterexample } = evidence;
      const key = counterexample
        ? `${property} ${JSON.stringify(counterexample.steps)} ${kindOf(cell)}`
        : `${property} ${environment}`;
      const known = exhibits.get(key);
      if (known) known.environments.push(environment);
      else {
        exhibits.set(key, {
          id: `${prefix}--${exhibits.size + 1}`,
          property,
          environments: [environment],
          kind: kindOf(cell),
          evidence,
        });
      }
    }
  }
  return [...exhibits.values()];
}
