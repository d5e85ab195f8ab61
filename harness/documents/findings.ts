import { MEASURED } from './environments.ts';
import type { Cell, Finding, Result, StrategyResult } from './result.ts';
import type { OverallVerdict } from './vocabulary.ts';

/**
 * What keeps a run from passing: a violation that was not declared, a control that was not caught, a `holds` that could
 * not be decided, a declared `breaks` that no interleaving shows. One that a sample did not show is none.
 *
 * @param discover what is not declared is found out; else it has to hold, like what is declared to
 */
export function findings(strategies: readonly StrategyResult[], discover = false): Finding[] {
  return strategies.flatMap((strategy) => [
    ...cells(strategy, discover),
    ...unshown(strategy),
    ...costs(strategy, discover),
    ...control(strategy),
  ]);
}

/** A weakness that is declared, and of which every interleaving shows nothing: the declaration is wrong. */
function* unshown({ name, explored }: StrategyResult): Generator<Finding> {
  for (const { environment, coverage, properties } of explored) {
    for (const [property, { verdict, declared }] of entries(properties)) {
      if (declared !== 'breaks' || verdict === 'violated' || coverage !== 'exhausted') continue;
      const message = `${property} is declared to break, and no interleaving breaks it: fix the declaration`;
      yield { kind: 'weakness-not-shown', strategy: name, environment, property, message };
    }
  }
}

function* cells({ name, explored, environments }: StrategyResult, discover: boolean): Generator<Finding> {
  for (const { environment, properties } of [...explored, ...environments]) {
    for (const [property, { verdict, declared, evidence }] of entries(properties)) {
      const kind = kindOf(verdict, declared ?? (discover ? undefined : 'holds'));
      const why = evidence[0]?.message ?? 'no evidence was given';
      if (kind)
        yield { kind, strategy: name, environment, property, message: `${property} is ${verdict}: ${why}` };
    }
  }
}

/** The sales that were measured are judged, too, as those of their environment. */
function* costs({ name, environments, cost }: StrategyResult, discover: boolean): Generator<Finding> {
  const alike = environments.find(({ environment }) => environment === MEASURED);
  if (!cost || !alike) return;
  for (const [property, verdict] of entries(cost.properties)) {
    const { declared } = alike.properties[property];
    const kind = kindOf(verdict, declared ?? (discover ? undefined : 'holds'));
    if (kind)
      yield { kind, strategy: name, property, message: `${property} is ${verdict} in the measured sales` };
  }
}

function kindOf(verdict: Cell['verdict'], declared: Cell['declared']): Finding['kind'] | undefined {
  if (verdict === 'violated' && (declared === 'holds' || declared === 'n/a')) return 'undeclared-violation';
  return verdict === 'inconclusive' && declared === 'holds' ? 'inconclusive' : undefined;
}

/** A control that shows none of its declared weaknesses means that the tool, not the control, is to be doubted. */
function* control(strategy: StrategyResult): Generator<Finding> {
  const run = strategy.environments.length + strategy.explored.length > 0;
  if (!strategy.control || !run || showsDeclared(strategy)) return;
  yield {
    kind: 'control-not-caught',
    strategy: strategy.name,
    message: `${strategy.name} is known to be wrong, and nothing was found: do not trust this run`,
  };
}

/** Whether some weakness that the strategy declares was seen. */
export function showsDeclared({ explored, environments }: StrategyResult): boolean {
  return [...explored, ...environments].some(({ properties }) =>
    Object.values(properties).some(
      ({ verdict, declared }) => verdict === 'violated' && declared === 'breaks',
    ),
  );
}

/** `violated` if a property is that should hold, or a control got away; `inconclusive` if something is open. */
export function overallVerdictOf({ findings: found }: Result): OverallVerdict {
  if (found.some(({ kind }) => kind !== 'inconclusive')) return 'violated';
  return found.length > 0 ? 'inconclusive' : 'holds';
}

const entries = <K extends string, V>(record: Record<K, V>): [K, V][] => Object.entries(record) as [K, V][];
