/**
 * Where a consumer of orders can be killed so that it matters, and how that is agreed with its process: over the channel by
 * which it was started, and by nothing else. `read`: entries are delivered and nothing is done yet. `claimed`: the same, of
 * entries that another consumer left. `committed`: the order book has them, the stream does not know. `acked`: the stream
 * knows. `trimmed`: they are gone from it.
 */
export const FAILPOINTS = ['read', 'claimed', 'committed', 'acked', 'trimmed'] as const;
export type Failpoint = (typeof FAILPOINTS)[number];

/** What is sent to the process. */
export interface Arm {
  arm: Failpoint;
}

/** What it answers: at once, and when it stands there. */
export type Confirmation = { armed: Failpoint } | { standing: Failpoint; entries: string[] };
