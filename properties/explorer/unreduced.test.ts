import { expect } from 'vitest';
import { decrementThenCheck } from '../../strategies/decrement-then-check.ts';
import { exploring, server } from '../helpers/exploring.ts';
import { sometimes } from '../helpers/rotating.ts';

const redis = server();
const SMALL = { buyers: 2, stock: 1 };

sometimes('a search that nothing is reduced in says of what file it is, and how far it came', async () => {
  const path = '/shop/sell.ts';
  const whole = await exploring(redis.target, decrementThenCheck, SMALL, { unreduced: true, path });
  expect(whole).toMatchObject({ path, coverage: 'exhausted', notes: [] });
  const unnamed = await exploring(redis.target, decrementThenCheck, SMALL, { unreduced: true, maxStates: 1 });
  expect(unnamed).not.toHaveProperty('path');
  expect(unnamed).toMatchObject({ coverage: 'bounded', notes: ['stopped at 1 interleavings'] });
});
