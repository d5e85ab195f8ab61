import type { CounterexampleStep } from '../../harness/documents/counterexample.ts';
import {
  breaksAll,
  isBrokenEvent,
  isFatalEvent,
  isOfCall,
  wordsOfEvent,
} from '../../harness/documents/fault-events.ts';
import { BESIDE } from '../../harness/documents/path-commands.ts';
import type { Scope } from '../../harness/documents/scope.ts';

/** One line of a space-time diagram, before it is drawn. */
export interface DiagramRow {
  /** Place in `lanes`; SERVER for what happens to Redis itself. */
  lane: number;
  event: CounterexampleStep['event'];
  /** Commands of the same sender right before it, which only prepare it: WATCH, MULTI, what is queued. */
  before: string[];
  /** What was sent, or what happened, in words. */
  label: string;
  /** What became of the commands that a dead client had sent. */
  detail: string | undefined;
  /** The line that sent a command, as `sell.ts:6`. */
  source: string | undefined;
  /** What Redis answered to a command. */
  reply: string | undefined;
  /** What else there is to tell, as sentences that are not to be cut. */
  notes: string[];
  /** What buyers were told by this step: "sold". */
  answers: string[];
  /** Units left after it; null: the store cannot tell. */
  stock: number | null;
  /** Whether the answer reached the client with this step, with a later one, or never. */
  delivered: 'at once' | 'later' | 'never';
  /** Somebody else does something between the command and the arrival of its reply; told of both. */
  crosses: boolean;
  /** The client sends it once more by itself, because it had no reply when its connection broke. */
  resent: boolean;
  /** A command of a dead client, which still was on its way. */
  late: boolean;
  /** Lanes whose WATCH this step made fail. */
  dirtied: number[];
}

export interface Lanes {
  /** A lane per buyer; then, where there are any, who asks again, the till and the back office. */
  lanes: string[];
  /** What stands over each, where there is room: "buyer A", or all who share it. */
  titles: string[];
  rows: DiagramRow[];
}

export const SERVER_LANE = -1;

/** What a diagram is drawn from; a counterexample fits, and so does one in a result. */
export interface Interleaving {
  scope: Pick<Scope, 'buyers' | 'stock'>;
  steps: readonly CounterexampleStep[];
}

export function lanesOf({ scope, steps }: Interleaving): Lanes {
  const buyers = Array.from({ length: scope.buyers }, (_, b) => String.fromCharCode(65 + b));
  const actors = new Set(steps.map(({ actor }) => actor));
  const offices = [...actors].filter((actor) => actor.startsWith('office')).toSorted();
  const others = [...['retry', 'till'].filter((actor) => actors.has(actor)), ...offices];
  const lanes = [...buyers, ...others];
  const fates = fatesOf(steps);
  return {
    lanes,
    titles: lanes.map((lane) => titleOf(lane, actors)),
    rows: steps.map((step, i) => ({
      lane: lanes.indexOf(laneName(step.actor)),
      event: step.event,
      before: [],
      label: labelOf(step),
      detail: isBrokenEvent(step.event) ? step.detail : undefined,
      source: step.source && sourceOf(step.source),
      reply: isError(step) ? undefined : step.reply,
      notes: notesOf(step, steps.slice(0, i)),
      answers: (step.answers ?? []).map((answer) =>
        // Whoever stands over the lane need not be named; anybody else who hears something by this step has to be.
        answer.startsWith(`${step.actor} `) ? answer.slice(step.actor.length + 1) : answer,
      ),
      stock: step.stock,
      ...fates[i]!,
      dirtied: (step.dirtied ?? []).map((actor) => lanes.indexOf(laneName(actor))),
    })),
  };
}

function titleOf(lane: string, actors: ReadonlySet<string>): string {
  if (lane.length > 1) return lane === 'retry' ? 'asks again' : lane;
  const shared = [...actors].find((actor) => isShared(actor) && actor.startsWith(lane));
  return shared === undefined ? `buyer ${lane}` : `buyers ${Array.from(shared).join(', ')}`;
}

/** Its cause comes last, and may be long. */
const isError = ({ reply }: CounterexampleStep): boolean => reply?.startsWith('(error)') ?? false;

function notesOf(step: CounterexampleStep, before: readonly CounterexampleStep[]): string[] {
  const { reply = '', script, picks = [], threw = [], lost = [] } = step;
  return [
    ...(isError(step) ? [`→ ${reply}`] : []),
    // Once is enough: its arguments tell one run of it from another.
    ...(script !== undefined && !before.some((one) => one.script === script) ? [`“${script}”`] : []),
    ...(picks.length > 0 ? [`env.pick answers ${picks.join(', then ')}`] : []),
    ...lost.map((command) => `lost: ${commandInWords(command)}`),
    ...threw.map((error) => `threw ${error}`),
  ].map((note) => note.replaceAll(/\s+/g, ' '));
}

/** People know the file by its name, and by the end of a long one. */
function sourceOf({ file, line }: NonNullable<CounterexampleStep['source']>): string {
  const name = file.slice(file.lastIndexOf('/') + 1);
  return `${name.length <= LONGEST_NAME ? name : `…${name.slice(1 - LONGEST_NAME)}`}:${line}`;
}
const LONGEST_NAME = 24;

