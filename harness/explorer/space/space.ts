import type { Strategy } from '../../../strategies/contract.ts';
import { asking, attemptsUsed, disturbing, left, pricesOfCut } from '../scope/budgets.ts';
import { Cursor, dirtied, type Atom, type Ground } from './cursor.ts';
import { CannotExplore, OpenPick, SellerFailed, StartAgain } from '../errors.ts';
import { Histories } from '../process/histories.ts';
import type { Abilities, Call, InstanceSpec } from '../process/instance.ts';
import { buyersIn, isLone, layoutOf, type Layout } from '../scope/layout.ts';
import { inProcess } from '../process/link.ts';
import { GONE, Interner, type Answer, type CallState, type Local } from './local.ts';
import type { Move } from '../scope/moves.ts';
import { ALL_RULES, type Rules } from '../rules.ts';
import { buyersOf, renamer, requestOf, saleOf, type Scope } from '../scope/scope.ts';
import type { ServerMemo } from '../server/memo.ts';
import { classesOf, exchangeGround } from './symmetry.ts';
import type { Transport } from '../../wire/transport.ts';

/** What the search may leave out. */
export interface Reductions {
  /** Execution and delivery fuse and local steps run at once where that is sound. */
  fuse: boolean;
  /** A lone buyer's purchase starts with its first command instead of by an event of its own. */
  lateStarts: boolean;
  /** States that differ only in which buyer is which are one. */
  symmetry: boolean;
  /** Equal states are one. */
  merging: boolean;
}

export const ALL_REDUCTIONS: Reductions = { fuse: true, lateStarts: true, symmetry: true, merging: true };

/** What a move comes to. */
export interface Transition {
  server: number;
  local: number;
  /** Watchable keys that were touched, as bits. */
  touched: number;
  started: readonly number[];
  completed: readonly Answer[];
  atoms: readonly Atom[];
}

/** A purchase that goes on for longer than this is cut: no honest attempt takes so many replies and timers. */
const MOST_EVENTS = 40;
const MOST_EVENTS_AN_ATTEMPT = 20;
const MOST_EVENTS_OF_OPERATOR = 20_000;
/** The back office works after every deadline has passed. */
export const LATER_MS = 10 ** 9;
const RESTOCKED = 1;

export interface Subject {
  /** Evaluates the strategy's modules afresh. */
  evaluate: () => Strategy;
  /** As declared: what does not differ between evaluations. */
  strategy: Strategy;
}

/**
 * The local states and moves of one scope. It knows nothing of visiting or counting; every answer is remembered, so
 * that asking again costs a look-up.
 */
export class Space {
  readonly scope: Scope;
  readonly layout: Layout;
  readonly memo: ServerMemo;
  readonly histories: Histories;
  readonly locals = new Interner<Local>();
  readonly reductions: Reductions;
  readonly rules: Rules;
  /** Instances that may stand in for each other carry the same class. */
  readonly classes: readonly number[];
  abilities!: Abilities;
  /** A purchase went on for so long that the search left it. */
  cut = false;
  readonly #subject: Subject;
  readonly #roles: readonly number[];
  readonly #grounds: Ground[] = [];
  readonly #moves = new Map<number, (readonly Move[])[]>();
  readonly #dirtied = new Map<string, number>();

  constructor(
    scope: Scope,
    subject: Subject,
    memo: ServerMemo,
    reductions: Reductions,
    rules: Rules = ALL_RULES,
  ) {
    this.scope = scope;
    this.layout = layoutOf(scope);
    this.memo = memo;
    // A further attempt ties a slot to a buyer by number, so buyers keep their places.
    this.reductions =
      scope.faults.retry + scope.faults.repeat > 0 ? { ...reductions, symmetry: false } : reductions;
    this.rules = rules;
    this.#subject = subject;
    this.classes = classesOf(scope);
    // Instances of one class share their histories, recorded with the ids of the first of them.
    this.#roles = this.classes.map((c, i) => (this.reductions.symmetry ? this.classes.indexOf(c) : i));
    this.histories = new Histories(
      (role) => this.#spec(role),
      (key) => memo.watchable.includes(key),
    );
    for (let slot = 0; slot < this.layout.slots; slot++) this.#grounds.push(this.#groundOf(slot));
  }

