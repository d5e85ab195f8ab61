import type { Scaffold } from '../documents/scaffold.ts';
import { inLua, inTypeScript } from './answers.ts';
import { STYLE_TEXTS, type StyleText } from './styles.ts';

type Asked = Pick<Scaffold, 'name' | 'style' | 'key' | 'soldOut'>;

/** What `new` writes: texts by the names of their files, the strategy first, the test last. */
export function textsOf(asked: Asked): Map<string, string> {
  const { name, style } = asked;
  return new Map([
    [`${name}.ts`, strategyText(asked)],
    ...(style === 'lua' ? ([[`${name}.lua`, scriptText(asked)]] as const) : []),
    [`${name}.test.ts`, testText(asked)],
  ]);
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

function strategyText({ name, style, key, soldOut }: Asked): string {
  const text = STYLE_TEXTS[style];
  const { imports = [], constants, sold, summary, connection } = text;
  const ofProduct = key.includes('{sku}');
  return [
    "import type { Client, Strategy } from 'oversell/contract';",
    ...imports,
    '',
    '/** The key that holds the stock. */',
    ofProduct
      ? `const stockKey = (sku: string): string => \`${escaped(key).replaceAll('{sku}', '${sku}')}\`;`
      : `const STOCK_KEY = \`${escaped(key)}\`;`,
    '',
    '/** What buy() answers. */',
    `const SOLD = ${sold};`,
    `const SOLD_OUT = ${inTypeScript(soldOut, style === 'lua')};`,
    ...(constants ? ['', ...constants(name)] : []),
    '',
    ...buyText(text),
    '',
    'export const strategy: Strategy = {',
    `  name: '${name}',`,
    `  summary: '${summary}',`,
    `  connection: '${connection}',`,
    "  supports: ['several-units'],",
    '  async open(redis, sale) {',
    `    await redis.set(${ofProduct ? 'stockKey(sale.sku)' : 'STOCK_KEY'}, sale.stock);`,
    '  },',
    ...indented(sellerText(text, ofProduct)),
    '};',
    '',
  ].join('\n');
}

/** In a template literal. */
const escaped = (text: string): string => text.replaceAll(/[`\\]|\$(?=\{)/g, String.raw`\$&`);

function buyText({ body, retries }: StyleText): string[] {
  const parameters = `redis: Client, key: string, quantity: number${retries ? ', attempts: number' : ''}`;
  return [
    `type Answer = typeof SOLD | typeof SOLD_OUT${retries ? " | 'gave-up'" : ''};`,
    '',
    '/** Takes units from the stock. Put your own code here. */',
    `async function buy(${parameters}): Promise<Answer> {`,
    ...indented(body),
    '}',
  ];
}

function sellerText({ connection, retries }: StyleText, ofProduct: boolean): string[] {
  const key = ofProduct ? 'stockKey(sale.sku)' : 'STOCK_KEY';
  // What is not used would be an error in many a project.
  const parameters = retries ? 'redis, sale, env' : ofProduct ? 'redis, sale' : 'redis';
  const lent = connection === 'exclusive' ? 'connection' : 'redis';
  const request = connection === 'exclusive' ? 'request, connection' : 'request';
  return [
    `seller: (${retries && !ofProduct ? 'redis, _sale, env' : parameters}) => ({`,
    `  async purchase(${request}) {`,
    `    const answer = await buy(${lent}, ${key}, request.quantity${retries ? ', env.maxAttempts' : ''});`,
    ...(retries
      ? ["    if (answer === 'gave-up') return { kind: 'gave-up', attempts: env.maxAttempts };"]
      : []),
    "    return { kind: answer === SOLD ? 'sold' : 'sold-out' };",
    '  },',
    '  /** Units that can still be bought. */',
    `  remaining: async () => Number(await redis.get(${key})),`,
    '}),',
  ];
}

const scriptText = ({ soldOut }: Asked): string =>
  [
    '-- Takes units if there are enough.',
    '-- KEYS[1] stock',
    '-- ARGV[1] quantity',
    `-- Answers 1, or ${inLua(soldOut)} when there are too few.`,
    "local stock = tonumber(redis.call('GET', KEYS[1]) or '0')",
    'if stock < tonumber(ARGV[1]) then',
    `  return ${inLua(soldOut)}`,
    'end',
    "redis.call('DECRBY', KEYS[1], ARGV[1])",
    'return 1',
    '',
  ].join('\n');

function testText({ name, style }: Asked): string {
  const { verdict } = STYLE_TEXTS[style];
  const title =
    verdict === 'holds'
      ? `no interleaving of three buyers makes ${name} sell a unit twice, or strand one`
      : `${name} sells a unit twice, which an exploration finds`;
  return [
    "import { explore } from 'oversell';",
    "import 'oversell/vitest';",
    "import { expect, test } from 'vitest';",
    '',
    `const file = new URL('./${name}.ts', import.meta.url);`,
    '',
    ...(verdict === 'holds' ? [] : ['// Once buy() is correct, this is toHold().']),
    `test('${title}', async () => {`,
    `  await expect(explore(file, { buyers: 3, stock: 2 })).${verdict === 'holds' ? 'toHold()' : "toViolate('oversell')"};`,
    '}, 60_000);',
    '',
  ].join('\n');
}
