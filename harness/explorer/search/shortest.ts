import { dirtiedBetween } from '../space/dirtied.ts';
import type { Property } from '../../../strategies/contract.ts';
import type { AtRest, Concluded } from './at-rest.ts';
import type { Histories } from '../process/histories.ts';
import { HeapGauge } from '../../ground/memory.ts';
import { macrotask } from '../process/virtual.ts';
import { soldText } from '../../checkers/words.ts';
import { netAcknowledged } from './finishes.ts';
import { violatedIn } from './judge-end.ts';
import type { Space } from '../space/space.ts';
import type { Choice } from '../scope/moves.ts';
import type { Happened } from '../space/happened.ts';
import { States } from '../space/states.ts';

/** One event of a path: what was chosen, and what followed. */
export interface Event {
  choice: Choice;
  happened: readonly Happened[];
  answers: readonly { operation: number; outcome: string }[];
  /** Slots whose next EXEC answers nil because of it. */
  dirtied: readonly number[];
}

/** An interleaving that violates a property. */
export interface Path {
  /** Of its processes: the nodes that its atoms name are in there. */
  histories: Histories;
  /** What happened by itself before the first event. */
  opening: readonly Happened[];
  events: readonly Event[];
  /** What is violated, in a sentence. */
  message: string;
  /** What it comes to where it has ended; absent where it was not looked for. */
  end?: Concluded;
  minimal: boolean;
}

interface Node {
  vector: Int32Array;
  parent: Node | undefined;
  event: Omit<Event, 'dirtied'> | undefined;
  lastSlot: number;
  switches: number;
  events: number;
}

/**
 * The interleaving with the fewest context switches, and among those the fewest events, that violates the property.
 * Best-first search over the plain states (no symmetry, so that a path reads as it ran), with the last actor in the
 * key, because what the next event costs depends on it.
 *
 * @param limits when so many states were visited, the first violation met in a depth-first search will do
 * @returns undefined if the property holds in all of the scope, or in all that was visited of it
 */
export async function shortestViolation(
  space: Space,
  rest: AtRest,
  property: Property,
  { maxStates, signal }: Limits,
): Promise<Path | undefined> {
  const states = new States(space, property === 'false-refusal');
  states.recording = true;
  const { vector, happened } = await states.initial();
  const root: Node = {
    vector,
    parent: undefined,
    event: undefined,
    lastSlot: NOBODY,
    switches: 0,
    events: 0,
  };
  const from = { states, rest, property, root, opening: happened };
  const best = await visit(from, new Buckets(), { maxStates, signal });
  if (best !== 'too many') return best;
  const any = await visit(from, new Stack(), { maxStates: MANY * maxStates, signal });
  return any === 'too many' ? undefined : any;
}

const NOBODY = -2;
/** A depth-first search needs no order, and may visit so many times as many states. */
const MANY = 10;

/** States between two turns of the event loop. */
const BREATH = 1 << 12;

/** Where a search ends without a finding. */
export interface Limits {
  maxStates: number;
  signal?: AbortSignal | undefined;
}

/** Where a search begins, and what it looks for. */
interface Start {
  states: States;
  rest: AtRest;
  property: Property;
  root: Node;
  /** What happened by itself before. */
  opening: readonly Happened[];
}

/** Takes nodes from the frontier until one violates the property; in best-first order that one is the shortest. */
async function visit(
  { states, rest, property, root, opening }: Start,
  frontier: Frontier,
  { maxStates, signal }: Limits,
): Promise<Path | 'too many' | undefined> {
  frontier.push(root);
  const seen = new Set<string>();
  const heap = new HeapGauge();
  for (let node = frontier.pop(); node; node = frontier.pop()) {
    const key = `${node.vector.join()} ${frontier.ordered ? node.lastSlot : ''}`;
    if (seen.has(key)) continue;
    if (seen.size >= maxStates) return 'too many';
    seen.add(key);
    // Nothing here waits for more than microtasks: an interruption is heard only now.
    if (seen.size % BREATH === 0) {
      if (heap.isFull()) return 'too many';
      await macrotask();
    }
    if (signal?.aborted) return undefined;
    const choices = states.choices(node.vector);
    const ended = states.isEnd(node.vector, choices);
    const message = await violation({ states, rest, property }, node.vector, ended);
    if (message !== undefined) {
      const { histories } = states.space;
      const end = ended ? { end: await rest.conclude(states, node.vector) } : {};
      const events = eventsTo(states, node);
      return { histories, opening, events, message, ...end, minimal: frontier.ordered };
    }
    for (const choice of choices) {
      for (let variant = 0; await states.apply(node.vector, choice, variant); variant++) {
        frontier.push(after(node, choice, states));
      }
    }
  }
  return undefined;
}

function after(node: Node, choice: Choice, { next, happened, completed }: States): Node {
  const switched = node.lastSlot !== NOBODY && node.lastSlot !== choice.slot;
  return {
    vector: next.slice(),
    parent: node,
    event: { choice, happened, answers: completed },
    lastSlot: choice.slot,
    switches: node.switches + (switched ? 1 : 0),
    events: node.events + 1,
  };
}

/** What of the property is violated here, in a sentence. */
async function violation(
  { states, rest, property }: Pick<Start, 'states' | 'rest' | 'property'>,
  vector: Int32Array,
  ended: boolean,
): Promise<string | undefined> {
  const { space } = states;
  if (property === 'oversell') {
    const units = netAcknowledged(space, states.locals(vector));
    if (units > space.scope.stock) return soldText(units, space.scope.stock);
  }
  if (!ended) return undefined;
  const { judgement } = await rest.conclude(states, vector);
  if (!violatedIn(judgement).includes(property)) return undefined;
  return judgement[property].evidence.map(({ message }) => message).join('; ');
}

function eventsTo(states: States, node: Node): Event[] {
  const events: Event[] = [];
  for (let at: Node | undefined = node; at?.event && at.parent; at = at.parent) {
    events.unshift({ ...at.event, dirtied: dirtiedBetween(states, at.parent.vector, at.vector) });
  }
  return events;
}

interface Frontier {
  /** Whether nodes come out cheapest first. */
  ordered: boolean;
  push(node: Node): void;
  pop(): Node | undefined;
}

class Stack implements Frontier {
  readonly ordered = false;
  readonly #nodes: Node[] = [];

  push(node: Node): void {
    this.#nodes.push(node);
  }

  pop(): Node | undefined {
    return this.#nodes.pop();
  }
}

/** A queue by (switches, events): both are small, so each pair has a list of its own. */
class Buckets implements Frontier {
  readonly ordered = true;
  readonly #buckets: Node[][][] = [];

  push(node: Node): void {
    ((this.#buckets[node.switches] ??= [])[node.events] ??= []).push(node);
  }

  pop(): Node | undefined {
    for (const bySwitches of this.#buckets) {
      for (const nodes of bySwitches ?? []) if (nodes && nodes.length > 0) return nodes.shift();
    }
    return undefined;
  }
}
