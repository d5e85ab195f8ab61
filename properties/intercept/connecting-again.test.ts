import { describe, expect, test } from 'vitest';
import { CannotExplore } from '../../harness/explorer/cannot-explore.ts';
import { ConnectingAgain, Habit } from '../../harness/intercept/connecting-again.ts';
import { server } from '../helpers/exploring.ts';
import { intercepted, shop } from '../helpers/intercepting.ts';

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
  test(
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

  test(
    'whose time limit passes while its command is held is named, and no answer that comes of it is one',
    async () => {
      const ran = intercepted(shop(['node', 'shop.mjs', 'impatient']), { buyers: 2, stock: 1 }, at.target);
      await expect(ran).rejects.toBeInstanceOf(CannotExplore);
      await expect(ran).rejects.toThrow(
        /while .* was held: a time limit|not told whether they bought|by itself, when nobody asks/,
      );
    },
    IN_TIME,
  );
});
