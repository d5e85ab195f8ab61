import type { Sale } from '../../strategies/contract.ts';
import type { OperationColumns } from '../history/columns.ts';
import { Heap, Heaps } from './heap.ts';
import { orderByTime } from './order.ts';
import {
  CONFIRM,
  DONE,
  had,
  isRefusal,
  mayBeFree,
  PURCHASE,
  RELEASE,
  RESTOCK,
  SOLD,
  SOLD_OUT,
  UNKNOWN,
  type Requests,
} from './requests.ts';

/*
 * Is every refusal explained by one order of the operations? In n log n, wherever the history allows it.
 *
 * The question is `falseRefusals`'s: a sale is always let through (an oversold unit is another property's business),
 * so the only demands on an order are those of the refusals. A `sold-out` for q units wants, somewhere in its
 * interval, fewer than q available; a `limit-reached` wants the user to hold too much; a request that holds units
 * must not be refused. All of them want units to be taken as early and given back as late as real time allows.
 * These wishes do not conflict: one sweep through time that takes at each sale's invocation, and frees at each
 * release's and restock's completion, gives the fewest available units at *every* instant at once. So a refusal
 * that this sweep does not explain is explained by no order.
 *
 *     stock 1     A  |---- sold ----|                 available 0 from A's invocation on
 *                 B      |- sold-out -|               explained: 1 > 0
 *                 A             |--- release ---|     available 1 only after this completed
 *                 C                       |- sold-out -|  explained by the instants before that; but had C been
 *                                                     invoked after the release completed, nothing would explain it
 *
 * At the same instant invocations come before completions, since operations that merely touch are not ordered.
 *
 * One wish does wait for another: a request that is refused in one attempt and sold in another must not hold its
 * units before it is refused. Its units are taken as soon as all its refusals are explained, and at the latest when
 * its sale completes. Earlier is never worse for anybody else, so each refusal is explained as early as can be, and
 * the sweep, going forward, finds that moment.
 *
 * Two things break the argument, and only there are its two readings apart:
 *
 * - A purchase whose outcome is *unknown* takes its units only where the model sells. It may want others to come
 *   later, so that there is still enough for it, and which of several unknown ones fit together is a knapsack.
 * - A release that overlaps its own sale may come first and free nothing; and a request that is refused, sold and
 *   released may be refused after the release. A hold that nobody confirmed may have been released at any time.
 *
 * The *witness* reading decides each such case in some way that the model allows: if it explains all refusals, it is
 * an order, and the property holds. The *bound* reading lets each case lower the stock at every instant at which any
 * order could: what it does not explain, no order explains, and the property is violated. Without such cases the two
 * are the same. Where the bound explains what the witness does not, the general search decides, on the part of the
 * history in which these cases lie; and if its time is up, the verdict is inconclusive.
 */

/** Rows by their invocation and by their completion. */
interface Events {
  invocations: Uint32Array;
  completions: Uint32Array;
}

export const eventsOf = ({ length, invoked, completed }: OperationColumns): Events => ({
  invocations: orderByTime(invoked, length),
  completions: orderByTime(completed, length),
});

/** Why a request's units are not taken yet: its own refusals come first. */
const NOT_WANTED = 0;
const WANTED_IF_THERE_IS_ENOUGH = 1;
const WANTED = 2;

/** One reading of a history. */
export class StockSweep {
  readonly #sale: Sale;
  readonly #operations: OperationColumns;
  readonly #requests: Requests;
  readonly #bound: boolean;
  #available: number;

  /** By request. */
  readonly #holds: Uint8Array;
  readonly #wanted: Uint8Array;
  /** Refusals to be explained before the request may hold units. */
  readonly #refusalsLeft: Int32Array;
  /** The end of the last attempt so far that may have sold it. */
  readonly #soldBy: Float64Array;
  /** By user; empty without a limit. */
  readonly #heldBy: Float64Array;

  /** By operation: a refusal that is explained, or whose time is over. */
  readonly #settled: Uint8Array;
  readonly #unexplained: number[] = [];
  /** Operations told `sold-out` and not explained yet, the largest quantity first. */
  readonly #short: Heap;
  /** Operations told `limit-reached` and not explained yet, by user, the largest quantity first. */
  readonly #limited: Heaps;
  readonly #usersToCheck: number[] = [];
  /** Unknown requests that the model would not sell yet, the smallest first: for want of units, or for the limit. */
  readonly #waiting: Heap;
  readonly #waitingForLimit: Heaps;

