import type { Outcome } from '../../documents/vocabulary.ts';
import type { Answered } from './process-state.ts';

/**
 * When a purchase started and completed, as far as real-time order goes: both are counted in batches, and a new
 * batch begins with each start that follows a completion. `j` was over before `i` began if j's completion lies in an
 * earlier batch than i's start: the canonical representation of an interval order, so equal orders are equal spans.
 *
 *   A  |----sold-out|                 start 0, completion 0
 *   B     |--sold---------|           start 0, none kept
 *   C                 |--sold--|      start 1: A was over, so A's refusal cannot be explained by C
 *
 * Only refusals keep their completion, as long as units only go and never come back. A sale that is over early makes
 * later refusals easier to explain, never harder, so forgetting when it ended accuses nobody and excuses nobody.
 */
export const NO_SPAN = 0xffff;
const NONE = 0xff;
const REFUSALS: ReadonlySet<Outcome> = new Set(['sold-out', 'limit-reached', 'already-yours']);

const startOf = (span: number): number => span & NONE;
const completionOf = (span: number): number => span >> 8;

/** Where the spans of a state lie. */
export interface Spans {
  vector: Int32Array;
  offset: number;
  count: number;
}

/**
 * Enters starts, then completions.
 * @param all all completions matter, because units may also come back
 */
export function enterSpans(
  spans: Spans,
  started: readonly number[],
  completed: readonly Answered[],
  all: boolean,
): void {
  const { vector, offset, count } = spans;
  for (const operation of started) {
    if (operation < 0 || operation >= count) continue;
    const batch = currentBatch(spans);
    let closed = false;
    for (let b = 0; b < count; b++) closed ||= completionOf(vector[offset + b]!) === batch;
    vector[offset + operation] = (closed ? batch + 1 : batch) | (NONE << 8);
  }
  for (const { operation, outcome } of completed) {
    if (operation < 0 || operation >= count || outcome === 'unknown') continue;
    if (!all && !REFUSALS.has(outcome)) continue;
    const start = startOf(vector[offset + operation]!);
    vector[offset + operation] = start | (currentBatch(spans) << 8);
  }
}

function currentBatch({ vector, offset, count }: Spans): number {
  let batch = 0;
  for (let b = 0; b < count; b++) {
    const start = startOf(vector[offset + b]!);
    if (start !== NONE && start > batch) batch = start;
  }
  return batch;
}

/** As points in time: a completion before a start compares as smaller. */
export const interval = (span: number): { invoked: number; completed: number } => ({
  invoked: 2 * startOf(span),
  completed: 2 * completionOf(span) + 1,
});
