import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Program } from '../../harness/explorer/process/program.ts';
import { start } from '../helpers/command.ts';
import { checking, loadedTwice, projectWith, TAKEN, tsconfig } from '../helpers/projects.ts';

/** What is more than types that are erased, and what modules have that functions do not. */
const EVERYTHING = `#!/usr/bin/env node
export const enum Small { A = 1, B = 'b' }
export enum Big { X = 1 << 2, Y = X | 1, Z = 'abc'.length }
export namespace Outer { export const deep = { value: 1 }; export namespace Inner { export let width = 2; } }
export import Inner = Outer.Inner;
export abstract class Base<T> {
  declare gone: string;
  static ready: number;
  static { this.ready = 1; }
  constructor(protected readonly value: T, public units = 2) {}
  protected abstract sell(): T;
}
export class Derived extends Base<number> {
  override sell(): number { return this.value; }
  get #own() { return 1; }
  has(other: object) { return #own in other; }
}
export function over(one: string): string;
export function over(one: number): number;
export function over(one: unknown) { return one; }
export default class { field = 1 }
export const template = \`a\${'b' satisfies string}\`;
export let live = 0;
export const bump = (): void => void live++;
export type { Nothing } from './nothing';
const hidden = Symbol('hidden');
export { hidden as 'a name' };
`;

const FILES = {
  'everything.ts': EVERYTHING,
  'first.ts': `import { second } from './second';
export function first() { return typeof second; }
export const late = 1;
export * from './everything';
`,
  'second.ts': `import { first } from './first';
export function second() { return first(); }
export const early = first();
`,
};

const text = `import Default, { Small, Big, Outer, Inner, Derived, over, template, live, bump, 'a name' as named } from './everything';
import * as everything from './everything';
import { early } from './second';
import * as first from './first';
function check(expect: (found: unknown, meant: unknown) => void) {
  bump();
  expect([new Default().field, Small.A, Small.B, Big.Y, Big.Z], [1, 1, 'b', 5, 3]);
  expect([Outer.deep.value, Inner.width, over(1), template, typeof named], [1, 2, 1, 'ab', 'symbol']);
  expect([new Derived(5).sell(), new Derived(1).has(new Derived(2)), new Derived(1).units, 'gone' in new Derived(1)], [5, true, 2, false]);
  expect([live, everything.live, early, first.late, first.Small.A], [1, 1, 'function', 1, 1]);
  expect(Object.keys(everything).length, 12);
}
`;

test.each([
  ['an ES module', {}],
  ['CommonJS', { module: 'commonjs' }],
  ['an old target', { target: 'es2015' }],
])('all that TypeScript and modules have means the same in %s', async (_, options) => {
  const folder = projectWith({ ...FILES, 'sell.ts': checking(text), 'tsconfig.json': tsconfig(options) });
  expect(await loadedTwice(folder)).toMatchObject(TAKEN);
});

test('a class that files which import each other use too early is undefined in CommonJS, and throws in ES modules', async () => {
  const files = {
    'one.ts': "import { Two } from './two';\nexport class One { static other = Two; }\n",
    'two.ts': "import { One } from './one';\nexport class Two { static other = typeof One; }\n",
    'sell.ts': checking(`import { One } from './one';
function check(expect: (found: unknown, meant: unknown) => void) { expect(One.other.other, 'undefined'); }
`),
  };
  const commonJs = projectWith({ ...files, 'tsconfig.json': tsconfig({ module: 'commonjs' }) });
  expect(await loadedTwice(commonJs)).toMatchObject(TAKEN);
  const { node, explorer } = await loadedTwice(projectWith(files));
  const words = /Cannot access 'One' before initialization/;
  expect(node.error).toMatchObject({
    code: 'IMPORT_FAILED',
    message: expect.stringMatching(words) as string,
  });
  expect(node.error?.message).toContain('/two.ts:2: ');
  expect(explorer).toMatchObject({ message: expect.stringMatching(words) as string });
});

const decorated = (imported: string): string => `import { ${imported} } from './stock';
const seen: unknown[] = [];
Object.assign(Reflect, { metadata: (key: string, value: unknown[]) => () => void (key === 'design:paramtypes' && seen.push(...value)) });
const Injectable = (type: unknown): void => void type;
@Injectable
class Shop { constructor(readonly stock: Stock, readonly name: string) {} }
function check(expect: (found: unknown, meant: unknown) => void) {
  expect([seen[0] === Object, seen[1] === String, typeof Shop], [true, true, 'function']);
}
`;

const injecting = (imported: string, options: object): string =>
  projectWith({
    'stock.ts': 'export interface Stock { left: number }\nexport const STOCK = 1;\n',
    'sell.ts': checking(decorated(imported)),
    'tsconfig.json': tsconfig({ experimentalDecorators: true, emitDecoratorMetadata: true, ...options }),
  });