  /** The role of whoever opens, drains and reads the sale. */
  get operator(): number {
    return this.layout.slots;
  }

  /** The role of whoever looks after the sale once every deadline has passed. */
  get lateOperator(): number {
    return this.layout.slots + 1;
  }

  ground(slot: number): Ground {
    return this.#grounds[slot]!;
  }

  /** The sale opened and every instance ready, from an empty server. */
  async initial(budgets: number): Promise<{ server: number; transitions: Transition[] }> {
    let server = await this.#open();
    const transitions: Transition[] = [];
    for (let slot = 0; slot < this.layout.slots; slot++) {
      if (slot >= this.layout.instances && slot !== this.layout.office) {
        transitions.push(this.#resting(server, { ...ABSENT, role: slot }));
        continue;
      }
      const booted = await this.boot(slot, server);
      const cursor = (await this.#askedEarly(booted, slot, budgets)) ?? booted;
      transitions.push(this.#finish(cursor, slot, budgets));
      server = transitions.at(-1)!.server;
    }
    return { server, transitions };
  }

  /**
   * A lone buyer's purchase is called at once, as its interval begins with its first command anyway. Unless the code
   * makes a choice on the way there (`env.pick`): then asking is an event, which has several outcomes.
   */
  async #askedEarly(booted: Cursor, slot: number, budgets: number): Promise<Cursor | undefined> {
    const [buyer, ...others] = buyersIn(this.scope, slot);
    if (buyer === undefined || others.length > 0 || !this.reductions.lateStarts) return undefined;
    const cursor = new Cursor(this.ground(slot), booted.server, booted.local());
    try {
      await this.#purchase(cursor, slot, buyer, buyer, false);
      await this.#rest(cursor, this.#fuses(slot, budgets));
      return cursor;
    } catch (error) {
      if (error instanceof OpenPick) return undefined;
      throw error;
    }
  }

  /**
   * A process that made its seller; the commands of its start ran at once.
   *
   * @param picks answers for the choices (`env.pick`) that its code will ask for, then and later
   */
  async boot(role: number, server: number, picks: readonly number[] = []): Promise<Cursor> {
    const recorded = this.#roles[role] ?? role;
    const node = await this.histories.root(recorded);
    const ground = this.#grounds[role] ?? this.#plainGround(MOST_EVENTS_OF_OPERATOR);
    const cursor = new Cursor(ground, server, { ...ABSENT, role: recorded, node, phase: 'live' }, picks);
    const index = await cursor.invoke({ method: 'seller' });
    await cursor.drive();
    const settled = cursor.settled(index);
    if (settled?.kind !== 'returned') {
      throw new SellerFailed(
        settled ? `seller() failed: ${settled.message}` : 'seller() never returned',
        'seller() must return a seller on a sale that open() has created',
      );
    }
    this.abilities ??= settled.value as Abilities;
    cursor.atoms.length = 0; // whoever boots a process again boots it in the same way
    return cursor;
  }

  /** Moves of this slot, the sale's own first, in a fixed order. */
  moves(localId: number, slot: number, budgets: number): readonly Move[] {
    const key = budgets * 16 + slot;
    let known = this.#moves.get(key);
    if (!known) this.#moves.set(key, (known = []));
    return (known[localId] ??= this.#enumerate(this.locals.values[localId]!, slot, budgets));
  }

  /** Buyers who died with the process of this local state and have not asked again. */
  bereft(localId: number, slot: number): number[] {
    const local = this.locals.values[localId]!;
    if (local.phase !== 'crashed' && local.phase !== 'done') return [];
    return local.calls.flatMap((call) =>
      call.kind === 'purchase' && call.outcome === undefined ? [this.buyerHere(slot, call.buyer)] : [],
    );
  }

  /**
   * Everything that a move may come to: one transition, or one for each choice of the code (`env.pick`) and each
   * outcome of what the server draws.
   * @param budgets what is left after the move
   */
  async expand(
    server: number,
    localId: number,
    slot: number,
    move: Move,
    budgets: number,
  ): Promise<Transition[]> {
    const transitions: Transition[] = [];
    const open: (readonly number[])[] = [[]];
    for (let picks = open.pop(); picks; picks = open.pop()) {
      try {
        const cursor = await this.#perform(server, localId, slot, move, picks);
        await this.#rest(cursor, this.#fuses(slot, budgets));
        transitions.push(this.#finish(cursor, slot, budgets));
      } catch (error) {
        if (!(error instanceof OpenPick)) throw error;
        for (let answer = error.choices - 1; answer >= 0; answer--) open.push([...picks, answer]);
      }
    }
    return transitions;
  }

  /** What an instance does at once because something that could have come can come no more. */
  async relax(server: number, localId: number, slot: number, budgets: number): Promise<Transition> {
    const local = this.locals.values[localId]!;
    if (local.phase === 'done' || local.phase === 'absent') return this.#resting(server, local);
    const cursor = new Cursor(this.ground(slot), server, local);
    await this.#rest(cursor, this.#fuses(slot, budgets));
    return this.#finish(cursor, slot, budgets);
  }

  /** The local state after others touched keys that it may watch. */
  touch(localId: number, slot: number, touched: number): number {
    const key = `${localId} ${slot} ${touched}`;
    const known = this.#dirtied.get(key);
    if (known !== undefined) return known;
    if (!this.rules.othersTouch) return localId;
    const local = this.locals.values[localId]!;
    const connections = local.connections.map((connection) =>
      dirtied(this.ground(slot), connection, touched),
    );
    const result = this.locals.id({ ...local, connections });
    this.#dirtied.set(key, result);
    return result;
  }

  /** The local state of a dead process after the commands that it had sent are lost, too. */
  withoutGhost(localId: number): number {
    const local = this.locals.values[localId]!;
    const calls = local.calls.filter((call) => call.operation >= 0);
    const sorted = calls.toSorted((a, b) => a.operation - b.operation);
    return this.locals.id({ ...ABSENT, role: local.role, phase: 'done', calls: sorted });
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

  /** A lone buyer may be recorded under another's number; its slot serves no other. */
  buyerHere(slot: number, recorded: number): number {
    return slot < this.layout.instances && isLone(this.scope, slot)
      ? buyersOf(this.scope, slot)[0]!
      : recorded;
  }

  operationHere(slot: number, recorded: number): number {
    return recorded < this.scope.buyers ? this.buyerHere(slot, recorded) : recorded;
  }

  async #perform(
    server: number,
    localId: number,
    slot: number,
    move: Move,
    picks: readonly number[],
  ): Promise<Cursor> {
    if (move.kind === 'takeover' || move.kind === 'repeat-elsewhere') {
      const cursor = await this.boot(slot, server, picks);
      await this.#purchase(cursor, slot, move.buyer, move.operation, true);
      return cursor;
    }
    const cursor = new Cursor(this.ground(slot), server, this.locals.values[localId]!, picks);
    switch (move.kind) {
      case 'start':
        await this.#purchase(cursor, slot, move.buyer, move.buyer, true);
        break;
      case 'retry':
      case 'repeat':
        await this.#purchase(cursor, slot, move.buyer, move.operation, true);
        break;
      case 'release':
        await this.#ask(cursor, slot, 'release', move.buyer, move.operation);
        break;
      case 'restock': {
        const { operation } = move;
        const call: Call = { method: 'restock', quantity: RESTOCKED };
        await cursor.call(call, { operation, kind: 'restock', buyer: -1, begun: true });
        break;
      }
      case 'job':
        await cursor.invoke({ method: 'runJob' });
        break;
      case 'execute':
        await cursor.execute(move.connection);
        break;
      case 'deliver':
        await cursor.deliver(move.connection);
        if (!this.rules.replyPrefixes) await cursor.deliverAll(move.connection);
        break;
      case 'timer':
        await cursor.fireTimer();
        break;
      case 'cut':
        await cursor.cut(move.connection, move.survivors);
        break;
      case 'cut-all':
        for (const connection of cursor.openConnections()) await cursor.cut(connection, 0);
        break;
      case 'crash':
        cursor.crash(move.survivors);
        break;
    }
    return cursor;
  }

  /** Calls `purchase` in the ids that the slot's histories are recorded with. */
  #purchase(cursor: Cursor, slot: number, buyer: number, operation: number, begun: boolean): Promise<number> {
    const recorded = this.#recorded(slot, buyer);
    const call: Call = { method: 'purchase', request: requestOf(this.scope, recorded) };
    const named = operation === buyer ? recorded : operation;
    return cursor.call(call, { operation: named, kind: 'purchase', buyer: recorded, begun });
  }

  #ask(cursor: Cursor, slot: number, method: 'release', buyer: number, operation: number): Promise<number> {
    const recorded = this.#recorded(slot, buyer);
    const call: Call = { method, request: requestOf(this.scope, recorded) };
    return cursor.call(call, { operation, kind: method, buyer: recorded, begun: true });
  }

  #fuses(slot: number, budgets: number): boolean {
    const calm = !disturbing(budgets) || !this.rules.separateDelivery;
    return this.reductions.fuse && calm && isLone(this.scope, slot);
  }

  async #rest(cursor: Cursor, fuse: boolean): Promise<void> {
    if (fuse) await cursor.settle();
    else if (this.reductions.fuse) await cursor.fireLoneTimers();
  }

