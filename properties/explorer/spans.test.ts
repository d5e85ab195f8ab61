import { expect, test } from 'vitest';
import { enterSpans, interval, NO_SPAN } from '../../harness/explorer/space/spans.ts';

/** Three purchases behind two words of something else. */
const fresh = (): { vector: Int32Array; offset: number; count: number } => ({
  vector: Int32Array.from([7, 8, NO_SPAN, NO_SPAN, NO_SPAN]),
  offset: 2,
  count: 3,
});

test('what is no purchase has no span, and changes nothing else', () => {
  const spans = fresh();
  enterSpans(spans, [-1], [{ operation: -1, outcome: 'sold-out' }], true);
  expect(spans).toEqual(fresh());
  // Its twin: a purchase that starts and is refused changes its own word, and no other.
  enterSpans(spans, [0], [{ operation: 0, outcome: 'sold-out' }], true);
  expect(spans.vector.with(2, NO_SPAN)).toEqual(fresh().vector);
  expect(spans.vector[2]).not.toBe(NO_SPAN);
});

test('a start that follows a completion comes after it, and one beside it does not', () => {
  const spans = fresh();
  enterSpans(spans, [0], [], false);
  enterSpans(spans, [1], [{ operation: 0, outcome: 'sold-out' }], false);
  enterSpans(spans, [2], [], false);
  const [first, beside, after] = Array.from(spans.vector.slice(2), interval);
  expect(first!.completed < after!.invoked).toBe(true);
  expect(first!.completed < beside!.invoked).toBe(false);
});
