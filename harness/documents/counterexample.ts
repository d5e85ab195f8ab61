import { z } from 'zod';
import { PROPERTIES, type Property } from '../../strategies/contract.ts';
import { scopeSchema, type Scope } from './scope.ts';
import { ASKED_EVENTS, KEY_FAULTS, SERVER_FAULTS } from './faults.ts';
import { decode, decodeCommand, readable, showReply } from '../wire/resp.ts';
import type { Rest } from '../explorer/search/at-rest.ts';
import { buyersOf, letter } from '../explorer/scope/scope.ts';
import type { Path } from '../explorer/search/shortest.ts';
import type { Happened } from '../explorer/space/states.ts';

const count = z.int().nonnegative();

const INSTANCE_EVENTS = ['start', 'execute', 'deliver', 'timer', 'cut', 'crash'] as const;

/** Moves by which a buyer asks once more. */
const AGAIN = new Set(['retry', 'takeover', 'repeat', 'repeat-elsewhere']);

/** One line of the diagram. */
export const stepSchema = z.strictObject({
  /** The buyer's letter; several letters where buyers share an instance; `server`; `office` for its back office. */
  actor: z.string(),
  event: z.enum([...INSTANCE_EVENTS, ...ASKED_EVENTS, ...KEY_FAULTS, ...SERVER_FAULTS]),
  command: z.array(z.string()).optional(),
  reply: z.string().optional(),
  /** The key that expired or was evicted; what became of the commands that a dead client had sent. */
  detail: z.string().optional(),
  /** What `remaining()` says after the step; null where it fails. */
  stock: z.number().nullable(),
  /** What was answered by this step: "A sold". */
  answers: z.array(z.string()).optional(),
  /** Whose WATCH this step made fail: their next EXEC answers nil. */
  dirtied: z.array(z.string()).optional(),
});
export type CounterexampleStep = z.infer<typeof stepSchema>;

const request = z.object({ requestId: z.string(), userId: z.string(), quantity: z.number() });
const callSchema = z.union([
  z.object({ method: z.enum(['purchase', 'release']), request }),
  z.object({ method: z.literal('restock'), quantity: z.number() }),
  z.object({ method: z.enum(['open', 'seller', 'remaining', 'recorded', 'runJob', 'close']) }),
]);

const slot = z.int();
/** What `env.pick` answered in the course of the step; of an execution: which outcome the server drew. */
const picks = z.array(count).optional();
const connection = count;
const scheduleStepSchema = z.discriminatedUnion('event', [
  z.object({ slot, event: z.literal('start'), call: callSchema, buyer: z.int(), operation: z.int(), picks }),
  z.object({
    slot,
    event: z.literal('execute'),
    connection,
    /** Bytes, as latin1: compared when the schedule is replayed. */
    command: z.string(),
    reply: z.string(),
    picks,
  }),
  z.object({ slot, event: z.literal('deliver'), connection, picks }),
  z.object({ slot, event: z.literal('timer'), picks }),
  z.object({ slot, event: z.literal('cut'), connection, survivors: count, picks }),
  z.object({ slot, event: z.literal('crash'), survivors: z.array(count) }),
  z.object({ slot, event: z.enum(KEY_FAULTS), key: z.string() }),
  z.object({ slot, event: z.enum(SERVER_FAULTS) }),
]);
export type ScheduleStep = z.infer<typeof scheduleStepSchema>;

/** The file that `replay` reads. */
export const counterexampleSchema = z.object({
  oversell: z.literal(1),
  kind: z.literal('counterexample'),
  strategy: z.string(),
  /** Where the strategy came from: absent for a built-in one. */
  path: z.string().optional(),
  property: z.enum(PROPERTIES),
  message: z.string(),
  remedy: z.string(),
  minimal: z.boolean(),
  server: z.string(),
  scope: scopeSchema,
  steps: z.array(stepSchema),
  schedule: z.array(scheduleStepSchema),
});
export type Counterexample = z.infer<typeof counterexampleSchema>;

/** What to do about a violated property. */
export const REMEDIES: Record<Property, string> = {
  oversell:
    'check and decrement in one step that nothing can come between: one script, as strategies/lua-decrement.ts does, or WATCH over a connection of its own',
  stranded:
    'record who bought in the same script that takes the units, and let a sweep or a retry find it, as strategies/lua-reserve-once.ts does',
  'false-refusal':
    'refuse only in the step that has seen too few units: never take first and give back later',
  'double-sale':
    'remember the requestId in the same script that takes the units, as strategies/lua-reserve-once.ts does',
  'user-limit':
    'check the limit in the same script that takes the units, as strategies/lua-reserve-once.ts does',
  'lost-sale': 'write the order in the same script that takes the units, before anybody is told',
  progress:
    'take the units in one step that cannot be disturbed, instead of trying again until nobody interferes',
};

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
  rest: Rest,
  opened: number,
): Promise<CounterexampleStep[]> {
  const steps: CounterexampleStep[] = [];
  let server = opened;
  const add = async (
    { slot: at, atom }: Happened,
    event: CounterexampleStep['event'] = atom.event,
  ): Promise<void> => {
    if ('server' in atom) server = atom.server;
    steps.push({ actor: actorOf(scope, at, atom), event, ...wordsOf(atom), stock: await rest.stock(server) });
  };
  for (const happened of path.opening) if (happened.atom.event === 'execute') await add(happened);
  for (const { choice, happened, answers, dirtied } of path.events) {
    const [chosen, ...followed] = happened;
    const { kind } = choice.move;
    const asked = AGAIN.has(kind) ? 'retry' : ASKED_EVENTS.find((event) => event === kind);
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

function wordsOf(atom: Happened['atom']): Pick<CounterexampleStep, 'command' | 'reply' | 'detail'> {
  switch (atom.event) {
    case 'execute':
      return { command: inWords(atom.command), reply: showReply(decode(atom.reply)) };
    case 'cut':
      return onTheirWay(atom.survivors);
    case 'crash':
      return onTheirWay(atom.survivors.reduce((sum, survivors) => sum + survivors, 0));
    case 'start':
    case 'deliver':
    case 'timer':
      return {};
    default:
      return atom.key === undefined ? {} : { detail: atom.key };
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

/** The letters of its buyers; `retry` where one asks again, `office` for the back office. */
function instanceName(scope: Scope, at: number): string {
  if (at < scope.instances) return buyersOf(scope, at).map(letter).join('');
  return at < scope.instances + scope.faults.retry + scope.faults.repeat ? 'retry' : 'office';
}

/** Whose operation it is: first attempts carry their buyer's number; of others the step itself tells. */
const nameOf = (scope: Scope, operation: number): string =>
  operation < scope.buyers ? letter(operation) : '';
