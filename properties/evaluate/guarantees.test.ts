import { EXPLORED, type ExploredEnvironment } from '../../harness/documents/environments.ts';
import { afterAll, describe, expect, test } from 'vitest';
import { worst } from '../../harness/checkers/checker.ts';
import { abilitiesOf } from '../../harness/explorer/space/abilities.ts';
import { scopesOf } from '../../harness/evaluate/environment-scopes.ts';
import type { Subject } from '../../harness/explorer/process/spec.ts';
import type { Exploration } from '../../harness/explorer/explore.ts';
import { textTable } from '../../reports/text/text-table.ts';
import { ENVIRONMENTS, PROPERTIES, type Guarantee, type Strategy } from '../../strategies/contract.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { strategies, unable } from '../helpers/built-ins.ts';
import { exploring, server, subject } from '../helpers/exploring.ts';
import { everything, rotating } from '../helpers/rotating.ts';
import { standIns, subjectOfStandIn } from '../helpers/stand-ins.ts';

const redis = server();

type Cells = Record<string, Guarantee | 'inconclusive' | undefined>;

/** Where replies in one chunk matter, and come in too many ways beside what else happens: those hold as far as they were visited. */
const BOUNDED = new Set([
  'watch-shared-connection in hostile-input',
  'watch-shared-connection in release-restock',
  'queue-single-consumer in release-restock',
  'watch-shared-connection in cancel',
  'queue-single-consumer in cancel',
]);

interface Row {
  strategy: string;
  environment: ExploredEnvironment;
  shown: string;
}
const rows: Row[] = [];

/**
 * What exploring all scopes of an environment makes of each property; undefined if the strategy cannot run it. A
 * property holds where everything was exhausted (with the exceptions that are named), and breaks where an interleaving shows it.
 */
async function explored(
  strategy: Strategy,
  environment: ExploredEnvironment,
  given?: Subject,
): Promise<Cells | undefined> {
  const asked = given ?? (await subject(strategy));
  const abilities = await abilitiesOf(asked, redis.target);
  const scopes = scopesOf(environment, strategy, abilities, 1);
  if (!scopes) return undefined;
  const found: Exploration[] = [];
  for (const scope of scopes) {
    found.push(await exploring(redis.target, strategy, scope, { auditSamples: 2, subject: asked }));
  }
  for (const { audit } of found) expect(audit.mismatches).toEqual([]);
  const notes = found.flatMap((one) => (one.coverage === 'exhausted' ? [] : one.notes));
  const isKnown = BOUNDED.has(`${strategy.name} in ${environment}`);
  if (isKnown) expect(notes.join()).toMatch(/replies arrive in one chunk/);
  const exhausted = isKnown || found.every(({ coverage }) => coverage === 'exhausted');
  const cells: Cells = {};
  for (const property of PROPERTIES) {
    const verdicts = found.map(({ properties }) => properties[property].verdict);
    const told = verdicts.filter((verdict) => verdict !== 'n/a');
    const verdict = told.length === 0 ? 'n/a' : worst(told);
    const shown = found.some(({ properties }) => properties[property].counterexample);
    if (verdict === 'violated') cells[property] = shown ? 'breaks' : 'inconclusive';
    else cells[property] = exhausted ? verdict : 'inconclusive';
  }
  note(strategy, environment, cells, found);
  return cells;
}

/** For the matrix that `npm run verify` prints. */
function note(
  { name }: Strategy,
  environment: ExploredEnvironment,
  cells: Cells,
  found: Exploration[],
): void {
  const broken = PROPERTIES.filter((property) => cells[property] === 'breaks');
  const states = found.reduce((sum, exploration) => sum + exploration.states, 0);
  const ms = Math.round(found.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0));
  rows.push({
    strategy: name,
    environment,
    shown: `${broken.join(', ') || 'holds'} (${states} states, ${ms} ms)`,
  });
}

const declared = ({ guarantees }: Strategy, environment: ExploredEnvironment): Cells | undefined =>
  PROPERTIES.some((property) => guarantees?.[property]?.[environment] !== undefined)
    ? Object.fromEntries(PROPERTIES.map((property) => [property, guarantees?.[property]?.[environment]]))
    : undefined;

/** Its pauses are drawn, and matter between two buyers of one process: those cells are sampled, so that none says holds. */
const isSampled = ({ name }: Strategy, environment: ExploredEnvironment): boolean =>
  name === 'compare-and-set' && ['release-restock', 'cancel', 'hostile-input'].includes(environment);

/** Strategy by environment; `npm test` explores a part of them, and `npm run verify` all. */
const cases = rotating(
  strategies.flatMap((strategy) =>
    EXPLORED.map((environment) => ({ name: strategy.name, strategy, environment })),
  ),
  4,
  'guarantees',
);

describe('every cell of a guarantee matrix is what exploring it shows, both ways', () => {
  test.each(cases)(
    '$name in $environment does what it declares, and violates what it does not',
    async ({ strategy, environment }) => {
      expect(await explored(strategy, environment)).toEqual(declared(strategy, environment));
    },
  );
});

test.skip.each(unable)('$name cannot run here: $lacks', () => {});

describe('what is declared of a command that few servers have is what a script in its place shows', () => {
  const standing = rotating(
    standIns.flatMap((standIn) =>
      EXPLORED.filter((environment) => !isSampled(standIn.strategy, environment)).map((environment) => ({
        name: standIn.strategy.name,
        standIn,
        environment,
      })),
    ),
    2,
    'stand-ins',
  );
  test.each(standing)('$name in $environment', async ({ standIn, environment }) => {
    const { strategy } = standIn;
    const shown = await explored(strategy, environment, subjectOfStandIn(standIn));
    expect(shown).toEqual(declared(strategy, environment));
  });

  test.each(standIns)('and $strategy.name is told from one whose condition is ignored', async (standIn) => {
    const { strategy, send } = standIn;
    const careless = subjectOfStandIn({
      ...standIn,
      send: async (client, key, words) => {
        const reply = await send(client, key, words);
        return reply === null ? client.set(key, words[0]!) : Array.isArray(reply) ? [reply[0], 1] : reply;
      },
    });
    const shown = await explored(strategy, 'calm', careless);
    expect(shown).not.toEqual(declared(strategy, 'calm'));
    expect(shown!.oversell).toBe('breaks');
  });
});

test('a declaration that is wrong in either way is told apart', async () => {
  const shown = await explored(luaDecrement, 'buyer-crash');
  const right = declared(luaDecrement, 'buyer-crash')!;
  expect(shown).toEqual(right);
  expect(shown).not.toEqual({ ...right, stranded: 'holds' });
  expect(shown).not.toEqual({ ...right, oversell: 'breaks' });
});

afterAll(() => {
  if (!everything) return;
  const unverified = ENVIRONMENTS.filter((environment) => !EXPLORED.some((known) => known === environment));
  const lines = rows.map(({ strategy, environment, shown }) => [strategy, environment, shown]);
  const table = textTable(['strategy', 'environment', 'breaks'], lines);
  process.stderr.write(`\nThe guarantee matrix\n${table}\nunverified: ${unverified.join(', ')}\n\n`);
});