const isShared = (actor: string): boolean => /^[A-Z]{2,}$/.test(actor);

/** Buyers on one instance cannot be told apart on the wire; their steps stand in the lane of the first. */
const laneName = (actor: string): string => (/^[A-Z]+$/.test(actor) ? actor[0]! : actor);

type Fate = Pick<DiagramRow, 'delivered' | 'crosses' | 'resent' | 'late'>;

/** An instance, as far as the steps so far tell. */
interface Client {
  dead: boolean;
  /** Its commands without a reply, by place. */
  waiting: number[];
  /** So many of the next replies come too late, as their commands have timed out. */
  givenUp: number;
  /** Commands that had no reply when its connection broke, and that it may send again, in this order. */
  lost: string[];
}

/** What became of each command: replies arrive in the order of the commands, and a cut loses those on their way. */
function fatesOf(steps: readonly CounterexampleStep[]): Fate[] {
  const clients = new Map<string, Client>();
  const fates = steps.map((): Fate => ({ delivered: 'at once', crosses: false, resent: false, late: false }));
  for (const [i, step] of steps.entries()) {
    const { actor, event } = step;
    if (breaksAll(event)) for (const other of clients.values()) breaks(other, steps, fates);
    let client = clients.get(actor);
    if (!client) clients.set(actor, (client = { dead: false, waiting: [], givenUp: 0, lost: [] }));
    if (event === 'execute') {
      const delivered = client.waiting.length < client.givenUp ? 'never' : 'at once';
      fates[i] = { delivered, crosses: false, resent: takesUp(client.lost, step), late: client.dead };
      client.waiting.push(i);
    } else if (event === 'deliver') {
      const answered = client.waiting.shift();
      const since = answered === undefined ? [] : steps.slice(answered + 1, i);
      const crosses = since.some((other) => other.actor !== actor);
      fates[i]!.crosses = crosses;
      if (answered !== undefined) fates[answered]!.crosses = crosses;
      if (client.givenUp > 0) client.givenUp--;
      else if (answered !== undefined) fates[answered]!.delivered = 'later';
    } else if (isOfCall(event)) {
      loses(client, step, steps, fates);
    } else if (event === 'timeout') {
      client.givenUp += commandsOf(step);
      for (const waiting of client.waiting.slice(0, client.givenUp)) fates[waiting]!.delivered = 'never';
    } else if (isBrokenEvent(event)) {
      breaks(client, steps, fates);
      client.dead ||= isFatalEvent(event);
    } else if (event === 'retry') client.lost = []; // the buyer asks again, not the client
  }
  for (const { dead, waiting } of clients.values())
    if (dead) for (const i of waiting) fates[i]!.delivered = 'never';
  return fates;
}

/** Of how many commands a step tells in its detail; it says so where there is more than one. */
const commandsOf = ({ detail = '' }: CounterexampleStep): number => Number(/\d+/.exec(detail)?.[0] ?? 1);
/** A call of a store beside Redis fails: unless it never ran, its answer never comes. */
function loses(
  client: Client,
  { lost = [] }: CounterexampleStep,
  steps: readonly CounterexampleStep[],
  fates: readonly Fate[],
): void {
  const at = client.waiting.findIndex((waiting) => steps[waiting]!.command?.[0] === BESIDE);
  if (lost.length > 0 || at < 0) return;
  fates[client.waiting[at]!]!.delivered = 'never';
  client.waiting.splice(at, 1);
}

/** The replies that it waits for never come. */
function breaks(client: Client, steps: readonly CounterexampleStep[], fates: readonly Fate[]): void {
  for (const waiting of client.waiting) fates[waiting]!.delivered = 'never';
  client.lost = client.waiting.map((waiting) => JSON.stringify(steps[waiting]!.command));
  client.waiting = [];
  client.givenUp = 0;
}

/** Whether the step is the next of the lost commands; once another one comes, the rest was given up. */
function takesUp(lost: string[], { command }: CounterexampleStep): boolean {
  if (lost[0] === JSON.stringify(command)) return lost.shift() !== undefined;
  lost.length = 0;
  return false;
}

function labelOf(step: CounterexampleStep): string {
  const who = isShared(step.actor) ? `${step.actor}: ` : '';
  return who + wordsOf(step);
}

function wordsOf(step: CounterexampleStep): string {
  switch (step.event) {
    case 'execute':
      return commandInWords(step.command ?? []);
    case 'deliver':
      return step.detail === undefined ? 'the reply arrives' : `${step.detail} arrive`;
    case 'start':
      return 'asks';
    case 'timer':
      return `its timer${step.detail ?? ''} fires`;
    case 'immediate':
      return 'its setImmediate callback runs';
    default:
      return wordsOfEvent(step.event, step.detail) ?? step.event;
  }
}

/** A script's text and digest say little; its keys and arguments say what it does. */
function commandInWords([name = '', ...args]: readonly string[]): string {
  if (name === BESIDE) return `${args[0]}: ${args.slice(1).join(' ')}`;
  const isScript = /^(EVAL|EVALSHA)(_RO)?$/.test(name);
  return [name, ...(isScript ? ['…', ...args.slice(2)] : args)].join(' ');
}
