import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { optionsOf, Workshop, type Calls } from '../../helpers/workshop.ts';
import { added } from './table.ts';
import { rowsOf, tables } from './tables.ts';

const workshop = await Workshop.open();
afterAll(() => rmSync(workshop.folder, { recursive: true }));

describe('the tables are complete', () => {
  test('every command has a table, and every table a command', async () => {
    const { commands } = await optionsOf();
    expect(commands.toSorted()).toEqual(tables.map(([command]) => command).toSorted());
  });

  test.concurrent.each(tables)(
    'the table of %s names its flags, and no other',
    async (command, { flags }) => {
      const { own, global } = await optionsOf(command);
      expect(Object.keys(flags).toSorted()).toEqual([...own, ...global].toSorted());
    },
  );

  test.each(tables)('the table of %s says what each flag does: to the engine, or to a run', (_, table) => {
    for (const [flag, rows] of Object.entries(table.flags)) {
      expect(rows.map(({ typed }) => typed)).toContainEqual(expect.stringMatching(`^${flag}( |$)`));
      expect(rows.filter(({ reaches, shows }) => !(reaches ?? shows))).toEqual([]);
    }
  });
});

describe.each(tables.filter(([, { engine }]) => engine))('the engine of %s', (_, table) => {
  const { plain, passed = [], engine = [], seen, defaults } = table;
  const rows = rowsOf(table).filter(({ reaches }) => reaches);
  let calls: Calls[];
  beforeAll(async () => {
    calls = await workshop.reaching([plain, ...rows.map(({ typed }) => added(typed, plain))], passed, engine);
  }, 240_000);

  test('gets the defaults when no flag is given', () => {
    expect(seen!(calls[0]!)).toEqual(defaults);
  });

  test.each(rows.map(({ typed, reaches }, i) => [typed, reaches, i] as const))(
    'gets what %s says, and all else as without it',
    (_typed, reaches, i) => {
      expect(seen!(calls[i + 1]!)).toEqual({ ...defaults, ...reaches });
    },
  );
});
