import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { registry } from '../../strategies/registry.ts';
import { runnable } from '../helpers/built-ins.ts';
import { oversell, start, type Running } from '../helpers/command.ts';
import { installedIn } from '../helpers/installed.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { seed } from '../helpers/seed.ts';
import { folderWith, loaded, soldWith } from '../helpers/strategy-sources.ts';
import { sometimes } from '../helpers/rotating.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const textOf = (file: string): string => readFileSync(join(root, 'strategies', file), 'utf8');

/** A text with one passage changed, which must be there. */
function changed(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`"${from}" is not there any more`);
  return text.replace(from, to);
}

/** A built-in alone in an empty folder, as it is or as `text` says, beside whatever else is given. @returns its path */
function copied(name: string, text = textOf(`${name}.ts`), beside: Record<string, string> = {}): string {
  return join(folderWith({ [`${name}.ts`]: text, ...beside }), `${name}.ts`);
}

interface Answer {
  strategy: string;
  verdict: string;
  coverage: string;
  properties: Record<string, { verdict: string; counterexample: { steps: { command?: string[] }[] } | null }>;
}

/** `explore` for 2 buyers and 1 unit. */
async function explored(
  file: string,
  command: (args: readonly string[]) => Running = oversell,
): Promise<Answer> {
  const size = ['--buyers', '2', '--stock', '1', '--seed', String(seed)];
  const args = ['explore', file, ...size, '--runs', join(temporaryFolder(), 'runs'), '--json'];
  const { stdout } = await command(args).ended;
  const answer = JSON.parse(stdout) as Answer | { error: { message: string } };
  if ('error' in answer) throw new Error(answer.error.message);
  return answer;
}

const copies = fileURLToPath(new URL('../helpers/explore-copies.mjs', import.meta.url));
interface Compared {
  copy: { name: string; coverage: string };
  builtIn: { name: string };
}

describe('a built-in that is copied alone into an empty folder runs as it is', () => {
  test('each of the registry loads, under the name that it had', async () => {
    for (const name of registry.map(({ strategy }) => strategy.name)) {
      expect(await loaded(copied(name))).toMatchObject({ exitCode: 0, strategies: [{ name }] });
    }
  });

  sometimes('each that runs here is explored with the same verdicts, states and interleavings', async () => {
    const files = runnable.map(({ strategy }) => copied(strategy.name));
    const { stdout, stderr } = await start(process.execPath, [copies, ...files]).ended;
    expect(stderr).toBe('');
    const compared = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Compared);
    expect(compared.map(({ copy }) => copy.name)).toEqual(runnable.map(({ strategy }) => strategy.name));
    for (const { copy, builtIn } of compared) expect(copy).toEqual(builtIn);
  });

  test('it sells under load, over connections that are shared and that are not', async () => {
    const files = [copied('lua-decrement'), copied('watch-retry')];
    const sold = JSON.parse((await soldWith(files, seed)).stdout) as unknown;
    expect(sold).toEqual([
      { strategy: 'lua-decrement', soldUnits: 10, errors: [] },
      { strategy: 'watch-retry', soldUnits: 10, errors: [] },
    ]);
  });

  sometimes('a copy from which the check is taken out is caught', async () => {
    const unchecked = changed(textOf('decrement-then-check.ts'), 'if (remaining >= 0) return', 'return');
    const answer = await explored(copied('decrement-then-check', unchecked));
    expect(answer.properties['oversell']).toMatchObject({ verdict: 'violated' });
    const asItIs = await explored(copied('decrement-then-check'));
    expect(asItIs.properties['oversell']).toMatchObject({ verdict: 'holds' });
  });
});

