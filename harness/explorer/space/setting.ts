import type { Strategy } from '../../../strategies/contract.ts';
import {
  CLOCK_FAULTS,
  EMPTYING,
  furtherAttempts,
  furtherReleases,
  PROMOTION,
} from '../../documents/faults.ts';
import type { Scope } from '../../documents/scope.ts';
import type { Reductions } from '../../documents/exploration.ts';
import { Histories } from '../process/histories.ts';
import type { Abilities } from '../process/seller-abilities.ts';
import { inProcess } from '../process/link.ts';
import { LATER_MS, purchasesAtOnce, specOf, type InstanceSpec, type Subject } from '../process/spec.ts';
import { StartAgain } from '../cannot-explore.ts';
import { Ticks } from '../process/ticks.ts';
import { ALL_RULES, type Rules } from '../rules.ts';
import { Budgets } from '../scope/budgets.ts';
import { buyersIn, isLone, layoutOf, type Layout } from '../scope/layout.ts';
import { buyersOf } from '../scope/ids.ts';
import { REPLICAS } from '../server/replicas.ts';
import type { ServerMemo } from '../server/memo.ts';
import type { CursorContext } from './cursor-context.ts';
import { classesOf, exchangeContext } from './symmetry.ts';

export const ALL_REDUCTIONS = {
  fuse: true,
  lateStarts: true,
  symmetry: true,
  merging: true,
  stillClock: true,
  unreadClock: true,
  oneStop: true,
} as const satisfies Reductions;

/** For the honest twins. */
export const NOTHING_REDUCED = {
  fuse: false,
  lateStarts: false,
  symmetry: false,
  merging: false,
  stillClock: false,
  unreadClock: false,
  oneStop: false,
} as const satisfies Reductions;

/** What a space is made of. */
export interface Parts {
  scope: Scope;
  subject: Subject;
  memo: ServerMemo;
  reductions: Reductions;
  rules?: Rules;
}

/** Whether processes share packages that may keep state: the client's and ours keep none. */
export const sharesPackages = ({ packages }: Subject, rules: Rules): boolean =>
  rules.packages && !rules.ownPackages && (packages?.size ?? 0) > 0;

/** A purchase that goes on for longer than this is cut: no honest attempt takes so many replies and timers. */
const MOST_EVENTS = 40;
const MOST_EVENTS_AN_ATTEMPT = 20;
const MOST_EVENTS_OF_OPERATOR = 20_000;

/** What stays as it is throughout one search: the scope, who stands in for whom, and where histories are kept. */
export class Setting {
  readonly scope: Scope;
  readonly layout: Layout;
  readonly budgets: Budgets;
  readonly memo: ServerMemo;
  readonly histories: Histories;
  readonly reductions: Reductions;
  readonly rules: Rules;
  readonly subject: Subject;
  /** Instances that may stand in for each other carry the same class. */
  readonly classes: readonly number[];
  /** Of the strategy's sellers, known from the first that boots. */
  abilities!: Abilities;
  /** Its processes send commands to start: likewise. */
  startsByCommands = false;
  readonly #roles: readonly number[];
  /** Repeating timers that lead back to the state before them; undefined where they are found to matter. */
  readonly ticks: Ticks | undefined;
  readonly #contexts: readonly CursorContext[];

  /** @throws UsageError if the scope has more faults than fit */
  constructor({ scope, subject, memo, reductions, rules = ALL_RULES }: Parts) {
    this.scope = scope;
    this.layout = layoutOf(scope);
    this.budgets = new Budgets(scope);
    this.memo = memo;
    // A further attempt ties a slot to a buyer by number, so buyers keep their places; so do those of whom the till or
    // several back offices may know, of which only one would be renamed along, and those whom a replica knows that stopped.
    const keepsPlaces =
      furtherAttempts(scope.faults) > 0 || (scope.offices ?? 1) > 1 || this.layout.till >= 0 || this.promotes;
    if (this.promotes) memo.countWrites();
    this.reductions = {
      ...reductions,
      ...(keepsPlaces && { symmetry: false }),
      // Who cancels has asked before, whether a command has run by then or not.
      ...(furtherReleases(scope.faults) > 0 && { lateStarts: false }),
    };
    this.rules = rules;
    this.subject = subject;
    this.classes = classesOf(scope);
    // Instances of one class share their histories, recorded with the ids of the first of them.
    this.#roles = this.classes.map((c, i) => (this.reductions.symmetry ? this.classes.indexOf(c) : i));
    this.histories = new Histories({
      specOf: (role) => this.#spec(role),
      isWatchable: (key) => memo.watchable.includes(key),
      isExplored: (role) => role < this.layout.slots,
    });
    this.ticks = rules.ticks ? new Ticks(this.histories) : undefined;
    this.#contexts = Array.from({ length: this.layout.slots }, (_, slot) => this.#contextOf(slot));
  }

  /** A replica may take over. */
  get promotes(): boolean {
    return this.scope.faults[PROMOTION] > 0;
  }

  /**
   * Replicas that may stop. Whichever takes over is one: a second that stopped as well makes a difference only to who asks
   * how many replicas have what.
   */
  get mostStops(): number {
    return this.reductions.oneStop === true ? 1 : REPLICAS;
  }

  /** @throws StartAgain where somebody asks that, and it was taken that nobody does */
  requireStops(): void {
    if (this.promotes && this.memo.waits && this.mostStops < REPLICAS)
      throw new StartAgain('waits', 'it asks how many replicas have what it wrote');
  }

