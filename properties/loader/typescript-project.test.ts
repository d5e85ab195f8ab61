import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { oversell, start, type Running } from '../helpers/command.ts';
import { installedIn } from '../helpers/installed.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { checking, loadedTwice, projectWith, TAKEN, tsconfig } from '../helpers/projects.ts';
import { seed } from '../helpers/seed.ts';
import { sometimes } from '../helpers/rotating.ts';
import { loaded, NAIVE } from '../helpers/strategy-sources.ts';

const LEGACY = { experimentalDecorators: true, emitDecoratorMetadata: true };

/** Injection as Nest does it: by the types of a constructor's parameters, and by tokens that decorate them. */
const CONTAINER = `import 'reflect-metadata';
type Type<T = object> = new (...args: never[]) => T;
const values = new Map<unknown, unknown>();
export const provide = (token: unknown, value: unknown): void => void values.set(token, value);
export const Injectable = (): ClassDecorator => () => undefined;
export const Inject = (token: unknown): ParameterDecorator => (target, _, index) =>
  Reflect.defineMetadata(\`token \${index}\`, token, target);
export function make<T>(type: Type<T>): T {
  const types: Type[] = Reflect.getMetadata('design:paramtypes', type) ?? [];
  const args = types.map((one, i) => {
    const token = Reflect.getMetadata(\`token \${i}\`, type) ?? one;
    return values.has(token) ? values.get(token) : make(one);
  });
  return new type(...(args as never[]));
}
`;

/** A service over another one that injects the client; the two files import each other, as entities do. */
const SHOP = {
  'package.json': '{ "name": "shop" }',
  'tsconfig.base.json': `{ // comments may stand here
    "compilerOptions": ${JSON.stringify({ ...LEGACY, module: 'commonjs', target: 'es2021', esModuleInterop: true })},
  }`,
  'tsconfig.json': tsconfig(
    { baseUrl: '.', paths: { '@shop': ['src/shop'], '@keys/*': ['nowhere/*', 'libs/keys/*'] }, jsx: 'react' },
    { extends: './tsconfig.base.json' },
  ),
  'libs/keys/stock.ts': "export const stockKey = 'stock';",
  'src/container.ts': CONTAINER,
  'src/shop/index.ts': "export * from './shop.service';\nexport * from './stock.service';\n",
  'src/shop/stock.service.ts': `import type { Client } from 'oversell/contract';
import { stockKey } from '@keys/stock';
import { Inject, Injectable } from '../container';
import { ShopService } from './shop.service';

@Injectable()
export class StockService {
  shops = () => [ShopService.name];
  constructor(@Inject('redis') private readonly redis: Client) {}
  left = async (): Promise<number> => Number(await this.redis.get(stockKey));
  take = (): Promise<number> => this.redis.decr(stockKey);
}
`,
  'src/shop/shop.service.ts': `import { Injectable } from '../container';
import { StockService } from './stock.service';

@Injectable()
export class ShopService {
  constructor(private readonly stock: StockService) {}
  async buy(): Promise<boolean> {
    if ((await this.stock.left()) < 1) return false;
    return (await this.stock.take()) >= 0 || true;
  }
}
`,
  'sell.ts': `import type { Strategy } from 'oversell/contract';
import { ShopService } from '@shop';
import { make, provide } from 'src/container';
export const shop: Strategy = {
  name: 'shop', summary: 'a service with injection', connection: 'shared',
  open: async (redis, sale) => void (await redis.set('stock', sale.stock)),
  seller: (redis) => {
    provide('redis', redis);
    const service = make(ShopService);
    return {
      purchase: async () => ({ kind: (await service.buy()) ? 'sold' : 'sold-out' }),
      remaining: async () => Math.max(0, Number(await redis.get('stock'))),
    };
  },
};
`,
};

interface Answer {
  verdict: string;
  coverage: string;
  properties: Record<string, { counterexample: { steps: { at?: string }[] } | null }>;
}

async function explored(folder: string): Promise<{ exitCode: number | null; answer: Answer; text: string }> {
  const size = ['--buyers', '2', '--stock', '1', '--seed', String(seed)];
  const args = ['explore', join(folder, 'sell.ts'), ...size, '--runs', temporaryFolder()];
  const [{ exitCode, stdout }, { stdout: text }] = await Promise.all([
    oversell([...args, '--json']).ended,
    oversell(args).ended,
  ]);
  return { exitCode, answer: JSON.parse(stdout) as Answer, text };
}

const shop = (changes: Record<string, string> = {}): string =>
  projectWith({ ...SHOP, ...changes }, { packages: ['reflect-metadata'] });

