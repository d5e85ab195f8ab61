import { PROPERTIES, type Property } from '../../../strategies/contract.ts';
import { type Extra } from '../../documents/faults.ts';
import { StartAgain } from '../cannot-explore.ts';
import { outcomeOf } from './outcome.ts';
import type { AtRest } from './at-rest.ts';
import { countsByBuyer, netAcknowledged, netOf } from './finishes.ts';
import { violatedIn } from './judge-end.ts';
import type { Space } from '../space/space.ts';
import { States } from '../space/states.ts';
import { VectorTable } from '../space/vectors.ts';
import { HeapGauge, isNearlyAll, residentBytes } from '../../ground/memory.ts';
import { macrotask } from '../process/virtual.ts';
import { isOfLoss } from '../../wire/raw-connection.ts';

/** What has been covered so far; the same object is updated while the search runs. */
export interface SearchProgress {
  states: number;
  transitions: number;
  /** Finished interleavings. */
  interleavings: bigint;
}

export interface SearchOptions {
  properties: readonly Property[];
  maxStates: number;
  /** Default: that of this thread. */
  heap?: Pick<HeapGauge, 'isFull'>;
  signal?: AbortSignal;
  onProgress?: (progress: SearchProgress) => void;
}

export interface SearchResult extends SearchProgress {
  /** Every state was visited. */
  exhausted: boolean;
  /** What else ended it, as it stands in a note; undefined: it was told to end, or all that was asked is answered. */
  stopped?: string;
  /** Violated somewhere. */
  violated: Set<Property>;
  /** Says nothing about this sale, at every end. */
  notApplicable: Set<Property>;
  /** Faults and requests of the budget that happened in some interleaving. */
  spent: Set<Extra>;
  /** Distinct ends: answers, verdicts and content, up to renaming. Collected on request. */
  outcomes: Set<string>;
}

const PROGRESS_EVERY = 1 << 14;
/** A look at the memory costs as much as some ten states. */
const LOOK_EVERY = 1 << 10;

/** States that may be visited where chunks are events and something else than purchases comes besides. */
const MOST_WITH_CHUNKS = 20_000;

/** Depth-first search through a space, with equal states merged and interleavings counted as paths. */
export class Search {
  readonly #space: Space;
  readonly #rest: AtRest;
  readonly #options: SearchOptions;
  readonly #states: States;
  readonly #table: VectorTable;
  readonly #paths: (bigint | undefined)[] = [];
  /** States on the way from the start to where the search is. */
  readonly #entered: boolean[] = [];
  readonly #before: Int32Array;
  readonly #result: SearchResult;
  readonly #units: number[] = [];
  readonly #heap: Pick<HeapGauge, 'isFull'>;
  #steps = 0;

