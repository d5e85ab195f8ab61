import { PROPERTIES, type Property } from '../../strategies/contract.ts';
import { outcomeOf } from './outcome.ts';
import { acknowledged, finishes } from './position.ts';
import { violatedIn, type Rest } from './rest.ts';
import { buyersOf } from './scope.ts';
import type { Move, Space, Transition } from './space.ts';
import { enterSpans, NO_SPAN } from './spans.ts';
import { VectorTable } from './vectors.ts';
import { macrotask } from './virtual.ts';

/** What has been covered so far; the same object is updated while the search runs. */
export interface Progress {
  states: number;
  transitions: number;
  /** Finished interleavings. */
  interleavings: bigint;
}

export interface SearchOptions {
  properties: readonly Property[];
  maxStates: number;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

export interface SearchResult extends Progress {
  /** Every state was visited. */
  exhausted: boolean;
  /** Violated somewhere. */
  violated: Set<Property>;
  /** Says nothing about this sale, at every end. */
  notApplicable: Set<Property>;
  /** Distinct ends: answers, verdicts and content, up to renaming. Collected on request. */
  outcomes: Set<string>;
}

/** Layout of a state: the server, the crashes left, then a local state per instance, then a span per buyer. */
const SERVER = 0;
const CRASHES = 1;
const LOCALS = 2;
const PROGRESS_EVERY = 1 << 14;

/** Depth-first search through a space, with equal states merged and interleavings counted as paths. */
export class Search {
  readonly #space: Space;
  readonly #rest: Rest;
  readonly #options: SearchOptions;
  readonly #instances: number;
  readonly #buyers: number;
  readonly #spans: number;
  readonly #tracksOrder: boolean;
  readonly #table: VectorTable;
  readonly #transitions = new Map<number, Transition>();
  readonly #renamed = new Map<string, number>();
  readonly #paths: (bigint | undefined)[] = [];
  readonly #vector: Int32Array;
  readonly #result: SearchResult;
  #restCount = 0;

  constructor(space: Space, rest: Rest, options: SearchOptions) {
    this.#space = space;
    this.#rest = rest;
    this.#options = options;
    this.#instances = space.scope.instances;
    this.#buyers = space.scope.buyers;
    this.#tracksOrder = options.properties.includes('false-refusal') && space.rules.realTimeOrder;
    this.#spans = LOCALS + this.#instances;
    const width = this.#spans + (this.#tracksOrder ? this.#buyers : 0);
    this.#table = new VectorTable(width);
    this.#vector = new Int32Array(width);
    this.#result = {
      states: 0,
      transitions: 0,
      interleavings: 0n,
      exhausted: false,
      violated: new Set(),
      notApplicable: new Set(PROPERTIES),
      outcomes: new Set(),
    };
  }

