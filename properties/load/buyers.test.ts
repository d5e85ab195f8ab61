import { expect, test } from 'vitest';
import { crowdRequest, type Crowd } from '../../harness/load/buyers.ts';

const crowd = (changes: Partial<Crowd>): Crowd => ({ tag: 'run', quantities: [1, 3], ...changes });

test('each buyer is a user, and quantities go round', () => {
  const requests = [1, 2, 3].map((buyer) => crowdRequest(crowd({}), buyer));
  expect(requests).toEqual([
    { requestId: 'r1-run', userId: 'u1', quantity: 1 },
    { requestId: 'r2-run', userId: 'u2', quantity: 3 },
    { requestId: 'r3-run', userId: 'u3', quantity: 1 },
  ]);
});

test('where users are fewer than buyers, they are dealt out in turn, from the first to the last', () => {
  const users = [1, 2, 3, 4, 5, 6, 7].map((buyer) => crowdRequest(crowd({ users: 3 }), buyer).userId);
  expect(users).toEqual(['u1', 'u2', 'u3', 'u1', 'u2', 'u3', 'u1']);
});