  constructor(sale: Sale, operations: OperationColumns, requests: Requests, reading: 'witness' | 'bound') {
    this.#sale = sale;
    this.#operations = operations;
    this.#requests = requests;
    this.#bound = reading === 'bound';
    this.#available = sale.stock;
    this.#holds = new Uint8Array(requests.count);
    this.#wanted = new Uint8Array(requests.count);
    this.#refusalsLeft = new Int32Array(requests.count);
    this.#soldBy = new Float64Array(requests.count).fill(-Infinity);
    this.#heldBy = new Float64Array(sale.perUserLimit === undefined ? 0 : operations.strings.size);
    this.#settled = new Uint8Array(operations.length);
    const largestFirst = (row: number): number => -operations.quantity[row]!;
    const smallestFirst = (r: number): number => requests.quantity[r]!;
    this.#short = new Heap(largestFirst);
    this.#limited = new Heaps(largestFirst);
    this.#waiting = new Heap(smallestFirst);
    this.#waitingForLimit = new Heaps(smallestFirst);
  }

  /** @returns the refusals that stay unexplained, in the order of their completion */
  run({ invocations, completions }: Events): number[] {
    const { invoked, completed, length } = this.#operations;
    this.#countRefusals();
    let next = 0;
    for (let from = 0, to = 0; from < length; from = to) {
      const time = completed[completions[from]!]!;
      while (next < length && invoked[invocations[next]!]! <= time) this.#invoke(invocations[next++]!);
      if (time === Infinity) break;
      while (to < length && completed[completions[to]!] === time) to++;
      // What frees units may make room for an unknown purchase that explains a refusal at the same instant.
      for (let i = from; i < to; i++) this.#free(completions[i]!);
      for (let i = from; i < to; i++) this.#insist(completions[i]!);
      for (let i = from; i < to; i++) this.#close(completions[i]!);
    }
    return this.#unexplained;
  }

  #countRefusals(): void {
    for (let row = 0; row < this.#operations.length; row++) {
      if (!isRefusal(this.#operations, row) || this.#isHopeless(row)) continue;
      const r = this.#requests.ofOperation[row]!;
      if (this.#mayHold(r) && !this.#isReleased(r)) this.#refusalsLeft[r]!++;
    }
  }

  /** A request that was acknowledged before, and never given back, holds its units for ever. */
  #isHopeless(row: number): boolean {
    const r = this.#requests.ofOperation[row]!;
    const isReleased = this.#requests.releases[r] !== 0;
    return !isReleased && this.#operations.invoked[row]! > this.#requests.acknowledgedAt[r]!;
  }

  #mayHold(r: number): boolean {
    const outcomes = this.#requests.outcomes[r]!;
    return had(outcomes, SOLD) || had(outcomes, UNKNOWN);
  }

  #isReleased(r: number): boolean {
    return mayBeFree(this.#requests, r);
  }

  #invoke(row: number): void {
    const op = this.#operations.op[row];
    const r = this.#requests.ofOperation[row]!;
    if (r < 0 || (op !== PURCHASE && op !== CONFIRM)) return;
    const outcome = this.#operations.outcome[row]!;
    // Who is acknowledged by a confirm holds units, if they were taken anew for it.
    if (outcome === SOLD || outcome === DONE || outcome === UNKNOWN) {
      const end = outcome === UNKNOWN ? Infinity : this.#operations.completed[row]!;
      this.#soldBy[r] = Math.max(this.#soldBy[r]!, end);
      this.#want(r, outcome === UNKNOWN ? WANTED_IF_THERE_IS_ENOUGH : WANTED);
    } else if (isRefusal(this.#operations, row)) {
      this.#refuse(row, r);
    }
    this.#explainAll();
  }

