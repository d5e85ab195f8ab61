import { environmentRow, EXPLORED } from '../harness/documents/environments.ts';
import { ENVIRONMENTS, PROPERTIES, type Strategy } from '../strategies/contract.ts';
import { CHOOSING } from '../strategies/choosing.ts';
import type { Registration } from '../strategies/registry.ts';

/**
 * strategies/README.md, made of the registry and of what is declared.
 * @throws Error if nothing is said about choosing a strategy that is registered
 */
export function strategiesReadme(registry: readonly Registration[]): string {
  const rows = registry.map(({ strategy, control }) => {
    const { commands, roundTrips } = choosing(strategy);
    const name = `[\`${strategy.name}\`](${strategy.name}.ts)${control ? ' (control)' : ''}`;
    return row([name, commands, roundTrips, strategy.connection, safeIn(strategy), weaknesses(strategy)]);
  });
  const details = registry.flatMap(({ strategy }) => {
    const { choose, mustBeTrue } = choosing(strategy);
    return [
      `**\`${strategy.name}\`** – ${strategy.summary}.`,
      `${choose} It must be true that: ${mustBeTrue}.${needs(strategy)}`,
      '',
    ];
  });
  const environments = ENVIRONMENTS.map((name) => row([`\`${name}\``, environmentRow(name).summary]));
  const unexplored = ENVIRONMENTS.filter((name) => environmentRow(name).scopes.length === 0);
  return `# Strategies

<!-- Generated from the registry, choosing.ts and the declared guarantees: npm run docs -->

Each file is one way of selling limited stock, its Lua beside it. Copy one into any folder and change it; then
\`oversell explore ./yours.ts\`. A copy runs as it is: \`./contract.ts\`, \`./errors.ts\`, \`./keys.ts\`, \`./script.ts\` and
its \`#lua/….lua\` come from this package where the folder has none of that name. To change its Lua, copy that beside it.

A **control** is known to be wrong, and must be caught in every run.

What is declared here is tested both ways: *holds* by running every interleaving of the environment, *breaks* by an
interleaving that shows it. Of ${unexplored.join(' and ')} nothing is verified yet.

| strategy | commands of a purchase | round trips | connection | everything holds in | breaks |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

## Environments

| environment | what happens |
| --- | --- |
${environments.join('\n')}

## When to choose which

${details.join('\n').trimEnd()}
`;
}

function choosing({ name }: Strategy): (typeof CHOOSING)[string] {
  const known = CHOOSING[name];
  if (!known) throw new Error(`strategies/choosing.ts says nothing of ${name}`);
  return known;
}

const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

/** Environments in which each property that says anything is declared to hold. */
function safeIn({ guarantees }: Strategy): string {
  const safe = EXPLORED.filter((environment) => {
    const cells = PROPERTIES.map((property) => guarantees?.[property]?.[environment]);
    return cells.includes('holds') && !cells.includes('breaks') && !cells.includes(undefined);
  });
  return safe.length === EXPLORED.length ? 'all' : safe.join(', ') || 'none';
}

/** "stranded (buyer-crash, retry)". */
function weaknesses({ guarantees }: Strategy): string {
  const broken = PROPERTIES.flatMap((property) => {
    const environments = EXPLORED.filter((environment) => guarantees?.[property]?.[environment] === 'breaks');
    return environments.length > 0 ? [`${property} (${environments.join(', ')})`] : [];
  });
  return broken.join('; ') || 'nothing';
}

function needs({ needs: { minRedis } = {}, supports = [] }: Strategy): string {
  const server = minRedis === undefined ? '' : ` Needs Redis ${minRedis}.`;
  const missing = [
    ...(supports.includes('several-units') ? [] : ['several units']),
    ...(supports.includes('limit') ? [] : ['a limit per user']),
  ];
  return server + (missing.length > 0 ? ` It cannot do ${missing.join(' or ')}.` : '');
}
