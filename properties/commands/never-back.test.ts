import { describe, expect, test } from 'vitest';
import type { Ended } from '../helpers/command.ts';
import { rotating, sometimes } from '../helpers/rotating.ts';
import type { Doing } from '../helpers/strategy-sources.ts';
import { trying, type Tried } from '../helpers/trying.ts';

const ended = (command: Tried, doing: Doing): Promise<Ended> => trying(command, doing).ended;

const NEVER = 'await new Promise(() => {})';
const LOOP = 'for (;;) {}';
const ENDLESS = 'local n = 0 while true do n = n + 1 end';
const AT_LINE = /subject\.mjs:\d+: an endless loop: the code here went on for 10000 ms/;
const HELD = /a Lua script has held the server for 5 s and more/;
const SCRIPT = new RegExp(`${HELD.source}: eval local n = 0 while true`, 'i');

/** Who, where, and after how long. */
const CASES: readonly (readonly [Tried, what: string, Doing, code: string, said: RegExp])[] = [
  [
    'bench',
    'open() never settles',
    { open: NEVER },
    'NEVER_SETTLED',
    /subject\.mjs:\d+: subject: open\(\) has not settled for 10 s/,
  ],
  [
    'bench',
    'purchase() never settles',
    { purchase: NEVER },
    'NEVER_SETTLED',
    /subject\.mjs:\d+: subject: purchase\(\) has not settled for 10 s/,
  ],
  [
    'bench',
    'purchase() sends a command and never settles',
    { purchase: `await redis.get('stock'); ${NEVER}` },
    'NEVER_SETTLED',
    /subject\.mjs:\d+: subject: purchase\(\) has not settled for 10 s/,
  ],
  [
    'evaluate',
    'purchase() never settles',
    { purchase: NEVER },
    'NEVER_SETTLED',
    /subject\.mjs:\d+: subject: purchase\(\) has not settled for 10 s/,
  ],
  ['bench', 'open() loops for ever', { open: LOOP }, 'ENDLESS_LOOP', AT_LINE],
  [
    'bench',
    'seller() never settles',
    { seller: NEVER },
    'NEVER_SETTLED',
    /calling seller\(\): seller\(\) has not settled for 10 s/,
  ],
  ['bench', 'a purchase loops for ever', { purchase: LOOP }, 'ENDLESS_LOOP', AT_LINE],
  ['bench', 'a purchase loops in promises', { purchase: 'for (;;) await null' }, 'ENDLESS_LOOP', AT_LINE],
  ['bench', 'a job loops for ever', { job: LOOP }, 'ENDLESS_LOOP', AT_LINE],
  // The next buyer's script holds the server before it can be asked which one did.
  ['bench', 'a script never ends', { script: ENDLESS }, 'ENDLESS_SCRIPT', HELD],
  ['evaluate', 'a purchase loops for ever', { purchase: LOOP }, 'ENDLESS_LOOP', AT_LINE],
  ['explore', 'open() loops for ever', { open: LOOP }, 'ENDLESS_LOOP', AT_LINE],
  ['explore', 'remaining() loops for ever', { remaining: LOOP }, 'ENDLESS_LOOP', AT_LINE],
  ['explore', 'a script never ends', { script: ENDLESS }, 'ENDLESS_SCRIPT', SCRIPT],
];

describe('code that never comes back is told, with who, where and after how long', () => {
  test.each(rotating(CASES, 1, 'never back'))('%s: %s', async (...one) => {
    const [command, , doing, code, said] = one;
    const { exitCode, stdout, stderr } = await ended(command, doing);
    expect(stderr).toMatch(said);
    // What was found until then is the answer, where there is one.
    const { error } = JSON.parse(stdout) as { error?: { code: string } };
    if (error) expect({ code: error.code, stderr }).toMatchObject({ code });
    expect(exitCode).toBe(2);
  });
});

sometimes('the same code that comes back is told of nothing', async () => {
  const { exitCode, stderr } = await ended('bench', {
    open: 'await new Promise((resolve) => setTimeout(resolve, 50))',
    purchase: 'for (let i = 0; i < 1e4; i++) await null',
    script: 'for n = 1, 1000 do end',
  });
  expect(exitCode, stderr).toBe(0);
});

sometimes('what was judged before code never came back is the answer', async () => {
  const { stdout } = await ended('evaluate', { purchase: NEVER });
  const { strategies } = JSON.parse(stdout) as { strategies: { explored: { environment: string }[] }[] };
  expect(strategies[0]!.explored.map(({ environment }) => environment)).toContain('calm');
});

sometimes(
  'a purchase that never settles where its command is looked for is measured without it',
  async () => {
    const never = `if (request.requestId.startsWith('ceiling')) ${NEVER}`;
    const { exitCode, stdout, stderr } = await ended('bench', { purchase: never });
    expect(exitCode, stderr).toBe(0);
    const { ceiling } = JSON.parse(stdout) as { ceiling: { command: string }[] };
    const commands = ceiling.map(({ command }) => command);
    expect(commands).toContain('DECR');
    expect(commands.filter((command) => command.includes('subject'))).toEqual([]);
  },
);

describe('one SIGTERM ends what never comes back', () => {
  const SAYS = "writeSync(2, 'under way\\n')";
  const NEVER_BACK: readonly (readonly [what: string, Doing])[] = [
    ['open() never settles', { open: `${SAYS}; ${NEVER}` }],
    ['a purchase never settles', { purchase: `${SAYS}; ${NEVER}` }],
    ['a purchase loops in promises', { purchase: `${SAYS}; for (;;) await null` }],
    ['a job never settles', { job: `${SAYS}; ${NEVER}` }],
  ];
  test.each(NEVER_BACK)('%s', async (_, doing) => {
    const { child, said, ended: ending } = trying('bench', doing);
    await said('under way');
    const from = performance.now();
    child.kill('SIGTERM');
    const { exitCode, stdout } = await ending;
    expect(exitCode).toBe(143);
    // By itself it would be given up after 10 s.
    expect(performance.now() - from).toBeLessThan(7_000);
    expect(JSON.parse(stdout)).toMatchObject({ strategies: [] });
  });
});
