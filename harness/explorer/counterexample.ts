import { z } from 'zod';
import { PROPERTIES, type Property } from '../../strategies/contract.ts';
import type { OfInstance } from './position.ts';
import { decode, decodeCommand, readable, showReply } from './resp.ts';
import type { Rest } from './rest.ts';
import { buyersOf, CLIENT_MODES, letter, type Scope } from './scope.ts';
import type { Path } from './shortest.ts';
import type { RecordedStep } from './walks.ts';

const count = z.int().nonnegative();

export const scopeSchema = z.object({
  buyers: z.int().positive(),
  stock: count,
  quantities: z.array(z.int().positive()).min(1),
  users: z.int().positive(),
  perUserLimit: z.int().positive().optional(),
  attempts: z.int().positive(),
  instances: z.int().positive(),
  client: z.enum(CLIENT_MODES),
  faults: z.object({ crash: count }),
  seed: z.int(),
});

/** One line of the diagram. */
export const stepSchema = z.object({
  /** The buyer's letter; several letters where buyers share an instance and nobody can tell them apart. */
  actor: z.string(),
  event: z.enum(['start', 'execute', 'deliver', 'timer', 'crash']),
  command: z.array(z.string()).optional(),
  reply: z.string().optional(),
  /** What `remaining()` says after the step; null where it fails. */
  stock: z.number().nullable(),
  /** Purchases that were answered by this step: "A sold". */
  answers: z.array(z.string()).optional(),
});
export type CounterexampleStep = z.infer<typeof stepSchema>;

const scheduleStepSchema = z.discriminatedUnion('event', [
  z.object({ instance: count, event: z.literal('start'), buyer: count }),
  z.object({
    instance: count,
    event: z.literal('execute'),
    connection: count,
    /** Bytes, as latin1: compared when the schedule is replayed. */
    command: z.string(),
    reply: z.string(),
  }),
  z.object({ instance: count, event: z.literal('deliver'), connection: count }),
  z.object({ instance: count, event: z.literal('timer') }),
  z.object({ instance: count, event: z.literal('crash'), survivors: z.array(count) }),
]);

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
export function scheduleOf(path: Path): Counterexample['schedule'] {
  const atoms = [...path.opening, ...path.events.flatMap((event) => event.atoms)];
  return atoms.map((atom): Counterexample['schedule'][number] => {
    const { instance } = atom;
    switch (atom.event) {
      case 'execute':
        return {
          instance,
          event: 'execute',
          connection: atom.connection,
          command: atom.command,
          reply: atom.reply,
        };
      case 'crash':
        return { instance, event: 'crash', survivors: [...atom.survivors] };
      case 'start':
        return { instance, event: 'start', buyer: atom.buyer };
      case 'deliver':
        return { instance, event: 'deliver', connection: atom.connection };
      case 'timer':
        return { instance, event: 'timer' };
    }
  }) satisfies RecordedStep[];
}

/** The lines of the diagram: what the search chose, and every command. What follows by itself goes unsaid. */
export async function stepsOf(
  scope: Scope,
  path: Path,
  rest: Rest,
  opened: number,
): Promise<CounterexampleStep[]> {
  const steps: CounterexampleStep[] = [];
  let server = opened;
  const add = async (atom: OfInstance): Promise<void> => {
    if (atom.event === 'execute') server = atom.server;
    const said =
      atom.event === 'execute'
        ? { command: inWords(atom.command), reply: showReply(decode(atom.reply)) }
        : {};
    steps.push({ actor: actorOf(scope, atom), event: atom.event, ...said, stock: await rest.stock(server) });
  };
  for (const atom of path.opening) if (atom.event === 'execute') await add(atom);
  for (const event of path.events) {
    const [chosen, ...followed] = event.atoms;
    if (chosen) await add(chosen);
    for (const atom of followed) if (atom.event === 'execute') await add(atom);
    const last = steps.at(-1);
    if (last && event.completed.length > 0) {
      last.answers = event.completed.map(({ buyer, outcome }) => `${letter(buyer)} ${outcome}`);
    }
  }
  return steps;
}

/** The command with its name in capitals, as people write it. */
function inWords(bytes: string): string[] {
  const [name, ...args] = decodeCommand(bytes).map(readable);
  return [name!.toUpperCase(), ...args];
}

function actorOf(scope: Scope, atom: OfInstance): string {
  return atom.event === 'start' ? letter(atom.buyer) : buyersOf(scope, atom.instance).map(letter).join('');
}