  #want(r: number, how: number): void {
    if (this.#holds[r]) return;
    if (this.#refusalsLeft[r]! > 0) this.#wanted[r] = Math.max(this.#wanted[r]!, how);
    else if (how === WANTED || this.#bound) this.#take(r);
    else this.#takeIfSold(r);
  }

  /** An unknown purchase takes its units only where the model sells; else it waits. */
  #takeIfSold(r: number): void {
    const user = this.#requests.user[r]!;
    const limit = this.#sale.perUserLimit;
    if (this.#requests.quantity[r]! > this.#available) this.#waiting.push(r);
    else if (limit !== undefined && this.#heldBy[user]! + this.#requests.quantity[r]! > limit) {
      this.#waitingForLimit.push(user, r);
    } else this.#take(r);
  }

  #take(r: number): void {
    const quantity = this.#requests.quantity[r]!;
    this.#holds[r] = 1;
    this.#wanted[r] = NOT_WANTED;
    this.#available -= quantity;
    if (this.#sale.perUserLimit === undefined) return;
    const user = this.#requests.user[r]!;
    this.#heldBy[user]! += quantity;
    if (this.#limited.of(user) !== undefined) this.#usersToCheck.push(user);
  }

  #refuse(row: number, r: number): void {
    if (this.#operations.outcome[row] === SOLD_OUT) this.#short.push(row);
    else {
      this.#limited.push(this.#requests.user[r]!, row);
      this.#usersToCheck.push(this.#requests.user[r]!);
    }
  }

  /** Explains what the present state explains. That may let a request take its units, which may explain more. */
  #explainAll(): void {
    for (;;) {
      const row = this.#short.top;
      if (row !== undefined && this.#operations.quantity[row]! > this.#available) {
        this.#short.pop();
        this.#explain(row);
        continue;
      }
      const user = this.#usersToCheck.pop();
      if (user === undefined) return;
      this.#explainLimited(user);
    }
  }

  #explainLimited(user: number): void {
    const limit = this.#sale.perUserLimit;
    const rows = this.#limited.of(user);
    if (limit === undefined || rows === undefined) return;
    for (let row = rows.top; row !== undefined; row = rows.top) {
      if (this.#heldBy[user]! + this.#operations.quantity[row]! <= limit) return;
      rows.pop();
      this.#explain(row);
    }
  }

  /** The refusal has its place here, unless its own request holds units. */
  #explain(row: number): void {
    const r = this.#requests.ofOperation[row]!;
    // What was paid does not lapse.
    const mayHoldNothing = this.#bound && this.#isReleased(r) && !this.#isHopeless(row);
    if (this.#settled[row] || (this.#holds[r] && !mayHoldNothing)) return;
    this.#settle(row, r);
  }

  /** Its request need not wait for it any more. */
  #settle(row: number, r: number): void {
    this.#settled[row] = 1;
    this.#refusalsLeft[r]!--;
    if (this.#wanted[r] !== NOT_WANTED) this.#want(r, this.#wanted[r]!);
  }

  #free(row: number): void {
    if (this.#operations.outcome[row] !== DONE) return;
    if (this.#operations.op[row] === RESTOCK) {
      this.#available += this.#operations.quantity[row]!;
      this.#wake();
    }
    if (this.#operations.op[row] === RELEASE) this.#release(row);
  }

  #release(row: number): void {
    const r = this.#requests.ofOperation[row]!;
    if (r < 0 || !this.#holds[r]) return;
    // An attempt that was not over when the release began may have sold the request after it.
    if (this.#bound && this.#soldBy[r]! >= this.#operations.invoked[row]!) return;
    this.#holds[r] = 0;
    this.#available += this.#requests.quantity[r]!;
    const user = this.#requests.user[r]!;
    if (this.#sale.perUserLimit !== undefined) this.#heldBy[user]! -= this.#requests.quantity[r]!;
    this.#wakeUser(user);
    this.#wake();
  }

  /** Units became free: unknown purchases for which there is enough now take them. */
  #wake(): void {
    for (let r = this.#waiting.top; r !== undefined; r = this.#waiting.top) {
      if (this.#requests.quantity[r]! > this.#available) return;
      this.#waiting.pop();
      if (!this.#holds[r]) this.#takeIfSold(r);
      this.#wakeUser(this.#requests.user[r]!);
      this.#explainAll();
    }
  }

  /**
   * The same for one user's, of whom the limit may now let some through. When the smallest of them waits for units,
   * so would the others: they stay, and are looked at again when it has left. So each look moves one, not all.
   */
  #wakeUser(user: number): void {
    const limit = this.#sale.perUserLimit;
    const kept = this.#waitingForLimit.of(user);
    if (limit === undefined || kept === undefined) return;
    for (let r = kept.top; r !== undefined; r = kept.top) {
      if (this.#heldBy[user]! + this.#requests.quantity[r]! > limit) return;
      kept.pop();
      if (this.#holds[r]) continue;
      this.#takeIfSold(r);
      if (!this.#holds[r]) return;
    }
  }

  /** A sale that completes has taken its units, whether or not its refusals were explained. */
  #insist(row: number): void {
    if (this.#operations.outcome[row] !== SOLD) return;
    const r = this.#requests.ofOperation[row]!;
    if (this.#wanted[r] !== WANTED) return;
    this.#take(r);
    this.#explainAll();
  }

  #close(row: number): void {
    if (!isRefusal(this.#operations, row) || this.#settled[row]) return;
    this.#unexplained.push(row);
    this.#settle(row, this.#requests.ofOperation[row]!);
    this.#explainAll();
  }
}
