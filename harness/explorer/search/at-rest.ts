import { RIGHT_LEDGER, wrongLedger } from '../../history/ledger.ts';
import type { PurchaseRequest, RecordedSale } from '../../../strategies/contract.ts';
import { drain, GRACE_MS, letTimePass, tryLimit } from '../../checkers/at-rest-steps.ts';
import type { Judgement } from '../../checkers/checker.ts';
import type { Allowance } from '../../checkers/facts.ts';
import type { Outcome } from '../../documents/vocabulary.ts';
import { Cursor } from '../space/cursor.ts';
import { drive } from '../space/drive.ts';
import { boot, type Birth } from '../space/perform.ts';
import { CannotExplore, SellerFailed } from '../cannot-explore.ts';
import type { Settled } from '../process/instance-events.ts';
import { freshRequest, furtherRequest, requestOf } from '../scope/ids.ts';
import { waitsAtServer } from '../space/process-state.ts';
import type { Space } from '../space/space.ts';
import type { States } from '../space/states.ts';
import { finishesOf } from './finishes.ts';
import { judgeEnd, unpaid, type Finish, type StoreAtRest } from './judge-end.ts';
import { remembered } from './remembered.ts';
import { Survivors } from './survivors.ts';
import { outcomeAtRest, isIdle, MOST_TIMERS, isSale, mostUnits, workOff } from './settling.ts';

/** Nothing moves any more. */
interface Quiet {
  server: number;
  /** Keys that were forgotten until then, in that order. */
  expired: readonly string[];
  /** Passes of background work that did something. */
  worked: number;
}

/** What an interleaving came to; `server`: at rest. */
export interface Concluded extends Quiet {
  finishes: readonly Finish[];
  store: StoreAtRest;
  /** All seven properties. */
  judgement: Judgement;
}

/** In place of a process that need not be looked at. */
const NOBODY = -1;

/** Processes of the sale in which a command waits, and so they serve on; `NOBODY` stands for each of the others. */
interface Standing {
  locals: readonly number[];
  clockMs?: number | undefined;
}

/** Judges the ends of interleavings, each distinct one once. */
export class AtRest {
  readonly #space: Space;
  readonly #quiet = new Map<string, Promise<Quiet>>();
  readonly #stores = new Map<string, Promise<StoreAtRest>>();
  readonly #limits = new Map<string, Promise<readonly Allowance[]>>();
  readonly #stocks = new Map<number, Promise<number | null>>();
  readonly #judgements = new Map<string, Promise<Judgement>>();

  readonly #survivors: Survivors;

  constructor(space: Space) {
    this.#space = space;
    this.#survivors = new Survivors(space);
  }

  /**
   * Sellers that live are closed, time passes, and jobs run until nothing changes.
   *
   * @param clockMs what the clock shows by then; undefined: nobody reads it
   */
  async #quiesce(server: number, locals: readonly number[], clockMs = 0): Promise<Quiet> {
    let at = server;
    const { abilities } = this.#space;
    if (abilities.close) {
      for (const [slot, id] of locals.entries()) {
        const local = this.#space.locals.values[id]!;
        if (local.phase !== 'live') continue;
        const cursor = new Cursor(this.#space.context(slot), at, local);
        cursor.clock.startMs = clockMs;
        await cursor.invoke({ method: 'close' });
        await drive(cursor);
        at = cursor.server;
      }
    }
    if (!abilities.runJob) return this.#forget(at, clockMs);
    return remembered(this.#quiet, `${at} ${clockMs}`, () => this.#work(at, clockMs));
  }

  /** Where background work did what a process waits for, that goes on, until neither has anything more to do. */
  async #comeToRest(
    server: number,
    before: readonly number[],
    clockMs?: number,
  ): Promise<Quiet & { locals: readonly number[] }> {
    const { mayWait, abilities } = this.#space;
    let [quiet, locals] = [await this.#quiesce(server, before, clockMs), before];
    // Who is closed has ended by then; and nothing but background work brings anything, when nobody moves.
    if (!mayWait || abilities.close || !abilities.runJob) return { ...quiet, locals };
    const restMs = clockMs === undefined ? undefined : clockMs + GRACE_MS;
    for (let rounds = 0; rounds < mostUnits(this.#space.scope); rounds++) {
      const served = await this.#serve(quiet.server, locals, restMs);
      if (!served) break;
      locals = served.locals;
      const { expired, worked, ...then } = await this.#work(served.server, restMs ?? 0);
      quiet = { ...then, expired: [...quiet.expired, ...expired], worked: quiet.worked + worked };
    }
    return { ...quiet, locals };
  }

  /** Processes whose commands have waited until now, and do not any more, go on. @returns undefined if there are none */
  async #serve(
    server: number,
    locals: readonly number[],
    clockMs: number | undefined,
  ): Promise<{ server: number; locals: number[] } | undefined> {
    let at = server;
    const after = [...locals];
    for (const [slot, id] of locals.entries()) {
      const local = this.#space.locals.values[id];
      if (!local || !waitsAtServer(local)) continue;
      const cursor = new Cursor(this.#space.context(slot), at, local);
      cursor.clock.startMs = clockMs;
      await cursor.lookAtBlocked();
      if (cursor.executable().length === 0) continue;
      await drive(cursor);
      at = cursor.server;
      after[slot] = this.#space.locals.id(cursor.local());
    }
    return after.some((id, slot) => id !== locals[slot]) ? { server: at, locals: after } : undefined;
  }

  /** Every deadline within the grace passes. */
  async #forget(server: number, clockMs: number): Promise<Quiet> {
    const passed = GRACE_MS - 1;
    const { next, expired } = await this.#space.memo.elapse(server, passed, clockMs + passed);
    return { server: next, expired: expired.map(({ key }) => key), worked: 0 };
  }

  async #work(server: number, clockMs: number): Promise<Quiet> {
    const { memo, operator } = this.#space;
    const cursor = await this.#fresh({ slot: operator, server, clockMs });
    if (!cursor) return this.#forget(server, clockMs);
    let nowMs = clockMs;
    let worked = 0;
    const forgotten: string[] = [];
    await letTimePass({
      work: async () => {
        await workOff(async () => {
          const before = cursor.server;
          const settled = await pass(cursor);
          const idle = isIdle(settled) && cursor.server === before;
          if (!idle) worked++;
          return idle;
        });
        return cursor.clockReads > 0;
      },
      remaining: async () => memo.remaining(cursor.server, nowMs),
      pass: async (ms) => {
        nowMs += ms;
        cursor.clock.startMs = nowMs;
        const { next, expired } = await memo.elapse(cursor.server, ms, nowMs);
        forgotten.push(...expired.map(({ key }) => key));
        cursor.server = next;
      },
    });
    return { server: cursor.server, expired: forgotten, worked };
  }

