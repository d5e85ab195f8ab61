import type { Outcome } from '../documents/vocabulary.ts';
import type { Allowance } from './facts.ts';

/**
 * How a sale comes to rest before it is judged: sellers are closed, background work goes on until it finds nothing to
 * do, the ledger is read, and fresh users buy what is left, one unit at a time. A large sale, the explorer and its twin
 * over real sockets take these steps in this order. The loops are here, each with a bound, because a strategy's code
 * decides how long they go on. What lies between them is not: the explorer remembers it by the server's state.
 */

/**
 * Passes of background work until one finds nothing to do.
 * @param pass does one of them, and answers whether there was nothing to do
 * @param most passes, at least one
 * @returns false: each of them found work, so the sale never came to rest
 */
export async function untilIdle(pass: () => Promise<boolean>, most: number): Promise<boolean> {
  for (let done = 0; done < most; done++) if (await pass()) return true;
  return false;
}

/** What to do about an answer of `runJob` that is none. */
export const JOB_ANSWERS =
  "answer 'worked' where the pass did something, and 'idle' where there was nothing to do";

/** @returns how to tell of what `runJob` answered, if that says neither whether it did something nor whether it found nothing */
export function oddAnswerOfJob(answer: unknown): string | undefined {
  if (answer === 'worked' || answer === 'idle') return undefined;
  return `runJob answered ${shown(answer)}, and that says neither 'worked' nor 'idle'`;
}

const MOST_SHOWN = 40;

function shown(answer: unknown): string {
  if (answer === undefined) return 'nothing';
  if (answer === null) return 'null';
  if (typeof answer === 'string')
    return `'${answer.length > MOST_SHOWN ? `${answer.slice(0, MOST_SHOWN)}…` : answer}'`;
  if (typeof answer === 'number' || typeof answer === 'boolean' || typeof answer === 'bigint')
    return String(answer);
  return `a value of type ${typeof answer}`;
}

/** So long are jobs given, so long may whoever buys wait: what lives longer than this stays. */
export const GRACE_MS = 86_400_000;
/** A job that goes by the clock is tried at this time after the sale, at twice it, at four times it, … */
const FIRST_TRY_MS = 1_000;

/** A sale of which nothing is under way, and whose clock goes only as it is told. */
export interface Resting {
  /** Background work until it finds nothing to do. @returns whether it goes by the clock, as far as is known */
  work(): Promise<boolean>;
  /** How long it takes until each key that has a deadline is forgotten, in milliseconds. */
  remaining(): Promise<readonly number[]>;
  /** So much time passes. */
  pass(ms: number): Promise<void>;
}

/**
 * Time passes, and background work goes on: now, just before and at each deadline that is known, and, where it goes by the
 * clock, at times that double, as only its code knows what it waits for. A pass that neither reads the clock nor finds
 * a key gone does what the one before it did, so no other times can matter to that.
 */
export async function letTimePass(sale: Resting): Promise<void> {
  for (let atMs = 0; ;) {
    const readsClock = await sale.work();
    const deadlines = (await sale.remaining()).map((ms) => atMs + ms);
    const next = nextTry(atMs, deadlines, readsClock);
    if (next === undefined) return;
    await sale.pass(next - atMs);
    atMs = next;
  }
}

/** @returns when background work is tried next, in milliseconds after the sale; undefined once the grace is over */
function nextTry(atMs: number, deadlines: readonly number[], readsClock: boolean): number | undefined {
  const times = deadlines.filter((ms) => ms < GRACE_MS).flatMap((ms) => [ms - 1, ms]);
  if (readsClock) {
    for (let ms = FIRST_TRY_MS; ms < GRACE_MS; ms *= 2) times.push(ms);
    times.push(GRACE_MS);
  }
  const later = times.filter((ms) => ms > atMs);
  return later.length === 0 ? undefined : Math.min(...later);
}

/**
 * Fresh users buy one unit each until one of them gets none.
 * @param buy as the n-th of them, from 1; answers whether that was a sale
 * @param most units
 * @returns how many were bought; `most` may not have been all
 */
export async function drain(buy: (n: number) => Promise<boolean>, most: number): Promise<number> {
  let drained = 0;
  while (drained < most && (await buy(drained + 1))) drained++;
  return drained;
}

/**
 * One user buys single units until one of them gets none, or one more than the limit; without a limit, one.
 * @param buy as the n-th purchase, from 1; answers what it was told
 */
export async function tryLimit(
  buy: (n: number) => Promise<Outcome>,
  limit: number | undefined,
): Promise<Allowance> {
  const most = limit === undefined ? 1 : limit + 1;
  for (let bought = 0; bought < most; bought++) {
    const told = await buy(bought + 1);
    if (told !== 'sold') return { bought, refusal: told as Exclude<Outcome, 'sold' | 'done'> };
  }
  return { bought: most };
}
