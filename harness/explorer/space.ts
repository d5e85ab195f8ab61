import type { Strategy } from '../../strategies/contract.ts';
import { Cursor, dirtied, type Atom, type Ground } from './cursor.ts';
import { CannotExplore, StartAgain } from './errors.ts';
import { Histories } from './histories.ts';
import type { Abilities, InstanceSpec } from './instance.ts';
import { inProcess } from './link.ts';
import { Interner, type Answer, type Local } from './local.ts';
import { ALL_RULES, type Rules } from './rules.ts';
import { buyersOf, idsIn, renamer, requestOf, saleOf, type Scope } from './scope.ts';
import type { ServerMemo } from './server-memo.ts';
import { classesOf } from './symmetry.ts';
import type { Transport } from './transport.ts';

/** What the search may leave out; a test that leaves one out itself shows what the rule is for. */
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

/** One branch of the search: an event of one instance. */
export type Move =
  | { kind: 'start'; buyer: number }
  | { kind: 'execute' | 'deliver'; connection: number }
  | { kind: 'timer' }
  | { kind: 'crash'; survivors: readonly number[] };

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

export interface Subject {
  /** Evaluates the strategy's modules afresh. */
  evaluate: () => Strategy;
  /** As declared: what does not differ between evaluations. */
  strategy: Strategy;
}

/**
 * The states and moves of one scope. It knows nothing of visiting or counting; every answer is remembered, so that
 * asking again costs a look-up.
 */
export class Space {
  readonly scope: Scope;
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
  readonly #moves: [(readonly Move[])[], (readonly Move[])[]] = [[], []];
  readonly #dirtied = new Map<string, number>();

  constructor(
    scope: Scope,
    subject: Subject,
    memo: ServerMemo,
    reductions: Reductions,
    rules: Rules = ALL_RULES,
  ) {
    this.rules = rules;
    this.scope = scope;
    this.memo = memo;
    this.reductions = reductions;
    this.#subject = subject;
    this.classes = classesOf(scope);
    // Instances of one class share their histories, recorded with the ids of the first of them.
    this.#roles = this.classes.map((c, i) => (reductions.symmetry ? this.classes.indexOf(c) : i));
    this.histories = new Histories(
      (role) => this.#spec(role),
      (key) => memo.watchable.includes(key),
    );
    for (let i = 0; i < scope.instances; i++) this.#grounds.push(this.#groundOf(i));
  }

  /** The role of whoever opens, drains and reads the sale. */
  get operator(): number {
    return this.scope.instances;
  }

  ground(instance: number): Ground {
    return this.#grounds[instance]!;
  }

  /** The sale opened and every instance ready, from an empty server. */
  async initial(): Promise<{ server: number; locals: number[]; transitions: Transition[] }> {
    let server = await this.#open();
    const locals: number[] = [];
    const transitions: Transition[] = [];
    for (let i = 0; i < this.scope.instances; i++) {
      const ready = await this.boot(i, server);
      server = ready.server;
      const cursor = new Cursor(this.ground(i), server, ready.local());
      const buyers = buyersOf(this.scope, i);
      if (buyers.length === 1 && this.reductions.lateStarts) {
        const buyer = this.#recorded(i, buyers[0]!);
        await cursor.call(buyer, { method: 'purchase', request: requestOf(this.scope, buyer) }, false);
        await this.#rest(cursor, this.#fuses(i, this.scope.faults.crash));
      }
      const transition = this.#finish(cursor, i);
      server = transition.server;
      transitions.push(transition);
      locals.push(transition.local);
    }
    return { server, locals, transitions };
  }

