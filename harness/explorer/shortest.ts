import type { Property } from '../../strategies/contract.ts';
import {
  acknowledged,
  finishes,
  movesAt,
  startPosition,
  step,
  type Event,
  type OfInstance,
  type Position,
} from './position.ts';
import { violatedIn, type Rest } from './rest.ts';
import type { Space } from './space.ts';

/** An interleaving that violates a property. */
export interface Path {
  /** What happened by itself before the first event. */
  opening: readonly OfInstance[];
  events: readonly Event[];
  end: Position;
  minimal: boolean;
}

interface Node {
  position: Position;
  parent: Node | undefined;
  event: Event | undefined;
  lastActor: number;
  switches: number;
  events: number;
}

/**
 * The interleaving with the fewest context switches, and among those the fewest events, that violates the property.
 * Best-first search over the plain states (no symmetry, so that a path reads as it ran), with the last actor in the
 * key, because what the next event costs depends on it.
 *
 * @param maxStates when that many were visited, the first violation met in a depth-first search will do
 * @returns undefined if the property holds in all of the scope
 */
export async function shortestViolation(
  space: Space,
  rest: Rest,
  property: Property,
  maxStates: number,
): Promise<Path | undefined> {
  const { position, atoms } = await startPosition(space);
  const root: Node = { position, parent: undefined, event: undefined, lastActor: -1, switches: 0, events: 0 };
  const queue = new Buckets();
  queue.push(root);
  const seen = new Set<string>();
  for (let node = queue.pop(); node; node = queue.pop()) {
    const key = keyOf(node);
    if (seen.has(key)) continue;
    if (seen.size >= maxStates) return anyViolation(space, rest, property, root, atoms);
    seen.add(key);
    const { regular, faults } = movesAt(space, node.position);
    if (await violates(space, rest, property, node.position, regular.length === 0))
      return pathTo(node, atoms, true);
    for (const [instance, move] of [...regular, ...faults])
      queue.push(await successor(space, node, instance, move));
  }
  return undefined;
}

async function anyViolation(
  space: Space,
  rest: Rest,
  property: Property,
  root: Node,
  atoms: readonly OfInstance[],
): Promise<Path | undefined> {
  const stack = [root];
  const seen = new Set<string>();
  for (let node = stack.pop(); node; node = stack.pop()) {
    const key = keyOf({ ...node, lastActor: 0 });
    if (seen.has(key)) continue;
    seen.add(key);
    const { regular, faults } = movesAt(space, node.position);
    if (await violates(space, rest, property, node.position, regular.length === 0))
      return pathTo(node, atoms, false);
    for (const [instance, move] of [...regular, ...faults])
      stack.push(await successor(space, node, instance, move));
  }
  return undefined;
}

async function successor(space: Space, node: Node, instance: number, move: Event['move']): Promise<Node> {
  const { position, event } = await step(space, node.position, instance, move);
  const switches = node.switches + (node.lastActor >= 0 && node.lastActor !== instance ? 1 : 0);
  return { position, parent: node, event, lastActor: instance, switches, events: node.events + 1 };
}

/** What is violated at the end of the path, in a sentence. */
export async function explain(space: Space, rest: Rest, property: Property, { end }: Path): Promise<string> {
  const units = end.locals.reduce((sum, local) => sum + acknowledged(space, local), 0);
  if (property === 'oversell' && units > space.scope.stock) {
    return `${units} units were sold of ${space.scope.stock}`;
  }
  const server = await rest.quiesce(end.server, end.locals);
  const judgement = await rest.judge(
    server,
    finishes(space, end.locals, (buyer) => end.spans[buyer]!),
  );
  return judgement[property].evidence.map(({ message }) => message).join('; ');
}

async function violates(
  space: Space,
  rest: Rest,
  property: Property,
  at: Position,
  ended: boolean,
): Promise<boolean> {
  if (property === 'oversell') {
    const units = at.locals.reduce((sum, local) => sum + acknowledged(space, local), 0);
    if (units > space.scope.stock) return true;
  }
  if (!ended) return false;
  const server = await rest.quiesce(at.server, at.locals);
  const judgement = await rest.judge(
    server,
    finishes(space, at.locals, (buyer) => at.spans[buyer]!),
  );
  return violatedIn(judgement).includes(property);
}

function pathTo(node: Node, opening: readonly OfInstance[], minimal: boolean): Path {
  const events: Event[] = [];
  for (let at: Node | undefined = node; at?.event; at = at.parent) events.unshift(at.event);
  return { opening, events, end: node.position, minimal };
}

const keyOf = ({ position, lastActor }: Node): string =>
  `${position.server} ${position.crashes} ${position.locals.join()} ${position.spans.join()} ${lastActor}`;

/** A queue by (switches, events): both are small, so each pair has a list of its own. */
class Buckets {
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
