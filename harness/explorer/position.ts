import type { Atom } from './cursor.ts';
import type { Answer } from './local.ts';
import type { Fate, Finish } from './rest.ts';
import { buyersOf } from './scope.ts';
import type { Move, Space, Transition } from './space.ts';
import { enterSpans, interval, NO_SPAN } from './spans.ts';

/** One state, for walks that follow single interleavings instead of covering all. */
export interface Position {
  server: number;
  crashes: number;
  locals: readonly number[];
  spans: Int32Array;
}

/** One event of an interleaving: whose it was, and what it made happen. */
export interface Event {
  instance: number;
  move: Move;
  atoms: readonly OfInstance[];
  completed: readonly Answer[];
}

export type OfInstance = Atom & { instance: number };

export async function startPosition(space: Space): Promise<{ position: Position; atoms: OfInstance[] }> {
  const { server, locals, transitions } = await space.initial();
  const spans = new Int32Array(space.scope.buyers).fill(NO_SPAN);
  const atoms: OfInstance[] = [];
  transitions.forEach((transition, instance) => {
    enterSpans(spans, 0, spans.length, transition.started, transition.completed);
    atoms.push(...transition.atoms.map((atom) => ({ ...atom, instance })));
  });
  return { position: { server, locals, crashes: space.scope.faults.crash, spans }, atoms };
}

/** Everything that may happen next; `faults` apart, because without regular moves the sale is at rest. */
export function movesAt(
  space: Space,
  position: Position,
): { regular: [number, Move][]; faults: [number, Move][] } {
  const regular: [number, Move][] = [];
  const faults: [number, Move][] = [];
  for (const [i, local] of position.locals.entries()) {
    for (const move of space.moves(local, i, position.crashes)) regular.push([i, move]);
    if (position.crashes > 0) for (const move of space.crashes(local, i)) faults.push([i, move]);
  }
  return { regular, faults };
}

export async function step(
  space: Space,
  position: Position,
  instance: number,
  move: Move,
): Promise<{ position: Position; event: Event }> {
  const { crashes } = position;
  const transition = await space.expand(position.server, position.locals[instance]!, instance, move, crashes);
  const spans = position.spans.slice();
  const completed: Answer[] = [];
  const enter = (happened: Transition): void => {
    enterSpans(spans, 0, spans.length, happened.started, happened.completed);
    completed.push(...happened.completed);
  };
  enter(transition);
  const locals = position.locals.map((local, j) => {
    if (j === instance) return transition.local;
    return transition.touched === 0 ? local : space.touch(local, j, transition.touched);
  });
  const atoms: OfInstance[] = transition.atoms.map((atom) => ({ ...atom, instance }));
  if (move.kind === 'crash' && crashes === 1) {
    for (let j = 0; j < locals.length; j++) {
      if (j === instance) continue;
      const relaxed = await space.relax(transition.server, locals[j]!, j);
      locals[j] = relaxed.local;
      enter(relaxed);
      atoms.push(...relaxed.atoms.map((atom) => ({ ...atom, instance: j })));
    }
  }
  return {
    position: {
      server: transition.server,
      locals,
      spans,
      crashes: move.kind === 'crash' ? crashes - 1 : crashes,
    },
    event: { instance, move, atoms, completed },
  };
}

/** What became of each buyer in this state. */
export function finishes(
  space: Space,
  locals: readonly number[],
  spanOf: (buyer: number) => number,
): Finish[] {
  const result: Finish[] = [];
  for (const [i, id] of locals.entries()) {
    const local = space.locals.values[id]!;
    const mine = buyersOf(space.scope, i);
    for (const buyer of mine) {
      // A lone buyer may be recorded under another's name; its instance has no other.
      const answer = mine.length === 1 ? local.answers[0] : local.answers.find((a) => a.buyer === buyer);
      const called = mine.length === 1 ? local.begun : local.called.includes(buyer);
      result[buyer] = {
        fate: answer?.outcome ?? unanswered(local.phase, called),
        ...interval(spanOf(buyer)),
      };
    }
  }
  return result;
}

/** A crashed instance owes nobody an answer, but may have sold; one that lives and cannot go on hangs. */
function unanswered(phase: 'live' | 'crashed' | 'done', called: boolean): Fate {
  if (!called) return 'absent';
  return phase === 'live' ? 'hung' : 'unknown';
}

/** Units that buyers were told they have. */
export function acknowledged(space: Space, local: number): number {
  let units = 0;
  for (const { buyer, outcome } of space.locals.values[local]!.answers) {
    // Buyers recorded under another's name ask for the same quantity.
    if (outcome === 'sold') units += space.scope.quantities[buyer]!;
  }
  return units;
}