  #enumerate(local: Local, slot: number, budgets: number): Move[] {
    if (local.phase === 'done' || local.phase === 'absent') return [];
    const cursor = new Cursor(this.ground(slot), 0, local);
    if (cursor.endless) {
      this.cut = true;
      return [];
    }
    const moves: Move[] = [];
    if (local.phase === 'live') {
      for (const buyer of buyersIn(this.scope, slot)) {
        const recorded = this.#recorded(slot, buyer);
        if (!local.calls.some((call) => call.operation === recorded)) moves.push({ kind: 'start', buyer });
      }
    }
    for (const connection of cursor.executable()) moves.push({ kind: 'execute', connection });
    for (const connection of cursor.deliverable()) {
      const whole = cursor.outstanding(connection).commands === 0;
      if (whole || this.rules.replyPrefixes) moves.push({ kind: 'deliver', connection });
    }
    if (cursor.timerMatters) moves.push({ kind: 'timer' });
    if (local.phase === 'live')
      moves.push(...this.#disturbances(cursor, local, budgets), ...this.#requests(local, slot, budgets));
    return moves;
  }

  /**
   * Crashes and cuts, while something is under way: to a process that has nothing more to do they do nothing, unless
   * it keeps something until it is closed. One that nobody asked yet dies as well when it has just been asked.
   */
  #disturbances(cursor: Cursor, local: Local, budgets: number): Move[] {
    const moves: Move[] = [];
    const asked = local.calls.length > 1; // the first made the seller
    if (left(budgets, 'crash') > 0 && (!cursor.finished || (this.abilities.close && asked))) {
      const ghosts = this.rules.ghosts ? cursor.ghosts() : [[]];
      for (const survivors of ghosts) moves.push({ kind: 'crash', survivors });
    }
    for (const connection of cursor.finished ? [] : cursor.openConnections()) {
      const { commands, replies } = cursor.outstanding(connection);
      // One that was never used holds nothing on the server, and the client replaces it unseen.
      if (!cursor.wasUsed(connection)) continue;
      for (const survivors of this.rules.ghosts ? cursor.prefixes(connection) : [0]) {
        for (const as of pricesOfCut(budgets, survivors, commands, replies)) {
          moves.push({ kind: 'cut', connection, survivors, as });
        }
      }
    }
    return moves;
  }

  /** What buyers and the back office may still ask for. */
  #requests(local: Local, slot: number, budgets: number): Move[] {
    const moves: Move[] = [];
    const { releases, restocks } = this.scope;
    const again = this.layout.firstRetry + attemptsUsed(this.scope, budgets);
    if (left(budgets, 'retry') > 0) {
      for (const buyer of this.#unknown(local)) moves.push({ kind: 'retry', buyer, operation: again });
    }
    if (left(budgets, 'repeat') > 0 && !isLone(this.scope, slot)) {
      for (const buyer of this.firstAttempts(local)) moves.push({ kind: 'repeat', buyer, operation: again });
    }
    const releasesLeft = left(budgets, 'release');
    if (releasesLeft > 0 && this.abilities.release) {
      for (const { buyer, kind, outcome } of local.calls) {
        if (kind !== 'purchase' || outcome !== 'sold') continue;
        if (local.calls.some((call) => call.kind === 'release' && call.buyer === buyer)) continue;
        const operation = this.layout.firstRelease + releases - releasesLeft;
        moves.push({ kind: 'release', buyer: this.buyerHere(slot, buyer), operation });
      }
    }
    if (slot !== this.layout.office) return moves;
    const restocksLeft = left(budgets, 'restock');
    if (restocksLeft > 0 && this.abilities.restock) {
      moves.push({ kind: 'restock', operation: this.layout.firstRestock + restocks - restocksLeft });
    }
    const idle = local.calls.every((call) => call.operation < 0 || call.outcome !== undefined);
    if (left(budgets, 'job') > 0 && this.abilities.runJob && idle) moves.push({ kind: 'job' });
    return moves;
  }

  /** Buyers who have asked on the process of this local state, answered or not. */
  firstAttempts({ calls }: Local): number[] {
    return calls.flatMap(({ kind, operation, buyer }) =>
      kind === 'purchase' && operation < this.scope.buyers ? [buyer] : [],
    );
  }

  /** Buyers whose last attempt ended without an answer they could rely on. */
  #unknown(local: Local): number[] {
    const last = new Map<number, CallState>();
    for (const call of local.calls) if (call.kind === 'purchase') last.set(call.buyer, call);
    return [...last.values()].flatMap((call) => (call.outcome === 'unknown' ? [call.buyer] : []));
  }

  #finish(cursor: Cursor, slot: number, budgets: number): Transition {
    const { server, touched, atoms } = cursor;
    return {
      server,
      touched,
      atoms,
      started: cursor.started.map((operation) => this.operationHere(slot, operation)),
      completed: cursor.completed.map(({ operation, outcome }) => ({
        operation: this.operationHere(slot, operation),
        outcome,
      })),
      local: this.locals.id(this.#collapse(cursor, slot, budgets)),
    };
  }

  #resting(server: number, local: Local): Transition {
    return { server, local: this.locals.id(local), touched: 0, started: [], completed: [], atoms: [] };
  }

  /** Once an instance can do nothing more, and nothing will be asked of it, only what it was asked matters. */
  #collapse(cursor: Cursor, slot: number, budgets: number): Local {
    const local = cursor.local();
    const everyoneCalled = buyersIn(this.scope, slot).every((buyer) => {
      const recorded = this.#recorded(slot, buyer);
      return local.calls.some((call) => call.operation === recorded);
    });
    const needed = local.phase === 'live' && (!everyoneCalled || asking(budgets) || this.abilities.close);
    if (!cursor.finished || needed || slot === this.layout.office) return withoutSpentConnections(local);
    const calls = local.calls.filter((call) => call.operation >= 0);
    return {
      ...ABSENT,
      role: local.role,
      phase: 'done',
      calls: calls.toSorted((a, b) => a.operation - b.operation),
    };
  }

  async #open(): Promise<number> {
    const node = await this.histories.root(this.operator);
    const ground = this.#plainGround(MOST_EVENTS_OF_OPERATOR);
    const cursor = new Cursor(ground, this.memo.empty(), {
      ...ABSENT,
      role: this.operator,
      node,
      phase: 'live',
    });
    const index = await cursor.invoke({ method: 'open' });
    await cursor.drive();
    const settled = cursor.settled(index);
    if (settled?.kind === 'returned') return cursor.server;
    throw new CannotExplore(
      settled ? `open() failed: ${settled.message}` : 'open() never returned',
      'give a scope that the strategy supports, or mend open()',
    );
  }

  /** The buyer under whose ids the slot's histories are recorded. */
  #recorded(slot: number, buyer: number): number {
    const role = this.#roles[slot];
    return role === undefined || role === slot ? buyer : buyersOf(this.scope, role)[0]!;
  }

  #plainGround(mostEvents: number, draws: Ground['draws'] = 'first'): Ground {
    const { memo, histories, rules } = this;
    return { memo, histories, rules, draws, mostEvents, swap: (text) => text, requireOwnIds: () => {} };
  }

  #groundOf(slot: number): Ground {
    const { retry, repeat } = this.scope.faults;
    const purchases = Math.max(1, buyersIn(this.scope, slot).length) * (1 + retry + repeat);
    const mostEvents = MOST_EVENTS + MOST_EVENTS_AN_ATTEMPT * this.scope.attempts * purchases;
    const plain = this.#plainGround(mostEvents, this.rules.allDraws ? 'branch' : 'first');
    if (!this.reductions.symmetry || slot >= this.layout.instances) return plain;
    return { ...plain, ...exchangeGround(this.scope, this.#roles[slot]!, slot) };
  }

  #spec(role: number): InstanceSpec {
    const purchases = purchasesAtOnce(this.scope, role);
    const startMs = role === this.layout.office || role === this.lateOperator ? LATER_MS : 0;
    const { ownChance, deadlineOrder } = this.rules;
    const spec = specOf(this.scope, this.#subject, role, purchases, startMs, inProcess);
    return { ...spec, deadlineOrder, ...(ownChance ? {} : { seed: this.scope.seed }) };
  }
}

