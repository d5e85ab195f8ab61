import { dirtiedBetween } from '../space/dirtied.ts';
import type { Property } from '../../../strategies/contract.ts';
import type { Random } from '../../ground/random.ts';
import { outcomeOf } from './outcome.ts';
import { AtRest } from './at-rest.ts';
import { soldText } from '../../checkers/words.ts';
import { netAcknowledged } from './finishes.ts';
import { violatedIn } from './judge-end.ts';
import { pctScheduler } from './schedulers/pct.ts';
import { randomScheduler } from './schedulers/random-walk.ts';
import type { Scheduler } from './schedulers/scheduler.ts';
import type { Event, Path } from './shortest.ts';
import type { Space } from '../space/space.ts';
import type { Happened } from '../space/happened.ts';
import { States } from '../space/states.ts';

/** One interleaving as a scheduler drew it. */
export interface Walk {
  opening: readonly Happened[];
  events: readonly Event[];
  happened: readonly Happened[];
  outcome: string;
  /** What it violates, in a sentence each. */
  violations: Map<Property, string>;
  /** It came to its end; else it was cut, as one of its processes goes on for ever. */
  ended: boolean;
}

/** Follows one interleaving from start to rest. `random` decides only what the code itself chooses (`env.pick`). */
export async function walkOnce(
  states: States,
  rest: AtRest,
  scheduler: Scheduler,
  random: Random,
): Promise<Walk> {
  const { space } = states;
  states.recording = true;
  const { vector, happened: opening } = await states.initial();
  const events: Event[] = [];
  const violations = new Map<Property, string>();
  scheduler.begin();
  let at = vector;
  for (
    let choices = states.choices(at);
    choices.some(({ price }) => price === undefined);
    choices = states.choices(at)
  ) {
    const choice = scheduler.choose(choices);
    let variants = 0;
    while (await states.apply(at, choice, variants)) variants++;
    await states.apply(at, choice, random.below(variants));
    const before = at;
    at = states.next.slice();
    const dirtied = dirtiedBetween(states, before, at);
    events.push({ choice, happened: states.happened, answers: states.completed, dirtied });
    const units = netAcknowledged(space, states.locals(at));
    if (units > space.scope.stock) violations.set('oversell', soldText(units, space.scope.stock));
  }
  const ended = states.isEnd(at, []);
  const { finishes, server, judgement } = await rest.conclude(states, at);
  for (const property of ended ? violatedIn(judgement) : []) {
    const said = judgement[property].evidence.map(({ message }) => message).join('; ');
    if (!violations.has(property)) violations.set(property, said);
  }
  const happened = [...opening, ...events.flatMap((event) => event.happened)];
  const outcome = outcomeOf(space.scope, finishes, judgement, space.memo.content(server));
  return { opening, events, happened, outcome, violations, ended };
}

export interface Sample {
  /** Interleavings that were followed. */
  walks: number;
  /** One that violates each property; not minimal. */
  found: Map<Property, Path>;
  /** What each scheduler promises, for people. */
  notes: string[];
}

/** For scopes that are too large to be exhausted: interleavings drawn by each scheduler in turn. */
export async function sample(
  space: Space,
  random: Random,
  walksEach: number,
  signal?: AbortSignal,
): Promise<Sample> {
  const rest = new AtRest(space);
  const { histories } = space;
  const result: Sample = { walks: 0, found: new Map(), notes: [] };
  const schedulers = [
    randomScheduler(random.fork('random')),
    pctScheduler(random.fork('pct'), space.layout.slots),
  ];
  for (const scheduler of schedulers) {
    const states = new States(space, true);
    let walks = 0;
    for (; walks < walksEach; walks++) {
      if (signal?.aborted) break;
      const { opening, events, violations } = await walkOnce(states, rest, scheduler, random);
      for (const [property, message] of violations) {
        if (!result.found.has(property))
          result.found.set(property, { histories, opening, events, message, minimal: false });
      }
    }
    result.walks += walks;
    const promise = scheduler.promise();
    result.notes.push(
      `${walks} interleavings drawn, ${scheduler.name}${promise === undefined ? '' : ` (${promise})`}`,
    );
  }
  return result;
}