  /** What the clock shows when the sale is opened; undefined: nobody reads it. */
  get startsAtMs(): number | undefined {
    return this.reductions.unreadClock ? undefined : 0;
  }

  /** The role of whoever opens, drains and reads the sale. */
  get operator(): number {
    return this.layout.slots;
  }

  /** The role of whoever looks after the sale once every deadline has passed. */
  get lateOperator(): number {
    return this.layout.slots + 1;
  }

  /** What a slot's cursor walks on; for an operator, one in which nothing competes. */
  context(role: number): CursorContext {
    const laterMs = role === this.lateOperator ? LATER_MS : 0;
    return this.#contexts[role] ?? { ...this.#plainContext(MOST_EVENTS_OF_OPERATOR), laterMs };
  }

  /** The role under whose ids the histories of this one are recorded. */
  recordedRole(role: number): number {
    return this.#roles[role] ?? role;
  }

  /** The buyer under whose ids the slot's histories are recorded. */
  recordedBuyer(slot: number, buyer: number): number {
    const role = this.#roles[slot];
    return role === undefined || role === slot ? buyer : buyersOf(this.scope, role)[0]!;
  }

  /** The buyer of this slot who is recorded under this number: a lone buyer's slot serves no other. */
  buyerHere(slot: number, recorded: number): number {
    return slot < this.layout.instances && isLone(this.scope, slot)
      ? buyersOf(this.scope, slot)[0]!
      : recorded;
  }

  operationHere(slot: number, recorded: number): number {
    return recorded < this.scope.buyers ? this.buyerHere(slot, recorded) : recorded;
  }

  /**
   * Whether execution and delivery fuse, and local steps run at once. Not where somebody may cancel what they have no answer to
   * at a process that sends commands to start: it may do so just between the two.
   */
  fuses(slot: number, packed: number): boolean {
    const calm = !this.budgets.disturbing(packed) || !this.rules.separateDelivery;
    const waits = this.startsByCommands && furtherReleases(this.scope.faults) > 0;
    return this.reductions.fuse && calm && !waits && isLone(this.scope, slot);
  }

  /**
   * What time it is makes a difference only where a key can live to its deadline or code reads the clock, and only if time
   * can pass: by timers, no further than all of them together take, or as a fault.
   * @throws StartAgain where it does, and was taken not to
   */
  requireClock(): void {
    const { stillClock = false, unreadClock = false } = this.reductions;
    if (!this.rules.clock || (!stillClock && !unreadClock)) return;
    const readsClock = this.histories.readsClock || this.memo.steps.readsClock;
    const isDelayed = CLOCK_FAULTS.some((fault) => this.budgets.left(this.budgets.whole, fault) > 0);
    const mostMs = isDelayed ? Infinity : this.#sleptMs();
    if (unreadClock && readsClock && mostMs > 0)
      throw new StartAgain('clock-read', 'its code reads the clock');
    if (!stillClock && unreadClock && this.memo.dates)
      throw new StartAgain('clock-read', 'a key has a date for a deadline');
    if (stillClock && Number.isFinite(this.memo.shortestMs) && this.memo.shortestMs <= mostMs)
      throw new StartAgain('clock', 'a key may live to its deadline');
  }

  /** The most that all timers of all processes together can take, as far as is known. */
  #sleptMs(): number {
    let sum = 0;
    for (let slot = 0; slot < this.layout.slots; slot++)
      sum += this.histories.sleptMs(this.recordedRole(slot));
    return sum;
  }

  #plainContext(mostEvents: number, draws: CursorContext['draws'] = 'first'): CursorContext {
    const { memo, histories, rules } = this;
    const plain = {
      memo,
      histories,
      rules,
      draws,
      mostEvents,
      clockMoves: false,
      laterMs: 0,
      holdsLapse: false,
      keepsLog: this.scope.faults[EMPTYING] === 0,
      ticks: undefined,
    };
    return { ...plain, swap: (text) => text, requireOwnIds: () => {} };
  }

  #contextOf(slot: number): CursorContext {
    const attempts = 1 + furtherAttempts(this.scope.faults);
    const confirms = this.scope.confirms ?? 0;
    const purchases = Math.max(1, buyersIn(this.scope, slot).length) * attempts + confirms;
    const mostEvents = MOST_EVENTS + MOST_EVENTS_AN_ATTEMPT * this.scope.attempts * purchases;
    const draws = this.rules.allDraws ? 'branch' : 'first';
    const plain = {
      ...this.#plainContext(mostEvents, draws),
      clockMoves: this.reductions.stillClock !== true,
      holdsLapse: confirms > 0,
      ticks: this.ticks,
    };
    if (!this.reductions.symmetry || slot >= this.layout.instances) return plain;
    return { ...plain, ...exchangeContext(this.scope, this.#roles[slot]!, slot) };
  }

  #spec(role: number): InstanceSpec {
    const purchases = purchasesAtOnce(this.scope, role);
    const startMs = role === this.lateOperator ? LATER_MS : 0;
    const { ownChance, deadlineOrder, immediates, ownPackages } = this.rules;
    const spec = specOf(this.scope, this.subject, { role, purchases, startMs, transport: inProcess });
    const evaluate = (): Strategy => this.subject.evaluate(ownPackages);
    return {
      ...spec,
      evaluate,
      deadlineOrder,
      putsOff: immediates,
      ...(ownChance ? {} : { seed: this.scope.seed }),
    };
  }
}
