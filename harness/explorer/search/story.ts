import { ASKED_EVENTS, eventOf, EXPIRY } from '../../documents/faults.ts';
import type { CounterexampleStep, ScheduleStep, ToldAtRest } from '../../documents/counterexample.ts';
import type { Scope } from '../../documents/scope.ts';
import { decode, decodeCommand, readable, showReply } from '../../wire/resp.ts';
import { layoutOf } from '../scope/layout.ts';
import { buyersOf, letter, userNamed } from '../scope/ids.ts';
import { nameTold } from '../outside-store.ts';
import type { Happened } from '../space/happened.ts';
import type { Concluded } from './at-rest.ts';
import type { Aside } from './code-side.ts';
import type { Found } from './minimal.ts';
import type { Path } from './shortest.ts';

/** The schedule, for `replay`. */
export function scheduleOf(path: Path): ScheduleStep[] {
  return stepsOfSchedule([...path.opening, ...path.events.flatMap((event) => event.happened)]);
}

/** What happened, without what only the search needs to know of it. */
export const stepsOfSchedule = (happened: readonly Happened[]): ScheduleStep[] =>
  happened.map(({ slot: at, atom }) => ({ slot: at, ...withoutNotes(atom) }));

/** What the search noted of a step beside what it was. */
type Notes = 'server' | 'node' | 'place';
type WithoutNotes<Of> = Of extends unknown ? Omit<Of, Notes> : never;

function withoutNotes<Of extends Happened['atom']>(atom: Of): WithoutNotes<Of> {
  const {
    server: _server,
    node: _node,
    place: _place,
    ...step
  } = atom as Of & Partial<Record<Notes, number>>;
  return step as WithoutNotes<Of>;
}

/** What is told. */
interface Told extends Pick<Found, 'scope' | 'path' | 'rest' | 'opened'> {
  asides: ReadonlyMap<Happened['atom'], Aside>;
}

/** Of what follows by itself: how long the code waited, and what was forgotten meanwhile, is a part of the story, too. */
const TOLD: ReadonlySet<string> = new Set(['execute', 'timer', EXPIRY]);

/** The lines of the diagram: what the search chose, every command, timer and expiry. What else follows by itself goes unsaid. */
export async function stepsOf({ scope, path, rest, opened, asides }: Told): Promise<CounterexampleStep[]> {
  const steps: CounterexampleStep[] = [];
  const { till } = layoutOf(scope);
  let server = opened;
  const add = async (
    { slot: at, atom }: Happened,
    event: CounterexampleStep['event'] = atom.event,
  ): Promise<void> => {
    if ('server' in atom) server = atom.server;
    const { source, script, timerMs, failed } = asides.get(atom)!;
    steps.push({
      actor: actorOf(scope, at, atom),
      event,
      ...wordsOf(atom, at === till),
      ...(timerMs !== undefined && { detail: ` of ${duration(timerMs)}` }),
      ...(failed !== undefined && { detail: failed }),
      ...(script !== undefined && { script }),
      ...(source && { source }),
      stock: await rest.stock(server),
    });
  };
  for (const one of path.opening) {
    const aside = asides.get(one.atom)!;
    // A purchase that throws before its first command has done so before anything else.
    if (!TOLD.has(one.atom.event) && aside.picks.length + aside.threw.length === 0) continue;
    await add(one);
    noteBeside(steps.at(-1)!, aside);
  }
  for (const { choice, happened, answers, dirtied } of path.events) {
    const asked = ASKED_EVENTS.find((event) => choice.price && event === eventOf(choice.price));
    let answering: CounterexampleStep | undefined;
    for (const [i, one] of happened.entries()) {
      if (i === 0) await add(one, asked);
      else if (TOLD.has(one.atom.event)) await add(one);
      const aside = asides.get(one.atom)!;
      noteBeside(steps.at(-1)!, aside);
      if (aside.ends) answering = steps.at(-1);
    }
    const last = steps.at(-1);
    answering ??= last;
    if (answering && answers.length > 0) {
      answering.answers = answers.map(({ operation, outcome }) =>
        `${nameOf(scope, operation)} ${outcome}`.trim(),
      );
    }
    if (last && dirtied.length > 0) last.dirtied = dirtied.map((at) => instanceName(scope, at));
  }
  return steps;
}

