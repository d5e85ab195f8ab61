import type { Coverage, Verdict } from '../../harness/documents/vocabulary.ts';
import { PROPERTIES, type Environment, type Guarantee, type Property } from '../../strategies/contract.ts';

/** What was found in one environment; an Exploration's properties fit. */
export interface Discovery {
  environment: Environment;
  properties: Readonly<Record<Property, { verdict: Verdict; coverage: Coverage }>>;
}

/**
 * What a strategy without `guarantees` turned out to do, as a property of it that can be pasted as it is. A cell that
 * is not known for sure is left out: undeclared.
 */
export function declaration(discoveries: readonly Discovery[]): string {
  const rows = PROPERTIES.flatMap((property) => {
    const cells = discoveries.flatMap(({ environment, properties }) => {
      const guarantee = guaranteeOf(properties[property]);
      return guarantee === undefined ? [] : [`${quoted(environment)}: '${guarantee}'`];
    });
    return cells.length === 0 ? [] : [`  ${quoted(property)}: { ${cells.join(', ')} },`];
  });
  return ['guarantees: {', ...rows, '},'].join('\n');
}

/** One counterexample is enough to know; only all interleavings are enough to know that there is none. */
function guaranteeOf({ verdict, coverage }: { verdict: Verdict; coverage: Coverage }): Guarantee | undefined {
  if (verdict === 'violated') return 'breaks';
  if (verdict === 'n/a') return verdict;
  return verdict === 'holds' && coverage === 'exhausted' ? verdict : undefined;
}

const quoted = (name: string): string => (/^\w+$/.test(name) ? name : `'${name}'`);