  /** A process that made its seller; the commands of its start ran at once. */
  async boot(role: number, server: number): Promise<Cursor> {
    const node = await this.histories.root(role === this.operator ? role : this.#roles[role]!);
    const ground = role === this.operator ? this.#operatorGround() : this.ground(role);
    const cursor = new Cursor(ground, server, {
      role: role === this.operator ? role : this.#roles[role]!,
      node,
      phase: 'live',
      called: [],
      begun: false,
      connections: [],
      answers: [],
    });
    const index = await cursor.invoke({ method: 'seller' });
    await cursor.drive();
    const settled = cursor.settled(index);
    if (settled?.kind !== 'returned') {
      throw new CannotExplore(
        settled ? `seller() failed: ${settled.message}` : 'seller() never returned',
        'seller() must return a seller on a sale that open() has created',
      );
    }
    this.abilities ??= settled.value as Abilities;
    return cursor;
  }

  /** Moves of this instance that are not faults, in a fixed order. */
  moves(localId: number, instance: number, crashes: number): readonly Move[] {
    const fuse = this.#fuses(instance, crashes);
    const known = this.#moves[fuse ? 1 : 0][localId];
    if (known) return known;
    const moves = this.#enumerate(this.locals.values[localId]!, instance);
    this.#moves[fuse ? 1 : 0][localId] = moves;
    return moves;
  }

  /** Ways in which this instance may crash now. */
  crashes(localId: number, instance: number): readonly Move[] {
    const local = this.locals.values[localId]!;
    if (local.phase !== 'live' || !this.#owesAnswers(local)) return [];
    const cursor = new Cursor(this.ground(instance), 0, local);
    const ghosts = this.rules.ghosts ? cursor.ghosts() : [[]];
    return ghosts.map((survivors) => ({ kind: 'crash', survivors }));
  }

  /** @param crashes crashes left before the move */
  async expand(
    server: number,
    localId: number,
    instance: number,
    move: Move,
    crashes: number,
  ): Promise<Transition> {
    const cursor = new Cursor(this.ground(instance), server, this.locals.values[localId]!);
    let left = crashes;
    switch (move.kind) {
      case 'start': {
        const buyer = this.#recorded(instance, move.buyer);
        await cursor.call(buyer, { method: 'purchase', request: requestOf(this.scope, buyer) }, true);
        break;
      }
      case 'execute':
        await cursor.execute(move.connection);
        break;
      case 'deliver':
        await cursor.deliver(move.connection);
        break;
      case 'timer':
        await cursor.fireTimer();
        break;
      case 'crash':
        cursor.crash(move.survivors);
        left--;
        break;
    }
    await this.#rest(cursor, this.#fuses(instance, left));
    return this.#finish(cursor, instance);
  }

  /** What an instance does at once because the last crash has happened elsewhere. */
  async relax(server: number, localId: number, instance: number): Promise<Transition> {
    const local = this.locals.values[localId]!;
    if (local.phase === 'done') {
      return { server, local: localId, touched: 0, started: [], completed: [], atoms: [] };
    }
    const cursor = new Cursor(this.ground(instance), server, local);
    await this.#rest(cursor, this.#fuses(instance, 0));
    return this.#finish(cursor, instance);
  }

  /** The local state after others touched keys that it may watch. */
  touch(localId: number, instance: number, touched: number): number {
    const key = `${localId} ${instance} ${touched}`;
    const known = this.#dirtied.get(key);
    if (known !== undefined) return known;
    if (!this.rules.othersTouch) return localId;
    const local = this.locals.values[localId]!;
    const connections = local.connections.map((connection) =>
      dirtied(this.ground(instance), connection, touched),
    );
    const result = this.locals.id({ ...local, connections });
    this.#dirtied.set(key, result);
    return result;
  }

  /** The same server state after instance `i` has taken the place of instance `to[i]`. @throws StartAgain */
  async rename(server: number, to: readonly number[]): Promise<number> {
    const renamed = await this.memo.rename(server, renamer(this.scope, to));
    if (renamed === undefined) throw new StartAgain('symmetry', 'the server tells the buyers apart');
    return renamed;
  }

  /** A purchase that was called and has no answer. */
  #owesAnswers(local: Local): boolean {
    return local.called.some(
      (buyer) => buyer !== null && !local.answers.some((answer) => answer.buyer === buyer),
    );
  }

  #fuses(instance: number, crashes: number): boolean {
    return this.reductions.fuse && crashes === 0 && buyersOf(this.scope, instance).length === 1;
  }