  constructor(space: Space, rest: AtRest, options: SearchOptions) {
    this.#heap = options.heap ?? new HeapGauge();
    this.#space = space;
    this.#rest = rest;
    this.#options = options;
    this.#states = new States(space, options.properties.includes('false-refusal'));
    this.#table = new VectorTable(this.#states.width);
    this.#before = new Int32Array(this.#states.width);
    this.#result = {
      states: 0,
      transitions: 0,
      interleavings: 0n,
      exhausted: false,
      violated: new Set(),
      notApplicable: new Set(PROPERTIES),
      spent: new Set(),
      outcomes: new Set(),
    };
  }

  /** Where the server is lost, what was covered until then counts. */
  async run(): Promise<SearchResult> {
    const stack: Frame[] = [];
    try {
      return await this.#walk(stack);
    } catch (error) {
      if (await isOfLoss(error, this.#options.signal)) return this.#cover(stack);
      throw error;
    }
  }

  async #walk(stack: Frame[]): Promise<SearchResult> {
    const { vector } = await this.#states.initial();
    stack.push(await this.#frame(this.#enter(vector)));
    while (stack.length > 0) {
      const frame = stack.at(-1)!;
      if (frame.at === frame.successors.length) {
        this.#paths[frame.state] = frame.paths;
        this.#entered[frame.state] = false;
        stack.pop();
        continue;
      }
      const next = frame.successors[frame.at]!;
      const paths = this.#paths[next];
      // Ticks that change nothing lead back: to go round once more is no further interleaving.
      if (!frame.entered && this.#entered[next]) {
        frame.at++;
        continue;
      }
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
    if (signal?.aborted) return true;
    if (this.#table.size > maxStates) return this.#stop(`stopped at ${maxStates} states`);
    this.#requireFewChunks();
    if (++this.#steps % LOOK_EVERY === 0 && this.#isMemoryFull()) {
      return this.#stop(`stopped at ${this.#table.size} states, as memory was full`);
    }
    if (this.#steps % PROGRESS_EVERY === 0) {
      onProgress?.(this.#cover(stack));
      await macrotask();
    }
    return properties.length === 1 && this.#result.violated.has(properties[0]!);
  }

  #stop(why: string): true {
    this.#result.stopped = why;
    return true;
  }

  /** In time: what was found has to be verified and shown yet. */
  #isMemoryFull(): boolean {
    return this.#heap.isFull() || isNearlyAll(residentBytes());
  }

  /** Chunks multiply with whatever else may come between replies: what is too much is left out, and that is said. */
  #requireFewChunks(): void {
    const { rules, budgets } = this.#space;
    if (rules.sharedChunks !== true || budgets.whole === 0 || this.#table.size <= MOST_WITH_CHUNKS) return;
    throw new StartAgain('too-many-chunks', `replies in one chunk make more than ${MOST_WITH_CHUNKS} states`);
  }

  /** Paths that are finished: each frame on the way from the start has its own, from children that are done. */
  #cover(stack: readonly Frame[]): SearchResult {
    this.#result.states = this.#table.size;
    this.#result.interleavings = stack.reduce((sum, frame) => sum + frame.paths, 0n);
    return this.#result;
  }

  /** All successors of a state, those of equal states included. */
  async #frame(state: number): Promise<Frame> {
    const successors: number[] = [];
    const before = this.#before;
    this.#table.read(state, before);
    const choices = this.#states.choices(before);
    for (const choice of choices) {
      if (choice.price !== undefined) this.#result.spent.add(choice.price);
      for (let variant = 0; ; variant++) {
        const there =
          this.#states.tryApply(before, choice, variant) ??
          (await this.#states.apply(before, choice, variant));
        if (!there) break;
        successors.push(this.#enter(this.#states.next));
        this.#result.transitions++;
      }
    }
    this.#entered[state] = true;
    const atRest = this.#states.isEnd(before, choices);
    if (atRest) await this.#judge(before);
    return { state, successors, at: 0, paths: atRest ? 1n : 0n, entered: false };
  }

  #enter(vector: Int32Array): number {
    const size = this.#table.size;
    const state = this.#table.add(vector);
    if (state !== size) return state;
    this.#paths.push(undefined);
    if (this.#acknowledged(vector) > this.#space.scope.stock) this.#result.violated.add('oversell');
    return state;
  }

  /** As `netAcknowledged`, without allocating where each slot can be counted by itself. */
  #acknowledged(vector: Int32Array): number {
    const { layout } = this.#space;
    if (countsByBuyer(this.#space)) return netAcknowledged(this.#space, this.#states.locals(vector));
    let units = 0;
    for (let slot = 0; slot < layout.slots; slot++) {
      const local = this.#states.local(vector, slot);
      units += this.#units[local] ??= netOf(this.#space, local);
    }
    return units;
  }

  async #judge(vector: Int32Array): Promise<void> {
    const { finishes, server, judgement } = await this.#rest.conclude(this.#states, vector);
    for (const property of violatedIn(judgement)) this.#result.violated.add(property);
    for (const property of PROPERTIES) {
      if (judgement[property].verdict !== 'n/a') this.#result.notApplicable.delete(property);
    }
    this.#result.outcomes.add(
      outcomeOf(this.#space.scope, finishes, judgement, this.#space.memo.content(server)),
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