  /**
   * Drains a sale: fresh users on a fresh instance buy single units until one is refused, and the background work goes
   * on while they wait. Then nothing is left to be bought: who has not paid yet, and still can, holds what they took. Where
   * units are left, each user tries before that what their limit leaves them, as if the others did nothing. The state stays.
   */
  store(server: number, standing: Standing, unpaidBuyers: readonly number[] = []): Promise<StoreAtRest> {
    const key = `${server} ${unpaidBuyers.join()} ${JSON.stringify(standing)}`;
    return remembered(this.#stores, key, async () => {
      const cursor = await this.#fresh({ slot: this.#space.lateOperator, server });
      // A process that finds no product to sell sells nothing.
      if (!cursor) return { drained: 0 };
      const { scope, abilities } = this.#space;
      const recorded = abilities.recorded ? await this.#ledger(cursor) : undefined;
      const others = { ...standing };
      const drained = await drain(
        async (n) => isSale(await this.#buy(cursor, freshRequest(n), others)),
        mostUnits(scope),
      );
      const held: number[] = [];
      for (const buyer of unpaidBuyers) {
        const index = await cursor.invoke({ method: 'confirm', request: requestOf(scope, buyer) });
        await drive(cursor);
        if (cursor.settled(index)?.kind === 'returned') held.push(buyer);
      }
      const allowances = drained > 0 ? await this.#allowances(server, standing) : undefined;
      return { drained, held, ...(recorded && { recorded }), ...(allowances && { allowances }) };
    });
  }

  /** What a lone buyer of one unit is told, and how many are left then by the seller's own account. */
  async trial(server: number): Promise<Record<'purchase' | 'remaining', Settled | undefined>> {
    const cursor = await this.#fresh({ slot: this.#space.lateOperator, server });
    if (!cursor) return { purchase: undefined, remaining: undefined };
    const purchase = await this.#buy(cursor, freshRequest(1), { locals: [] });
    const index = await cursor.invoke({ method: 'remaining' });
    await drive(cursor);
    return { purchase, remaining: cursor.settled(index) };
  }