describe('a service with injection, aliases and files that import each other is explored as it is', () => {
  test('one that reads and then decrements oversells, and the lines are those of the service', async () => {
    const { exitCode, text } = await explored(shop());
    expect(exitCode).toBe(1);
    expect(text).toContain('stock.service.ts:10');
    expect(text).toContain('stock.service.ts:11');
  });

  test('its twin that looks at what the decrement leaves holds', async () => {
    const service = SHOP['src/shop/shop.service.ts'].replace('>= 0 || true', '>= 0');
    const { exitCode, answer } = await explored(shop({ 'src/shop/shop.service.ts': service }));
    expect({ exitCode, coverage: answer.coverage }).toEqual({ exitCode: 0, coverage: 'exhausted' });
  });

  test('without emitDecoratorMetadata nobody knows what to inject', async () => {
    const base = SHOP['tsconfig.base.json'].replace(
      '"emitDecoratorMetadata":true',
      '"emitDecoratorMetadata":false',
    );
    const { answer, text } = await explored(shop({ 'tsconfig.base.json': base }));
    expect(answer).toMatchObject({ verdict: 'violated' });
    expect(text).toContain("reading 'left'");
  });
});

describe('decorators are those that the nearest tsconfig.json says', () => {
  const PARAMETER = `const seen: unknown[] = [];
const Seen = (...all: unknown[]): void => void seen.push(all[2]);
class Shop { sell(@Seen amount: number, @Seen user: string) { return [amount, user]; } }
function check(expect: (found: unknown, meant: unknown) => void) { expect([seen, typeof Shop], [[1, 0], 'function']); }
`;

  test('a parameter has one under experimentalDecorators', async () => {
    const folder = projectWith({ 'sell.ts': checking(PARAMETER), 'tsconfig.json': tsconfig(LEGACY) });
    expect(await loadedTwice(folder)).toMatchObject(TAKEN);
  });

  test.each([
    ['there is no tsconfig.json', {}, 'there is no tsconfig.json with experimentalDecorators'],
    [
      'it does not say so',
      { 'tsconfig.json': tsconfig({}) },
      'tsconfig.json does not set experimentalDecorators',
    ],
  ])('and else it is refused with its line where %s', async (_, beside, words) => {
    const { node, explorer } = await loadedTwice(projectWith({ 'sell.ts': checking(PARAMETER), ...beside }));
    const refused = { code: 'SYNTAX_ERROR', message: expect.stringContaining(words) as string };
    expect({ exitCode: node.exitCode, ...node.error }).toMatchObject({ exitCode: 2, ...refused });
    expect(explorer).toMatchObject(refused);
    expect(node.error?.message).toContain('/sell.ts:3: a parameter has a decorator');
  });

  const STANDARD = `const log: string[] = [];
const logged = <This, Args extends unknown[], Result>(
  method: (this: This, ...args: Args) => Result,
  { name, kind }: ClassMethodDecoratorContext,
) => function (this: This, ...args: Args): Result { log.push(\`\${kind} \${String(name)}\`); return method.apply(this, args); };
@((type: { new (): Shop }) => void log.push(type.name))
class Shop {
  @logged sell() { return 1; }
  accessor units = 2;
}
function check(expect: (found: unknown, meant: unknown) => void) {
  expect([new Shop().sell() + new Shop().units, log], [3, ['Shop', 'method sell']]);
}
`;

  test('standard ones are called as the standard says, and lines after them are the user’s', async () => {
    expect(await loadedTwice(projectWith({ 'sell.ts': checking(STANDARD) }))).toMatchObject(TAKEN);
    const { node } = await loadedTwice(
      projectWith({ 'sell.ts': checking(`${STANDARD}throw new Error('here');`) }),
    );
    expect(node.error?.message).toContain('/sell.ts:14: it failed at import: Error: here');
  });

  sometimes('where Babel was left out, standard ones are refused with what to install', async () => {
    const folder = projectWith({ 'sell.ts': checking(STANDARD), 'plain.ts': NAIVE });
    const cli = join(installedIn(folder, ['@babel']), 'dist/harness/cli.js');
    const exploring = (name: string): Running =>
      start(
        process.execPath,
        [cli, 'explore', `./${name}`, '--buyers', '2', '--stock', '1', '--json'],
        {},
        folder,
      );
    const { exitCode, stdout } = await exploring('sell.ts').ended;
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: {
        code: 'PACKAGE_MISSING',
        message: expect.stringContaining('sell.ts has standard decorators') as string,
        remedy: expect.stringContaining('npm install @babel/core@7') as string,
      },
    });
    expect((await exploring('plain.ts').ended).exitCode).toBe(1);
  });

  test('a standard one that is handed what TypeScript’s own is handed is told with its line', async () => {
    const { node } = await loadedTwice(
      projectWith({ 'sell.ts': checking(STANDARD), 'tsconfig.json': tsconfig(LEGACY) }),
    );
    expect(node).toMatchObject({ exitCode: 2, error: { code: 'IMPORT_FAILED' } });
  });

  test.each([
    ['es2022', true],
    ['es2021', false],
  ])('a field without a value is one of its own with target %s: %s', async (target, own) => {
    const text = `class Base { set units(_: number) { throw new Error('set'); } }
class Shop extends Base { units; static kept = 1; }
function check(expect: (found: unknown, meant: unknown) => void) {
  expect([Object.hasOwn(new Shop(), 'units'), Shop.kept], [${own}, 1]);
}
`;
    const folder = projectWith({ 'sell.ts': checking(text), 'tsconfig.json': tsconfig({ target }) });
    expect(await loadedTwice(folder)).toMatchObject(TAKEN);
  });

  test('an old target has generators in place of async functions, and still sells', async () => {
    const text = `const plain = async () => 1;
function check(expect: (found: unknown, meant: unknown) => void) {
  expect(Object.prototype.toString.call(plain), '[object Function]');
}
`;
    const old = projectWith({ 'sell.ts': checking(text), 'tsconfig.json': tsconfig({ target: 'ES2015' }) });
    expect(await loadedTwice(old)).toMatchObject(TAKEN);
    const { node } = await loadedTwice(projectWith({ 'sell.ts': checking(text) }));
    expect(node.error?.message).toContain('[object AsyncFunction]');
  });
});