  async #rest(cursor: Cursor, fuse: boolean): Promise<void> {
    if (fuse) await cursor.settle();
    else if (this.reductions.fuse) await cursor.fireLoneTimers();
  }

  #enumerate(local: Local, instance: number): Move[] {
    if (local.phase === 'done') return [];
    const cursor = new Cursor(this.ground(instance), 0, local);
    if (cursor.endless) {
      this.cut = true;
      return [];
    }
    const moves: Move[] = [];
    if (local.phase === 'live') {
      for (const buyer of buyersOf(this.scope, instance)) {
        if (!local.called.includes(this.#recorded(instance, buyer))) moves.push({ kind: 'start', buyer });
      }
    }
    for (const connection of cursor.executable()) moves.push({ kind: 'execute', connection });
    if (local.phase === 'live') {
      for (const connection of cursor.deliverable()) moves.push({ kind: 'deliver', connection });
      if (cursor.timers > 0 && this.#owesAnswers(local)) moves.push({ kind: 'timer' });
    }
    return moves;
  }

  #finish(cursor: Cursor, instance: number): Transition {
    const { server, touched, atoms } = cursor;
    const buyers = buyersOf(this.scope, instance);
    const here = (buyer: number): number => (buyers.length === 1 ? buyers[0]! : buyer);
    return {
      server,
      touched,
      atoms,
      started: cursor.started.map(here),
      completed: cursor.completed.map(({ buyer, outcome }) => ({ buyer: here(buyer), outcome })),
      local: this.locals.id(this.#collapse(cursor, instance)),
    };
  }

  /** Once an instance can do nothing more, and nothing will be asked of it at rest, only its answers matter. */
  #collapse(cursor: Cursor, instance: number): Local {
    const local = cursor.local();
    const everyoneCalled = buyersOf(this.scope, instance).every((buyer) =>
      local.called.includes(this.#recorded(instance, buyer)),
    );
    const over = cursor.finished && (local.phase === 'crashed' || everyoneCalled);
    if (!over || (local.phase === 'live' && this.abilities.close)) return local;
    const answers = local.answers.toSorted((a, b) => a.buyer - b.buyer);
    return { role: local.role, node: -1, phase: 'done', called: [], begun: true, connections: [], answers };
  }

  async #open(): Promise<number> {
    const node = await this.histories.root(this.operator);
    const local: Local = {
      role: this.operator,
      node,
      phase: 'live',
      called: [],
      begun: false,
      connections: [],
      answers: [],
    };
    const cursor = new Cursor(this.#operatorGround(), this.memo.empty(), local);
    const index = await cursor.invoke({ method: 'open' });
    await cursor.drive();
    const settled = cursor.settled(index);
    if (settled?.kind === 'returned') return cursor.server;
    throw new CannotExplore(
      settled ? `open() failed: ${settled.message}` : 'open() never returned',
      'give a scope that the strategy supports, or mend open()',
    );
  }

  /** The buyer under whose ids the instance's histories are recorded. */
  #recorded(instance: number, buyer: number): number {
    const role = this.#roles[instance]!;
    return role === instance ? buyer : buyersOf(this.scope, role)[0]!;
  }

  #operatorGround(): Ground {
    const { memo, histories, rules } = this;
    return {
      memo,
      histories,
      rules,
      mostEvents: MOST_EVENTS_OF_OPERATOR,
      swap: (text) => text,
      requireOwnIds: () => {},
    };
  }

  #groundOf(instance: number): Ground {
    const { memo, histories, scope } = this;
    const mostEvents =
      MOST_EVENTS + MOST_EVENTS_AN_ATTEMPT * scope.attempts * buyersOf(scope, instance).length;
    const role = this.#roles[instance]!;
    if (!this.reductions.symmetry) return { ...this.#operatorGround(), mostEvents };
    const exchange = Array.from({ length: scope.buyers }, (_, b) =>
      b === role ? instance : b === instance ? role : b,
    );
    const own = new Set(buyersOf(scope, role).flatMap((b) => Object.values(requestOf(scope, b)).map(String)));
    const ownHere = new Set(
      buyersOf(scope, instance).flatMap((b) => Object.values(requestOf(scope, b)).map(String)),
    );
    return {
      memo,
      histories,
      rules: this.rules,
      mostEvents,
      swap: role === instance ? (text) => text : renamer(scope, exchange),
      requireOwnIds: (text) => {
        for (const id of idsIn(text)) {
          if (!own.has(id) && !ownHere.has(id))
            throw new StartAgain('symmetry', 'a buyer sees the ids of another');
        }
      },
    };
  }

  #spec(role: number): InstanceSpec {
    const purchases = role === this.operator ? 1 : buyersOf(this.scope, role).length;
    return specOf(this.scope, this.#subject, role, purchases, inProcess);
  }
}

/** A process of the scope. `role` decides its stream of chance. */
export function specOf(
  scope: Scope,
  { evaluate, strategy }: Subject,
  role: number,
  purchases: number,
  transport: () => Transport,
): InstanceSpec {
  return {
    evaluate,
    sale: saleOf(scope),
    maxAttempts: scope.attempts,
    purchases,
    client: strategy.client ?? {},
    seed: scope.seed * 64 + role,
    transport,
  };
}