describe('wherever the copy lies', () => {
  test('in a folder inside the checkout it runs as it is', async () => {
    mkdirSync(join(root, 'runs'), { recursive: true });
    const folder = mkdtempSync(join(root, 'runs', 'copied-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    cpSync(join(root, 'strategies/lua-reserve-once.ts'), join(folder, 'mine.ts'));
    const answer = await explored(join(folder, 'mine.ts'));
    expect(answer).toMatchObject({ strategy: 'lua-reserve-once', verdict: 'holds', coverage: 'exhausted' });
  });

  sometimes('beside an installed package it finds that one, and runs as it is', async () => {
    const shop = folderWith({ 'lua-decrement.ts': textOf('lua-decrement.ts') });
    const installed = installedIn(shop);
    const command = (args: readonly string[]): Running =>
      start(process.execPath, [join(installed, 'dist/harness/cli.js'), ...args], {}, shop);
    const answer = await explored('./lua-decrement.ts', command);
    expect(answer).toMatchObject({ strategy: 'lua-decrement', verdict: 'holds', coverage: 'exhausted' });
    // The twin: what it finds is the installed package's, so without its Lua there is none to be found.
    rmSync(join(installed, 'strategies/lua-decrement.lua'));
    await expect(explored('./lua-decrement.ts', command)).rejects.toThrow('lua-decrement.lua');
  });
});

describe('what the folder has of its own comes first', () => {
  sometimes(
    'a Lua file beside the copy is run: where it calls a refusal a sale, one unit is sold twice',
    async () => {
      const lua = textOf('lua-decrement.lua');
      const wrong = changed(lua, 'return -1', 'return 0');
      const [caught, held] = [wrong, lua].map((text) =>
        explored(copied('lua-decrement', undefined, { 'lua-decrement.lua': text })),
      );
      expect((await caught)!.properties['oversell']).toMatchObject({ verdict: 'violated' });
      expect((await held)!.properties['oversell']).toMatchObject({ verdict: 'holds' });
    },
  );

  sometimes(
    'a Lua file that the imports of its own package name comes before one that lies beside it',
    async () => {
      const lua = textOf('lua-decrement.lua');
      const beside = {
        'package.json': JSON.stringify({ imports: { '#lua/*.lua': './scripts/*.lua' } }),
        'scripts/lua-decrement.lua': lua,
        'lua-decrement.lua': 'return redis.error_reply("ERR not this one")',
      };
      const answer = await explored(copied('lua-decrement', undefined, beside));
      expect(answer).toMatchObject({ verdict: 'holds', coverage: 'exhausted' });
    },
  );

  test('keys of its own are those that are sent', async () => {
    const keys = changed(textOf('keys.ts'), '{${sku}}:stock', '{${sku}}:shelf');
    const answer = await explored(copied('read-then-write', undefined, { 'keys.ts': keys }));
    const { counterexample } = answer.properties['oversell']!;
    const sent = counterexample!.steps.flatMap(({ command }) => (command ? [command[1]] : []));
    expect(new Set(sent)).toEqual(new Set(['{item}:shelf']));
  });
});

describe('what a changed copy imports and nobody has is told with file and line', () => {
  test.each([
    ['a file that was never there', "import { shelf } from './shelf.ts';\nvoid shelf;"],
    [
      'a file of strategies/ that no strategy imports',
      "import { CHOOSING } from './choosing.ts';\nvoid CHOOSING;",
    ],
    [
      'the contract, from another folder than its own',
      "import { checkSale as c } from '../contract.ts';\nvoid c;",
    ],
  ])('an import of %s does not load', async (_, line) => {
    const file = copied('lua-decrement', `${line}\n${textOf('lua-decrement.ts')}`);
    expect(await loaded(file)).toMatchObject({
      exitCode: 2,
      error: {
        code: 'MODULE_NOT_FOUND',
        message: expect.stringContaining('lua-decrement.ts:1: ') as string,
        remedy: 'correct the path',
      },
    });
  });

  test('an import of a name that the contract does not export does not load', async () => {
    const text = changed(textOf('lua-decrement.ts'), 'checkSale,', 'checkSales as checkSale,');
    const file = copied('lua-decrement', text);
    const { error } = await loaded(file);
    expect(error).toMatchObject({ code: 'SYNTAX_ERROR' });
    expect(error?.message).toMatch(/lua-decrement\.ts:1: .*checkSales/);
  });

  test('a Lua file that nobody has is looked for beside the copy', async () => {
    const file = copied('lua-decrement', changed(textOf('lua-decrement.ts'), '#lua/lua-', '#lua/nowhere-'));
    const { error } = await loaded(file);
    expect(error).toMatchObject({ code: 'IMPORT_FAILED' });
    expect(error?.message).toMatch(/lua-decrement\.ts:6: .*no such file.*nowhere-decrement\.lua/);
    expect(error?.message).toContain(join(dirname(file), 'nowhere-decrement.lua'));
  });
});