describe('paths and baseUrl of the file’s project lead its imports', () => {
  const text = `import { key } from '@app/key';
import { unit } from 'lib/unit';
function check(expect: (found: unknown, meant: unknown) => void) { expect([key, unit], ['stock', 1]); }
`;
  const options = { baseUrl: './src', paths: { '@app/*': ['app/*'] } };
  const code = {
    'src/app/key.ts': "export const key = 'stock';",
    'src/lib/unit/index.ts': 'export const unit = 1;',
  };

  test.each([
    ['of its own folder', 'sell.ts', { 'tsconfig.json': tsconfig(options) }],
    ['of a folder above', 'src/deep/sell.ts', { 'tsconfig.json': tsconfig(options) }],
    [
      'of what that extends, by a package',
      'sell.ts',
      {
        'tsconfig.json': tsconfig({}, { extends: ['@acme/tsconfig/base.json', './paths.json'] }),
        'paths.json': tsconfig(options),
        'node_modules/@acme/tsconfig/base.json': tsconfig({ strict: true }),
      },
    ],
    [
      'of the one among a solution’s projects that has the file',
      'sell.ts',
      {
        'tsconfig.json': tsconfig(
          {},
          { files: [], references: [{ path: './tsconfig.lib.json' }, { path: './app' }] },
        ),
        'tsconfig.lib.json': tsconfig({}, { include: ['src'] }),
        'app/tsconfig.json': tsconfig(
          { baseUrl: '../src', paths: options.paths },
          { include: ['../sell.ts'] },
        ),
      },
    ],
  ])('those %s', async (_, name, files) => {
    const folder = projectWith({ ...code, ...files, [name]: checking(text) });
    expect(await loadedTwice(folder, name)).toMatchObject(TAKEN);
  });

  test('an alias that leads nowhere is told by its name, its line and the tsconfig.json', async () => {
    const folder = projectWith({
      'sell.ts': checking(text),
      'tsconfig.json': tsconfig({ ...options, paths: { '@app/*': ['ap/*'] } }),
    });
    const { exitCode, error } = await loaded(join(folder, 'sell.ts'));
    expect({ exitCode, code: error?.code }).toEqual({ exitCode: 2, code: 'MODULE_NOT_FOUND' });
    expect(error?.message).toContain('/sell.ts:1: it imports "@app/key", and paths in ');
    expect(error?.message).toContain(`${folder}/tsconfig.json lead to no file: ${folder}/src/ap/key`);
  });

  test('JavaScript has no aliases', async () => {
    const folder = projectWith({
      ...code,
      'sell.mjs': "import '@app/key';",
      'tsconfig.json': tsconfig(options),
    });
    const { error } = await loaded(join(folder, 'sell.mjs'));
    expect(error).toMatchObject({
      code: 'MODULE_NOT_FOUND',
      remedy: expect.stringContaining('npm install') as string,
    });
  });

  test('a tsconfig.json that extends what is not there is told', async () => {
    const config = tsconfig({}, { extends: './nothing.json' });
    const { node, explorer } = await loadedTwice(
      projectWith({ 'sell.ts': checking(text), 'tsconfig.json': config }),
    );
    const refused = { code: 'BAD_TSCONFIG', message: expect.stringContaining('nothing.json') as string };
    expect({ exitCode: node.exitCode, ...node.error }).toMatchObject({ exitCode: 2, ...refused });
    expect(explorer).toMatchObject(refused);
  });
});

test('a syntax error is told with file, line and column', async () => {
  const { node, explorer } = await loadedTwice(
    projectWith({
      'sell.ts': "import './price';",
      'price.ts': "// €\nexport const price: string = '€' + ;\n",
    }),
  );
  const told = {
    code: 'SYNTAX_ERROR',
    message: expect.stringMatching(/\/price\.ts:2: Unexpected ";" \(column 36\)$/) as string,
  };
  expect(node).toMatchObject({ exitCode: 2, error: told });
  expect(explorer).toMatchObject(told);
});
