import { ASKED_EVENTS, eventOf } from '../../documents/faults.ts';
import {
  scheduleStepSchema,
  type CounterexampleStep,
  type ScheduleStep,
} from '../../documents/counterexample.ts';
import type { Scope } from '../../documents/scope.ts';
import { decode, decodeCommand, readable, showReply } from '../../wire/resp.ts';
import { layoutOf } from '../scope/layout.ts';
import { buyersOf, letter } from '../scope/ids.ts';
import type { Happened } from '../space/happened.ts';
import type { AtRest } from './at-rest.ts';
import type { Path } from './shortest.ts';

/** The schedule, for `replay`. */
export function scheduleOf(path: Path): ScheduleStep[] {
  return stepsOfSchedule([...path.opening, ...path.events.flatMap((event) => event.happened)]);
}

/** What happened, without what only the search needs to know of it. */
export const stepsOfSchedule = (happened: readonly Happened[]): ScheduleStep[] =>
  happened.map(({ slot: at, atom }) => scheduleStepSchema.parse({ slot: at, ...atom }));

/** The lines of the diagram: what the search chose, and every command. What follows by itself goes unsaid. */
export async function stepsOf(
  scope: Scope,
  path: Path,
  rest: AtRest,
  opened: number,
): Promise<CounterexampleStep[]> {
  const steps: CounterexampleStep[] = [];
  const { till } = layoutOf(scope);
  let server = opened;
  const add = async (
    { slot: at, atom }: Happened,
    event: CounterexampleStep['event'] = atom.event,
  ): Promise<void> => {
    if ('server' in atom) server = atom.server;
    steps.push({
      actor: actorOf(scope, at, atom),
      event,
      ...wordsOf(atom, at === till),
      stock: await rest.stock(server),
    });
  };
  for (const happened of path.opening) if (happened.atom.event === 'execute') await add(happened);
  for (const { choice, happened, answers, dirtied } of path.events) {
    const [chosen, ...followed] = happened;
    const asked = ASKED_EVENTS.find((event) => choice.price && event === eventOf(choice.price));
    if (chosen) await add(chosen, asked);
    for (const next of followed) if (next.atom.event === 'execute') await add(next);
    const last = steps.at(-1);
    if (last && answers.length > 0) {
      last.answers = answers.map(({ operation, outcome }) => `${nameOf(scope, operation)} ${outcome}`.trim());
    }
    if (last && dirtied.length > 0) last.dirtied = dirtied.map((at) => instanceName(scope, at));
  }
  return steps;
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

/** The command with its name in capitals, as people write it. */
function inWords(bytes: string): string[] {
  const [name, ...args] = decodeCommand(bytes).map(readable);
  return [name!.toUpperCase(), ...args];
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
