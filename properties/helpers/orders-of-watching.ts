/** A buyer who watches the stock, reads it and takes a unit, or leaves when there is none. */
interface Buyer {
  /** Commands that the server has run for them in this attempt: WATCH, then GET, then EXEC or UNWATCH. */
  done: 0 | 1 | 2;
  /** What GET said. */
  sawSome: boolean;
  /** Nobody has sold since WATCH. */
  isWatching: boolean;
}

/**
 * In how many orders a server may run the commands of buyers who watch, until each has an answer: counted over a model of a few
 * lines, and not by the explorer.
 */
export function ordersOfWatching({ buyers, stock }: { buyers: number; stock: number }): bigint {
  const known = new Map<string, bigint>();
  const orders = (left: number, waiting: readonly Buyer[]): bigint => {
    if (waiting.length === 0) return 1n;
    const key = JSON.stringify([left, waiting]);
    const before = known.get(key);
    if (before !== undefined) return before;
    let sum = 0n;
    for (const [i, buyer] of waiting.entries()) sum += after(left, buyer, waiting.toSpliced(i, 1));
    known.set(key, sum);
    return sum;
  };
  const after = (left: number, buyer: Buyer, others: readonly Buyer[]): bigint => {
    if (buyer.done === 0) return orders(left, [...others, { ...buyer, done: 1, isWatching: true }]);
    if (buyer.done === 1) return orders(left, [...others, { ...buyer, done: 2, sawSome: left > 0 }]);
    if (!buyer.sawSome) return orders(left, others);
    if (!buyer.isWatching) return orders(left, [...others, FRESH]);
    return orders(
      left - 1,
      others.map((other) => ({ ...other, isWatching: false })),
    );
  };
  return orders(
    stock,
    Array.from({ length: buyers }, () => FRESH),
  );
}

const FRESH: Buyer = { done: 0, sawSome: false, isWatching: false };
