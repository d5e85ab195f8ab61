import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { AnswerCode } from '../../documents/storefront.ts';
import type { Clock } from '../../ground/ambient.ts';

/** How far back the live figures go. */
const SECONDS = 60;

/** What happened in one second. */
interface Second {
  /** Since the process started. */
  at: number;
  sales: number;
  refusals: number;
}

const REFUSALS: ReadonlySet<AnswerCode> = new Set(['sold-out', 'limit-reached', 'already-yours']);

/** What this process has answered: counted as it happens, in constant memory. */
export class Statistics {
  /** Purchases, by what the buyer heard; `again` are those that were sold before. */
  readonly purchases = new Map<AnswerCode | 'again', number>();
  /** Everything else that was answered, by its code. */
  readonly others = new Map<AnswerCode, number>();
  /** Told of each purchase's response time, in seconds. */
  observe: (seconds: number) => void = () => undefined;
  readonly #clock: Clock;
  readonly #startNs: number;
  readonly #seconds: Second[] = Array.from({ length: SECONDS + 1 }, () => ({
    at: -1,
    sales: 0,
    refusals: 0,
  }));
  /** Response times of two half windows, in ns; the older is dropped when the newer is full. */
  #halves: [RecordableHistogram, RecordableHistogram] = [createHistogram(), createHistogram()];
  #halfSince = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startNs = clock.monotonicNs();
  }

  answered(code: AnswerCode): void {
    this.others.set(code, (this.others.get(code) ?? 0) + 1);
  }

  /** @param ms response time of the purchase */
  purchased(code: AnswerCode, again: boolean, ms: number): void {
    const heard = again ? 'again' : code;
    this.purchases.set(heard, (this.purchases.get(heard) ?? 0) + 1);
    const second = this.#second();
    if (heard === 'success') second.sales++;
    else if (REFUSALS.has(code)) second.refusals++;
    this.observe(ms / 1_000);
    this.#turn(second.at);
    this.#halves[0].record(Math.max(1, Math.round(ms * 1e6)));
  }

  /** Sales and refusals of each whole second of the last minute, the oldest first. */
  get lastMinute(): { sales: number[]; refusals: number[] } {
    const now = this.#now();
    const spans = Array.from({ length: SECONDS }, (_, i) => this.#at(now - SECONDS + i));
    return { sales: spans.map(({ sales }) => sales), refusals: spans.map(({ refusals }) => refusals) };
  }

  /** Of the last half minute to minute, in ms; undefined where nobody bought. */
  get responseP99Ms(): number | undefined {
    this.#turn(this.#now());
    const all = createHistogram();
    for (const half of this.#halves) all.add(half);
    return all.count === 0 ? undefined : all.percentile(99) / 1e6;
  }

  #turn(now: number): void {
    if (now - this.#halfSince < SECONDS / 2) return;
    const [newer, older] = this.#halves;
    older.reset();
    // After a long silence both are old.
    if (now - this.#halfSince >= SECONDS) newer.reset();
    this.#halves = [older, newer];
    this.#halfSince = now;
  }

  #now(): number {
    return Math.floor((this.#clock.monotonicNs() - this.#startNs) / 1e9);
  }

  #at(second: number): Pick<Second, 'sales' | 'refusals'> {
    const found = this.#seconds[Math.max(0, second) % this.#seconds.length]!;
    return found.at === second ? found : { sales: 0, refusals: 0 };
  }

  #second(): Second {
    const now = this.#now();
    const second = this.#seconds[now % this.#seconds.length]!;
    if (second.at !== now) Object.assign(second, { at: now, sales: 0, refusals: 0 });
    return second;
  }
}