const ABSENT: Local = { role: -1, node: -1, phase: 'absent', calls: [], connections: [], lost: [] };

/** Trailing connections that are gone are kept as such, so that the numbers of the others stay. */
const withoutSpentConnections = (local: Local): Local => ({
  ...local,
  connections: local.connections.map((connection) => (connection.limit === 0 ? GONE : connection)),
});

/** Purchases that a process may have to serve at once: as many connections does it need, if it does not share one. */
export const purchasesAtOnce = (scope: Scope, role: number): number =>
  Math.max(1, buyersIn(scope, role).length + (role < scope.instances ? scope.faults.repeat : 0));

/** A process of the scope. `role` decides its stream of chance. */
export function specOf(
  scope: Scope,
  { evaluate, strategy }: Subject,
  role: number,
  purchases: number,
  startMs: number,
  transport: () => Transport,
): InstanceSpec {
  return {
    evaluate,
    sale: saleOf(scope),
    maxAttempts: scope.attempts,
    purchases,
    client: { ...CLIENTS[scope.client], ...strategy.client },
    startMs,
    seed: scope.seed * 64 + role,
    deadlineOrder: true,
    choices: role < layoutOf(scope).slots ? 'branch' : 'first',
    transport,
  };
}

/** What the client modes mean to ioredis. */
const CLIENTS: Record<Scope['client'], NonNullable<Strategy['client']>> = {
  default: {},
  'no-resend': { autoResendUnfulfilledCommands: false },
  // It connects again, so that the buyer can ask again; what it had no reply to fails at once.
  'no-retry': { maxRetriesPerRequest: 0 },
};