test('an interface in the metadata of decorators is Object in CommonJS, and told in an ES module, which has to say type', async () => {
  expect(await loadedTwice(injecting('Stock', { module: 'commonjs' }))).toMatchObject(TAKEN);
  expect(await loadedTwice(injecting('type Stock', { module: 'esnext' }))).toMatchObject(TAKEN);
  const { node } = await loadedTwice(injecting('Stock', { module: 'esnext' }));
  expect(node).toMatchObject({ exitCode: 2, error: { code: 'SYNTAX_ERROR' } });
  expect(node.error?.message).toMatch(/\/sell\.ts:1: .*'Stock'/);
});

test('an ES module may have a require and a __filename of its own', async () => {
  const own = `import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
const require = createRequire(import.meta.url);
const __filename = fileURLToPath(import.meta.url);
const [exports, module] = [1, 2];
function check(expect: (found: unknown, meant: unknown) => void) {
  expect([require('./data.json').units, __filename.endsWith('sell.ts'), exports, module], [3, true, 1, 2]);
}
`;
  const folder = projectWith({ 'data.json': '{ "units": 3 }', 'sell.ts': checking(own) });
  expect(await loadedTwice(folder)).toMatchObject(TAKEN);
});

test('an await at the top level loads, and is refused with its line where each process is evaluated', async () => {
  const waiting = `await (async () => 1)();\nfunction check() {}\n`;
  const { node, explorer } = await loadedTwice(projectWith({ 'sell.ts': checking(waiting) }));
  expect(node).toMatchObject(TAKEN.node);
  expect(explorer).toMatchObject({
    code: 'CANNOT_EXPLORE',
    message: expect.stringContaining('/sell.ts:1: it has a top-level await') as string,
  });
});

/** Names of imports in every place where they may stand, or mean something else. */
const SHADOWS = `import whole, { one, two as second, tag, Base } from './other.mjs';
import * as all from './other.mjs';
export { one as first, default as passed } from './other.mjs';
export * as nested from './other.mjs';
const shorthand = { one, second, whole };
const { one: renamed = second, ...rest } = { two: one };
function parameter(one, { second } = { second: 5 }, third = one) { return [one, second, third]; }
const thrown = () => { try { throw 7; } catch (one) { return one; } };
const loop = () => { const seen = []; for (const one of [1, 2]) seen.push(one); for (let second = 0; second < 2; second++) seen.push(second); return seen; };
function hoisted() { if (one) { var one = 3; } return one; }
const inner = () => { class Base { static name2 = 'inner'; } function second() { return 'f'; } return [Base.name2, second()]; };
class Derived extends Base { one = one; [second] = 'computed'; static tag = tag\`a\${one}b\`; method(whole = this.one) { return [super.method(), whole]; } get all() { return all.one; } }
const named = function second(n) { return n ? second(n - 1) : 'named'; };
const labelled = () => { one: for (;;) { break one; } return one; };
const nestedArrow = ((one) => (two) => [one, two, second])(8)(9);
const optional = [all?.one, all.nothing?.deep, typeof one, typeof undeclaredName, \`\${second}\`];
const called = [tag\`x\`, new Base().method(), (0, whole)(), whole?.(), [whole].map((f) => f())];
let count = 0;
export const increase = () => ++count;
increase();
export { count as counted };
export const [destructured, { deep: [deeper] }] = [one, { deep: [second] }];
const self = { get one() { return 'getter'; }, second() { return 'method'; }, [one]: 'key', async *whole() { yield one; } };
export default [shorthand.one, shorthand.second, renamed, rest, parameter(1), thrown(), loop(), hoisted() ?? null, inner(), new Derived().one, new Derived()[second], Derived.tag, new Derived().method(), new Derived().all, named(2), labelled(), nestedArrow, optional, called, self.one, self.second(), self[one]];
`;
const OTHER = `export let one = 1;
export const two = 2;
export const tag = (strings, ...values) => [strings.raw.join('-'), values, this === undefined];
export class Base { method() { return 'base'; } }
export default function () { return ['whole', this === undefined]; }
`;

test('imports keep their meaning wherever their names stand, as Node has it', async () => {
  const folder = projectWith({ 'shadows.mjs': SHADOWS, 'other.mjs': OTHER });
  const file = join(folder, 'shadows.mjs');
  const print = `const all = await import(${JSON.stringify(file)}); process.stdout.write(JSON.stringify(all));`;
  const { stdout } = await start(process.execPath, ['--input-type=module', '-e', print]).ended;
  expect(JSON.parse(stdout)).toMatchObject({ counted: 1, destructured: 1, deeper: 2 });
  expect(JSON.parse(JSON.stringify(Program.load(file).evaluate()))).toEqual(JSON.parse(stdout));
});