  async run(): Promise<SearchResult> {
    const stack: Frame[] = [await this.#frame(await this.#initial())];
    while (stack.length > 0) {
      const frame = stack.at(-1)!;
      if (frame.at === frame.successors.length) {
        this.#paths[frame.state] = frame.paths;
        stack.pop();
        continue;
      }
      const next = frame.successors[frame.at]!;
      const paths = this.#paths[next];
      if (paths === undefined || !this.#space.reductions.merging) {
        if (frame.entered) {
          frame.paths += paths!;
          frame.at++;
          frame.entered = false;
          continue;
        }
        if (await this.#mustStop(stack)) return this.#cover(stack);
        frame.entered = true;
        stack.push(await this.#frame(next));
        continue;
      }
      frame.paths += paths;
      frame.at++;
      frame.entered = false;
    }
    this.#result.exhausted = true;
    this.#result.states = this.#table.size;
    this.#result.interleavings = this.#paths[0]!;
    return this.#result;
  }

  /** Whether all that was asked is answered, or a limit is reached. Lets the event loop breathe now and then. */
  async #mustStop(stack: readonly Frame[]): Promise<boolean> {
    const { maxStates, signal, onProgress, properties } = this.#options;
    if (this.#table.size > maxStates || signal?.aborted) return true;
    if (++this.#restCount % PROGRESS_EVERY === 0) {
      onProgress?.(this.#cover(stack));
      await macrotask();
    }
    return properties.length === 1 && this.#result.violated.has(properties[0]!);
  }

  /** Paths that are finished: each frame on the way from the start has its own, from children that are done. */
  #cover(stack: readonly Frame[]): SearchResult {
    this.#result.states = this.#table.size;
    this.#result.interleavings = stack.reduce((sum, frame) => sum + frame.paths, 0n);
    return this.#result;
  }

  async #initial(): Promise<number> {
    const { server, locals, transitions } = await this.#space.initial();
    const vector = this.#vector;
    vector.fill(0);
    vector[SERVER] = server;
    vector[CRASHES] = this.#space.scope.faults.crash;
    locals.forEach((local, i) => (vector[LOCALS + i] = local));
    for (let b = 0; this.#tracksOrder && b < this.#buyers; b++) vector[this.#spans + b] = NO_SPAN;
    for (const transition of transitions) this.#order(vector, transition);
    await this.#canonicalise(vector);
    return this.#enter(vector);
  }

  /** All successors of a state, those of equal states included. */
  async #frame(state: number): Promise<Frame> {
    const successors: number[] = [];
    const before = new Int32Array(this.#vector.length);
    this.#table.read(state, before);
    const crashes = before[CRASHES]!;
    let regular = 0;
    for (let i = 0; i < this.#instances; i++) {
      const local = before[LOCALS + i]!;
      const moves = this.#space.moves(local, i, crashes);
      regular += moves.length;
      const faults = crashes > 0 ? this.#space.crashes(local, i) : [];
      for (let m = 0; m < moves.length + faults.length; m++) {
        const move = m < moves.length ? moves[m]! : faults[m - moves.length]!;
        successors.push(await this.#successor(before, i, m, move));
        this.#result.transitions++;
      }
    }
    if (regular > 0) return { state, successors, at: 0, paths: 0n, entered: false };
    await this.#judge(before);
    return { state, successors, at: 0, paths: 1n, entered: false };
  }

  async #successor(before: Int32Array, i: number, m: number, move: Move): Promise<number> {
    const crashes = before[CRASHES]!;
    const transition = await this.#transition(before[SERVER]!, before[LOCALS + i]!, i, m, move, crashes);
    const vector = this.#vector;
    vector.set(before);
    vector[SERVER] = transition.server;
    vector[LOCALS + i] = transition.local;
    if (transition.touched !== 0) {
      for (let j = 0; j < this.#instances; j++) {
        if (j !== i) vector[LOCALS + j] = this.#space.touch(vector[LOCALS + j]!, j, transition.touched);
      }
    }
    this.#order(vector, transition);
    if (move.kind === 'crash') {
      vector[CRASHES] = crashes - 1;
      if (crashes === 1) await this.#relax(vector, i);
    }
    await this.#canonicalise(vector);
    return this.#enter(vector);
  }

  /** After the last crash, what waited for a possible crash happens at once in the other instances. */
  async #relax(vector: Int32Array, crashed: number): Promise<void> {
    for (let j = 0; j < this.#instances; j++) {
      if (j === crashed) continue;
      const transition = await this.#space.relax(vector[SERVER]!, vector[LOCALS + j]!, j);
      vector[LOCALS + j] = transition.local;
      this.#order(vector, transition);
    }
  }

  async #transition(
    server: number,
    local: number,
    i: number,
    m: number,
    move: Move,
    crashes: number,
  ): Promise<Transition> {
    const key = transitionKey(server, local, i, m, crashes);
    const known = this.#transitions.get(key);
    if (known) return known;
    const transition = await this.#space.expand(server, local, i, move, crashes);
    this.#transitions.set(key, transition);
    return transition;
  }

  #order(vector: Int32Array, { started, completed }: Transition): void {
    if (this.#tracksOrder) enterSpans(vector, this.#spans, this.#buyers, started, completed);
  }

  /** Sorts interchangeable instances, and renames the server's content along. Ties stay as they are. */
  async #canonicalise(vector: Int32Array): Promise<void> {
    if (!this.#space.reductions.symmetry) return;
    const { classes } = this.#space;
    const order = Array.from(classes, (_, i) => i);
    for (let i = 1; i < order.length; i++) {
      for (let j = i; j > 0; j--) {
        const previous = previousOfClass(classes, order, j);
        if (previous < 0 || !this.#precedes(vector, order[j]!, order[previous]!)) break;
        [order[previous], order[j]] = [order[j]!, order[previous]!];
        j = previous + 1;
      }
    }
    if (order.every((from, to) => from === to)) return;
    const before = vector.slice();
    const to: number[] = [];
    order.forEach((from, place) => {
      to[from] = place;
      vector[LOCALS + place] = before[LOCALS + from]!;
      if (this.#tracksOrder) vector[this.#spans + place] = before[this.#spans + from]!;
    });
    vector[SERVER] = await this.#rename(before[SERVER]!, to);
  }

  async #rename(server: number, to: readonly number[]): Promise<number> {
    const key = `${server} ${to.join()}`;
    const known = this.#renamed.get(key);
    if (known !== undefined) return known;
    // A lone buyer's index is its instance's; buyers that share an instance are never exchanged.
    const all = Array.from({ length: this.#buyers }, (_, b) =>
      b < this.#instances && isLone(this.#space, b) ? to[b]! : b,
    );
    const renamed = await this.#space.rename(server, all);
    this.#renamed.set(key, renamed);
    return renamed;
  }

  #precedes(vector: Int32Array, a: number, b: number): boolean {
    const byLocal = vector[LOCALS + a]! - vector[LOCALS + b]!;
    if (byLocal !== 0 || !this.#tracksOrder) return byLocal < 0;
    return vector[this.#spans + a]! < vector[this.#spans + b]!;
  }

  #enter(vector: Int32Array): number {
    const size = this.#table.size;
    const state = this.#table.add(vector);
    if (state !== size) return state;
    this.#paths.push(undefined);
    let units = 0;
    for (let i = 0; i < this.#instances; i++) units += acknowledged(this.#space, vector[LOCALS + i]!);
    if (units > this.#space.scope.stock) this.#result.violated.add('oversell');
    return state;
  }

  async #judge(vector: Int32Array): Promise<void> {
    const locals = Array.from({ length: this.#instances }, (_, i) => vector[LOCALS + i]!);
    const ends = finishes(this.#space, locals, (b) => (this.#tracksOrder ? vector[this.#spans + b]! : 0));
    const server = await this.#rest.quiesce(vector[SERVER]!, locals);
    const judgement = await this.#rest.judge(server, ends);
    for (const property of violatedIn(judgement)) this.#result.violated.add(property);
    for (const property of PROPERTIES) {
      if (judgement[property].verdict !== 'n/a') this.#result.notApplicable.delete(property);
    }
    this.#result.outcomes.add(
      outcomeOf(this.#space.scope, ends, judgement, this.#space.memo.content(server)),
    );
  }
}

interface Frame {
  state: number;
  successors: readonly number[];
  at: number;
  /** Interleavings from here to rest, of the successors that are done. */
  paths: bigint;
  entered: boolean;
}

const isLone = (space: Space, instance: number): boolean => buyersOf(space.scope, instance).length === 1;

function previousOfClass(classes: readonly number[], order: readonly number[], j: number): number {
  for (let k = j - 1; k >= 0; k--) if (classes[order[k]!] === classes[order[j]!]) return k;
  return -1;
}

/** 52 bits: 19 of server, 20 of local state, 4 of instance, 7 of move, 2 of crashes left. */
function transitionKey(
  server: number,
  local: number,
  instance: number,
  move: number,
  crashes: number,
): number {
  if (server >= 1 << 19 || local >= 1 << 20 || instance >= 16 || move >= 128) {
    throw new RangeError('the scope is too large to be indexed: fewer buyers, units or faults');
  }
  return (((server * (1 << 20) + local) * 16 + instance) * 128 + move) * 4 + Math.min(crashes, 3);
}
