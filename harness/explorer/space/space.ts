import { OpenPick, StartAgain } from '../cannot-explore.ts';
import { buyersIn, isLone, isOffice, isOpen } from '../scope/layout.ts';
import type { Move } from '../scope/moves.ts';
import { renamer } from '../scope/ids.ts';
import { mayBeAsked, type Served } from '../scope/payments.ts';
import type { Atom } from './atom.ts';
import { Cursor } from './cursor.ts';
import { aged } from './cursor-clock.ts';
import { settle } from './drive.ts';
import { buyersOfCrashed, firstAttempts, movesOf } from './enabled.ts';
import {
  ABSENT,
  GONE,
  spent,
  withoutSpentConnections,
  hasFailedSomebody,
  Interner,
  late,
  type Answered,
  type ProcessState,
} from './process-state.ts';
import { ask, begin, boot, openSale, perform, sellerFailed } from './perform.ts';
import { mayKnowTime } from './hearing.ts';
import { dirtied } from './on-server.ts';
import { Setting } from './setting.ts';

/** What a move comes to. */
export interface Transition {
  server: number;
  local: number;
  /** Watchable keys that were touched, as bits. */
  touched: number;
  started: readonly number[];
  /** How far the clock moved. */
  elapsedMs: number;
  completed: readonly Answered[];
  atoms: readonly Atom[];
}

/** What a slot is asked to do: where the sale stands, and what is left of the budgets after it. */
export interface Position {
  server: number;
  local: number;
  slot: number;
  packed: number;
  /** What the clock shows, in milliseconds after the world's beginning; undefined: nobody reads it. */
  clockMs: number | undefined;
  /** Replicas that have stopped following. */
  stopped: number;
}

/**
 * The local states and moves of one scope. It knows nothing of visiting or counting; every answer is remembered, so
 * that asking again costs a look-up.
 */