  /** What each user can still buy. */
  #allowances(server: number, standing: Standing): Promise<readonly Allowance[]> {
    const { perUserLimit, users } = this.#space.scope;
    return remembered(this.#limits, `${server} ${JSON.stringify(standing)}`, async () => {
      const allowances: Allowance[] = [];
      for (let user = 0; user < users; user++) {
        const cursor = await this.#fresh({ slot: this.#space.lateOperator, server });
        if (!cursor) return [];
        const others = { ...standing };
        const buy = async (n: number): Promise<Outcome> =>
          outcomeAtRest(await this.#buy(cursor, furtherRequest(user, n), others));
        allowances.push(await tryLimit(buy, perUserLimit));
      }
      return allowances;
    });
  }

  /** A purchase, while background work goes on, and processes that wait for something to do find it. */
  async #buy(cursor: Cursor, request: PurchaseRequest, others: Standing): Promise<Settled | undefined> {
    const index = await cursor.invoke({ method: 'purchase', request });
    const work = async (): Promise<void> => {
      const served = await this.#serve(cursor.server, others.locals, others.clockMs);
      if (served) [cursor.server, others.locals] = [served.server, served.locals];
      if (!this.#space.abilities.runJob) return;
      const office = await this.#fresh({ slot: this.#space.lateOperator, server: cursor.server });
      // Where there is no product to sell, there is no work to do.
      if (!office) return;
      await pass(office);
      cursor.server = office.server;
    };
    await drive(cursor, work);
    return cursor.settled(index);
  }

  /** What `remaining()` says, for people; null where it fails. */
  stock(server: number): Promise<number | null> {
    return remembered(this.#stocks, server, async () => {
      const cursor = await this.#fresh({ slot: this.#space.operator, server });
      if (!cursor) return null;
      const index = await cursor.invoke({ method: 'remaining' });
      await drive(cursor);
      const settled = cursor.settled(index);
      return settled?.kind === 'returned' && typeof settled.value === 'number' ? settled.value : null;
    });
  }

  /** Lets one end come to rest, and judges it. */
  async conclude(states: States, end: Int32Array): Promise<Concluded> {
    const [clockMs, suffered] = [states.clockMs(end), states.suffered(end)];
    const { locals, ...quiet } = await this.#comeToRest(states.server(end), states.locals(end), clockMs);
    const finishes = finishesOf(this.#space, locals, (operation) => states.spanOf(end, operation));
    const { server: at } = quiet;
    const { scope, abilities } = this.#space;
    const store = await this.store(
      at,
      this.#standing(locals, clockMs),
      unpaid(scope, finishes, abilities.recorded),
    );
    // Who closes ends its process: nobody comes to it any more.
    const asks = suffered.struck && !abilities.close && store.drained > 0;
    const mute = asks ? await this.#survivors.mute(at, locals, clockMs ?? 0) : undefined;
    const key = `${at} ${mute === undefined ? '' : 'mute'} ${JSON.stringify([suffered, finishes])}`;
    const told = mute === undefined ? store : { ...store, mute };
    const judgement = await remembered(this.#judgements, key, async () =>
      judgeEnd(scope, told, finishes, { ...suffered, reserves: this.#space.subject.strategy.reserves }),
    );
    return { ...quiet, finishes, store: told, judgement };
  }

  /** Who of these serves on. Where they are closed, nobody does. */
  #standing(locals: readonly number[], clockMs: number | undefined): Standing {
    const { mayWait, abilities } = this.#space;
    const waits = (id: number): boolean => waitsAtServer(this.#space.locals.values[id]!);
    if (!mayWait || abilities.close || !locals.some(waits)) return { locals: [] };
    return {
      locals: locals.map((id) => (waits(id) ? id : NOBODY)),
      clockMs: clockMs === undefined ? undefined : clockMs + GRACE_MS,
    };
  }

  /** A process that has started before now; undefined if it can make no seller, as when the product is gone. */
  async #fresh(birth: Birth): Promise<Cursor | undefined> {
    try {
      const cursor = await boot(this.#space, birth);
      // It may serve nobody until it is warm.
      for (let fired = 0; fired < MOST_TIMERS && cursor.nextOneShot !== undefined; fired++) {
        await cursor.fireTimer(cursor.nextOneShot);
        await drive(cursor);
      }
      return cursor;
    } catch (error) {
      if (error instanceof SellerFailed) return undefined;
      throw error;
    }
  }

  async #ledger(cursor: Cursor): Promise<readonly RecordedSale[]> {
    const index = await cursor.invoke({ method: 'recorded' });
    await drive(cursor);
    const settled = cursor.settled(index);
    const wrong =
      settled?.kind === 'returned'
        ? wrongLedger(settled.value)
        : settled
          ? `failed: ${settled.message}`
          : 'never returned';
    if (wrong === undefined) return (settled as { value: RecordedSale[] }).value;
    throw new CannotExplore(`recorded() ${wrong}`, RIGHT_LEDGER);
  }
}

/** One pass of background work. @returns how it ended @throws CannotExplore if that is a throw */
async function pass(cursor: Cursor): Promise<Settled | undefined> {
  const index = await cursor.invoke({ method: 'runJob' });
  await drive(cursor);
  const settled = cursor.settled(index);
  if (settled?.kind === 'threw')
    throw new CannotExplore(`runJob() failed: ${settled.message}`, 'correct runJob()');
  return settled;
}
