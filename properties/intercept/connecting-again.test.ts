import { describe, expect, test } from 'vitest';
import { CannotExplore } from '../../harness/explorer/cannot-explore.ts';
import { inProcess } from '../../harness/explorer/process/link.ts';
import { specOf } from '../../harness/explorer/process/spec.ts';
import { ConnectingAgain, Habit } from '../../harness/intercept/connecting-again.ts';
import { interceptService } from '../../harness/intercept/intercept.ts';
import { scopeOf, server } from '../helpers/exploring.ts';
import { intercepted, shop } from '../helpers/intercepting.ts';
import { sometimes } from '../helpers/rotating.ts';

const at = server();
const IN_TIME = 600_000;
const quickly = { auditSamples: 2 };

describe('a process whose connection broke', () => {
  test('is waited for until it has connected, and from then on each time', () => {
    const habit = new Habit();
    const first = new ConnectingAgain(habit);
    expect(first.isAwaited).toBe(false);
    first.onCut();
    expect(first.isAwaited).toBe(true);
    first.onConnected();
    expect(first.isAwaited).toBe(false);
    first.onQuiet();
    const second = new ConnectingAgain(habit);
    second.onCut();
    second.onQuiet();
    expect(second.isAwaited).toBe(false);
    second.onCut();
    expect(second.isAwaited).toBe(true);
  });

  test('is waited for once if it does not connect by itself', () => {
    const habit = new Habit();
    const first = new ConnectingAgain(habit);
    first.onCut();
    first.onQuiet();
    const second = new ConnectingAgain(habit);
    second.onCut();
    expect(second.isAwaited).toBe(false);
  });

  test('is no matter of connections that come by the way', () => {
    const habit = new Habit();
    new ConnectingAgain(habit).onConnected();
    expect(habit.connectsByItself).toBeUndefined();
  });
});

describe('a client', () => {
  sometimes(
    'that fails what comes before it is connected again is given that time, so that each history has one result',
    async () => {
      const scope = { buyers: 1, stock: 2, faults: { 'lost-reply': 1, retry: 1 } };
      const explored = await intercepted(shop(['node', 'shop.mjs', 'fails-fast']), scope, at.target, quickly);
      expect(explored).toMatchObject({ coverage: 'exhausted', facts: { fresh: false } });
      // Whoever asks again finds a connection.
      expect(explored.notes?.join()).toContain('status 500');
      expect(explored.notes?.join()).not.toContain('503');
      expect(explored.properties['double-sale'].verdict).toBe('violated');
    },
    IN_TIME,
  );

  test('whose time limit passes while its command is held is named', { timeout: IN_TIME }, async () => {
    const scope = scopeOf({ buyers: 1, stock: 1 });
    // Longer than it takes to come to rest with its command held, on a busy machine, too.
    const file = shop(['node', 'shop.mjs', 'impatient'], { env: { LIMIT_MS: '2000' } });
    await using service = await interceptService({ file, scope, target: at.target });
    const seller = service.subject.service!;
    const role = { role: 0, purchases: 1, startMs: 0, transport: inProcess };
    const instance = await seller.boot(specOf(scope, service.subject, role));
    const request = { requestId: 'r1', userId: 'u1', quantity: 1 };
    await instance.apply({ type: 'call', call: { method: 'purchase', request } });
    expect(instance.observe()).toMatchObject({
      written: [[expect.stringContaining('stock')]],
      settled: [undefined],
    });
    await expect
      .poll(
        () =>
          seller.requireSound().then(
            () => '',
            ({ message }: CannotExplore) => message,
          ),
        { timeout: 60_000 },
      )
      .toBe('the service answered a request by itself while GET stock was held: a time limit passed');
    await instance.kill();
  });

  test(
    'whose time limit may pass at any moment is given no verdict, and time limits are spoken of',
    async () => {
      const file = shop(['node', 'shop.mjs', 'impatient'], { env: { LIMIT_MS: '20' } });
      const ran = intercepted(file, { buyers: 2, stock: 1 }, at.target).catch((error: unknown) => error);
      const told = await ran;
      expect(told).toBeInstanceOf(CannotExplore);
      // Which of these it comes to depends on what was under way at that moment.
      const { message, remedy } = told as CannotExplore;
      expect(`${message}; ${remedy}`).toMatch(/time limit|not told whether they bought|by itself/);
    },
    IN_TIME,
  );
});