export class Space extends Setting {
  readonly locals = new Interner<ProcessState>();
  /** A purchase went on for so long that the search left it. */
  cut = false;
  /** Somewhere a command comes next that may wait. */
  mayWait = false;
  readonly #moves = new Map<number, (readonly Move[])[]>();
  readonly #endless = new Set<number>();
  readonly #dirtied = new Map<string, number>();
  /** The sale opened and every instance ready, from an empty server. */
  async initial(): Promise<{ server: number; transitions: Transition[] }> {
    const packed = this.budgets.whole;
    let server = await openSale(this);
    // One that nothing competes with tells what a seller can do; the processes' own starts are part of the sale.
    const first = await boot(this, { slot: this.operator, server });
    this.startsByCommands = first.sentAnything;
    const transitions: Transition[] = [];
    for (let slot = 0; slot < this.layout.slots; slot++) {
      if (!isOpen(this.layout, slot)) {
        transitions.push(this.#resting(server, { ...ABSENT, role: slot }));
        continue;
      }
      const booting = this.rules.boots
        ? await begin(this, { slot, server, clockMs: this.startsAtMs })
        : await boot(this, { slot, server });
      if (this.fuses(slot, packed)) await settle(booting, this.#stillAsked(slot, packed));
      const asked = booting.abilities ? await this.#askedEarly(booting, slot, packed) : undefined;
      const cursor = asked ?? booting;
      transitions.push(this.#finish(cursor, slot, packed));
      server = transitions.at(-1)!.server;
    }
    return { server, transitions };
  }

  /**
   * A lone buyer's purchase is called at once, as its interval begins with its first command anyway. Unless the code
   * makes a choice on the way there (`env.pick`): then asking is an event, which has several outcomes. And unless
   * something of the process's start is still to come, which may come before the buyer and change what it meets.
   */
  async #askedEarly(booted: Cursor, slot: number, packed: number): Promise<Cursor | undefined> {
    const [buyer, ...others] = buyersIn(this.scope, slot);
    if (buyer === undefined || others.length > 0 || !this.reductions.lateStarts) return undefined;
    // A pass of background work may come before the buyer, too.
    if (!booted.idle || (this.scope.jobs > 0 && this.scope.workers === 'everywhere')) return undefined;
    const cursor = new Cursor(this.context(slot), booted.server, booted.local());
    cursor.atoms.push(...booted.atoms);
    try {
      await ask(this, cursor, slot, { method: 'purchase', buyer, operation: buyer, begun: false });
      // Who reads the clock before the first command, or sets a timer, does so at any time.
      if (cursor.movesClock && cursor.clockReads + cursor.timers > 0) return undefined;
      if (this.fuses(slot, packed)) await settle(cursor, this.#stillAsked(slot, packed));
      return cursor;
    } catch (error) {
      if (error instanceof OpenPick) return undefined;
      throw error;
    }
  }

  /** Moves of this slot, the sale's own first, in a fixed order. */
  moves(localId: number, slot: number, packed: number): readonly Move[] {
    const key = packed * this.layout.slots + slot;
    let known = this.#moves.get(key);
    if (!known) this.#moves.set(key, (known = []));
    return (known[localId] ??= this.#enumerate(this.locals.values[localId]!, slot, packed));
  }

  /** Buyers who died with the process of this local state and have not asked again. */
  buyersOfCrashed(localId: number, slot: number): number[] {
    return buyersOfCrashed(this.locals.values[localId]!).map((recorded) => this.buyerHere(slot, recorded));
  }

  /** Buyers who have asked on the process of this local state, answered or not. */
  firstAttempts(localId: number): number[] {
    return firstAttempts(this.scope, this.locals.values[localId]!);
  }

  /** What a slot was asked for, as far as paying goes. */
  served(localId: number, slot: number): Served {
    const { phase, node, calls } = this.locals.values[localId]!;
    const live = phase === 'live' && this.histories.abilities(node) !== undefined;
    return { live, calls: calls.map((call) => ({ ...call, buyer: this.buyerHere(slot, call.buyer) })) };
  }

  /**
   * Everything that a move may come to: one transition, or one for each choice of the code (`env.pick`) and each
   * outcome of what the server draws.
   */
  async expand(at: Position, move: Move): Promise<Transition[]> {
    const { server, local: localId, slot, packed, clockMs, stopped } = at;
    const local = this.locals.values[localId]!;
    const transitions: Transition[] = [];
    const open: (readonly number[])[] = [[]];
    for (let picks = open.pop(); picks; picks = open.pop()) {
      try {
        const cursor = await perform(this, { slot, server, local, picks, clockMs, stopped }, move);
        if (move.kind === 'confirm') await this.#askedLate(cursor, local, slot, packed);
        if (this.fuses(slot, packed)) await settle(cursor, this.#stillAsked(slot, packed));
        transitions.push(this.#finish(cursor, slot, packed));
      } catch (error) {
        if (!(error instanceof OpenPick)) throw error;
        for (let answer = error.choices - 1; answer >= 0; answer--) open.push([...picks, answer]);
      }
    }
    return transitions;
  }

  /**
   * A confirm begins with its first command, as a purchase does, where nothing of its process could come before that and it
   * makes no difference what time it is.
   */
  async #askedLate(cursor: Cursor, before: ProcessState, slot: number, packed: number): Promise<void> {
    if (!this.reductions.lateStarts || !this.fuses(slot, packed) || this.budgets.delaying(packed)) return;
    // Who has begun to release confirms no more; so the confirm may have been sent before that, and run after it.
    if (this.budgets.releasing(packed)) return;
    const [connection, ...others] = cursor.executable();
    const alone =
      others.length + cursor.deliverable().length + cursor.timers === 0 &&
      !cursor.putsOff &&
      !cursor.isBlocked;
    const readBefore = this.histories.observation(before.node).clockReads;
    if (connection !== undefined && alone && cursor.clockReads === readBefore)
      await cursor.execute(connection);
  }

  /** What an instance does at once because something that could have come can come no more. */
  async relax({ server, local: localId, slot, packed }: Omit<Position, 'stopped'>): Promise<Transition> {
    const local = this.locals.values[localId]!;
    if (local.phase === 'done' || local.phase === 'absent') return this.#resting(server, local);
    const cursor = new Cursor(this.context(slot), server, local);
    try {
      if (this.fuses(slot, packed)) await settle(cursor, this.#stillAsked(slot, packed));
    } catch (error) {
      // What its code chooses (env.pick) has several outcomes: it stays as it is, and what follows are events.
      if (error instanceof OpenPick) return this.#resting(server, local);
      throw error;
    }
    return this.#finish(cursor, slot, packed);
  }

  /** The local state after others touched keys that it may watch. */
  touch(localId: number, slot: number, touched: number): number {
    const key = `${localId} ${slot} ${touched}`;
    const known = this.#dirtied.get(key);
    if (known !== undefined) return known;
    if (!this.rules.othersTouch) return localId;
    const local = this.locals.values[localId]!;
    const connections = local.connections.map((connection) =>
      dirtied(this.context(slot), connection, touched),
    );
    const result = this.locals.id({ ...local, connections });
    this.#dirtied.set(key, result);
    return result;
  }

  /** The local state after time has passed. */
  aged(localId: number, elapsedMs: number): number {
    const local = this.locals.values[localId]!;
    const confirms = (this.scope.confirms ?? 0) > 0;
    if (!confirms && local.due.every(([, inMs]) => inMs === 0)) return localId;
    const calls = !confirms ? local.calls : late(local.calls, this.#isDated(local));
    return this.locals.id({ ...local, calls, due: aged(local.due, elapsedMs) });
  }

  /** Whether its code may know what time it was. */
  #isDated = ({ phase, node }: ProcessState): boolean =>
    phase === 'live' && mayKnowTime(this.histories.observation(node));

  /** The local state of a dead process after the commands that it had sent to Redis are lost, too. */
  withoutGhost(localId: number, slot: number): number {
    const local = this.locals.values[localId]!;
    const cursor = new Cursor(this.context(slot), 0, local);
    const connections = local.connections.map((one, c) => (cursor.isOutside(c) ? one : GONE));
    const left = connections.some(({ executed, limit }) => executed < limit);
    return this.locals.id(left ? { ...local, connections } : spent(local));
  }

  /** The same server state after instance `i` has taken the place of instance `to[i]`. @throws StartAgain */
  async rename(server: number, to: readonly number[]): Promise<number> {
    const renamed = await this.memo.rename(server, renamer(this.scope, to));
    if (renamed === undefined) throw new StartAgain('symmetry', 'the server tells the buyers apart');
    return renamed;
  }

  /** The back office after instance `i` has taken the place of instance `to[i]`: it may know buyers by their ids. */
  async renameOffice(localId: number, to: readonly number[]): Promise<number> {
    const local = this.locals.values[localId]!;
    if (local.phase === 'done' || local.phase === 'absent') return localId;
    const rename = renamer(this.scope, to);
    const connections = local.connections.map((connection) => ({
      ...connection,
      replies: connection.replies.map(rename),
      watched: connection.watched.map(rename),
      queue: connection.queue?.map(rename),
    }));
    const node = await this.histories.renamed(local.node, rename);
    return this.locals.id({ ...local, node, connections, lost: local.lost.map(rename) });
  }

  /** What an office may be asked for is known by the scope alone, so that it counts throughout the sale. */
  #stillAsked(slot: number, packed: number): Parameters<typeof settle>[1] {
    const { scope, layout, budgets } = this;
    return {
      operations: buyersIn(scope, slot).map((buyer) => this.recordedBuyer(slot, buyer)),
      asksMore: isOffice(layout, slot) ? scope.restocks + scope.jobs > 0 : budgets.asking(packed),
    };
  }

  #enumerate(local: ProcessState, slot: number, packed: number): Move[] {
    if (local.phase === 'done' || local.phase === 'absent') return [];
    const cursor = new Cursor(this.context(slot), 0, local);
    if (!cursor.endless) return movesOf({ setting: this, slot, local, cursor, packed });
    this.cut = true;
    this.#endless.add(this.locals.id(local));
    return [];
  }

  /** Whether the search goes no further with this local state, although its process would. */
  isCut(localId: number): boolean {
    return this.#endless.has(localId);
  }

  #finish(cursor: Cursor, slot: number, packed: number): Transition {
    // Where nothing disturbs the sale, a process that cannot start is the strategy's fault; else it serves nobody.
    if (this.budgets.nothingElse && cursor.settled(0)?.kind === 'threw')
      throw sellerFailed(cursor.settled(0));
    this.requireClock();
    this.requireStops();
    this.mayWait ||= cursor.mayWait;
    const { server, touched, atoms, clock } = cursor;
    return {
      server,
      touched,
      atoms,
      elapsedMs: clock.elapsedMs,
      started: cursor.started.map((operation) => this.operationHere(slot, operation)),
      completed: cursor.completed.map(({ operation, outcome }) => ({
        operation: this.operationHere(slot, operation),
        outcome,
      })),
      local: this.locals.id(this.#collapse(cursor, slot, packed)),
    };
  }

  /** Whether somebody may still ask the process for something, when its purchases are called. */
  #maybeAsked(local: ProcessState, slot: number, packed: number): boolean {
    if (this.budgets.askingToo(packed)) return true;
    if (slot === this.layout.till) return this.budgets.asking(packed);
    if (this.budgets.left(packed, 'confirm') === 0) return false;
    return !isLone(this.scope, slot) || mayBeAsked(local);
  }

  #resting(server: number, local: ProcessState): Transition {
    const nothing = { touched: 0, elapsedMs: 0, started: [], completed: [], atoms: [] };
    return { server, local: this.locals.id(local), ...nothing };
  }

  /** Once an instance can do nothing more, and nothing will be asked of it, only what it was asked matters. */
  #collapse(cursor: Cursor, slot: number, packed: number): ProcessState {
    const local = cursor.local();
    const everyoneCalled = buyersIn(this.scope, slot).every((buyer) => {
      const recorded = this.recordedBuyer(slot, buyer);
      return local.calls.some((call) => call.operation === recorded);
    });
    const live = local.phase === 'live';
    const needed =
      live &&
      (!everyoneCalled ||
        this.#maybeAsked(local, slot, packed) ||
        this.abilities.close ||
        hasFailedSomebody(local));
    return !cursor.finished || needed || isOffice(this.layout, slot)
      ? withoutSpentConnections(local)
      : spent(local);
  }
}