/** What came of it in the end. */
export function toldAtRest({ expired, worked, store }: Concluded): ToldAtRest {
  const { drained, allowances, recorded, mute } = store;
  return {
    expired: [...expired],
    worked,
    drained,
    ...(allowances && {
      users: allowances.map(({ bought, refusal }, user) => ({
        userId: userNamed(user),
        bought,
        ...(refusal !== undefined && { refusal }),
      })),
    }),
    ...(recorded && {
      recorded: recorded.flatMap(({ requestId, userId, quantity }) =>
        Number.isFinite(quantity)
          ? [{ ...(requestId !== undefined && { requestId }), userId, quantity }]
          : [],
      ),
    }),
    ...(mute !== undefined && { mute }),
  };
}

/** What the code did then stands at the step that it followed from. */
function noteBeside(step: CounterexampleStep, { picks, threw, lost }: Aside): void {
  if (picks.length > 0) step.picks = [...(step.picks ?? []), ...picks];
  if (threw.length > 0) step.threw = [...(step.threw ?? []), ...threw];
  if (lost.length > 0) step.lost = [...(step.lost ?? []), ...lost.map(inWords)];
}

function wordsOf(
  atom: Happened['atom'],
  isTill: boolean,
): Pick<CounterexampleStep, 'command' | 'reply' | 'detail'> {
  switch (atom.event) {
    case 'execute':
      return { command: inWords(atom.command), reply: showReply(decode(atom.reply)) };
    case 'deliver':
      return atom.replies === undefined ? {} : { detail: `${atom.replies} replies in one chunk` };
    case 'start':
      return atom.call.method === 'confirm' && isTill ? { detail: ' in another process' } : {};
    case 'timer':
    case 'immediate':
      return {};
    default:
      if ('survivors' in atom) {
        return onTheirWay([atom.survivors].flat().reduce((sum, survivors) => sum + survivors, 0));
      }
      if ('commands' in atom) return atom.commands === 1 ? {} : { detail: ` for ${atom.commands} commands` };
      if ('replica' in atom) return { detail: ' as it was when it stopped' };
      if ('elapsedMs' in atom) return { detail: `: ${duration(atom.elapsedMs ?? 0)}` };
      return 'key' in atom && atom.key !== undefined ? { detail: atom.key } : {};
  }
}

/** What becomes of commands that were sent by a connection that is no more. */
const onTheirWay = (commands: number): { detail?: string } =>
  commands === 0
    ? {}
    : {
        detail:
          commands === 1 ? '1 command is still on its way' : `${commands} commands are still on their way`,
      };

/** In the largest unit that it is a whole number of. */
function duration(ms: number): string {
  const [inUnits, unit] = UNITS.find(([size]) => ms >= size && ms % size === 0) ?? [1, 'ms'];
  return `${ms / inUnits} ${unit}`;
}
const UNITS = [
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const;

/** The command with its name in capitals, as people write it. */
function inWords(bytes: string): string[] {
  const [name, ...args] = decodeCommand(bytes);
  return [readable(nameTold(name!)), ...args.map(readable)];
}

function actorOf(scope: Scope, at: number, atom: Happened['atom']): string {
  if (at < 0) return 'server';
  if (atom.event === 'start' && atom.buyer >= 0) return letter(atom.buyer);
  return instanceName(scope, at);
}

/** The letters of its buyers; `retry` where one asks again, `till` where buyers confirm or cancel, `office`, `office 2` … for the back offices. */
function instanceName(scope: Scope, at: number): string {
  if (at < scope.instances) return buyersOf(scope, at).map(letter).join('');
  const { office, till } = layoutOf(scope);
  if (at === till) return 'till';
  if (office < 0 || at < office) return 'retry';
  return at === office ? 'office' : `office ${at - office + 1}`;
}

/** Whose operation it is: first attempts carry their buyer's number; of others the step itself tells. */
const nameOf = (scope: Scope, operation: number): string =>
  operation < scope.buyers ? letter(operation) : '';
