import { createHash } from 'node:crypto';
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CounterexampleStep } from '../../documents/counterexample.ts';
import { isOfCall } from '../../documents/fault-events.ts';
import type { CallFault } from '../../documents/faults.ts';
import { STRATEGIES } from '../../ground/places.ts';
import { isStateless } from '../../loader/imports.ts';
import { placeInBuiltIn, placeInStack, type Place } from '../../loader/source.ts';
import { decodeCommand, readable } from '../../wire/resp.ts';
import { Nondeterministic } from '../process/difference.ts';
import type { Step } from '../process/histories.ts';
import { sentFrom, type SentFrom } from '../process/sent-from.ts';
import { errorInWords, stackOf } from '../process/thrown.ts';
import { scriptBodies } from '../server/explorable.ts';
import type { Atom } from '../space/atom.ts';
import type { Happened } from '../space/happened.ts';
import type { Path } from './shortest.ts';

type Source = NonNullable<CounterexampleStep['source']>;
type Executed = Extract<Atom, { event: 'execute' }>;

/** What the code of a process did with what happened. */
export interface Aside {
  /** The line that sent the command. */
  source?: Source;
  /** The first line of the script's header. */
  script?: string;
  /** What its calls of `env.pick` were answered. */
  picks: readonly number[];
  /** Errors by which its calls ended. */
  threw: readonly string[];
  /** Commands that it had sent, and that never run; as bytes. */
  lost: readonly string[];
  /** A call ended with it. */
  ends?: boolean;
  /** How long the timer had been set for. */
  timerMs?: number;
  /** Of a call of a store beside Redis that failed: which, and whether it had taken effect. */
  failed?: string;
}

/**
 * What the code of a path's processes did, of which the search keeps nothing: each process is run once more, alone.
 * @param file of the user's, from whose folder others are told; undefined: the strategy is a built-in
 * @returns for all that happened
 */
export async function asidesOf(
  path: Path,
  file: string | undefined,
): Promise<ReadonlyMap<Happened['atom'], Aside>> {
  const happened = [...path.opening, ...path.events.flatMap((event) => event.happened)];
  const side = new CodeSide(path, file);
  const asides = new Map<Happened['atom'], Aside>();
  for (const [slot, node] of lastNodes(happened)) await side.live(slot, node);
  for (const one of happened) asides.set(one.atom, await side.told(one));
  return asides;
}

/** Of each process, by slot: all of its history. */
export function lastNodes(happened: readonly Happened[]): Map<number, number> {
  const last = new Map<number, number>();
  for (const { slot, atom } of happened)
    if ('node' in atom && atom.node !== undefined) last.set(slot, atom.node);
  return last;
}

class CodeSide {
  readonly #histories: Path['histories'];
  readonly #file: string | undefined;
  readonly #scripts: ReadonlyMap<string, string>;
  readonly #lives = new Map<number, SentFrom>();
  readonly #places = new Map<string, Promise<Source | undefined>>();
  /** Where each process stands. */
  readonly #nodes = new Map<number, number>();
  /** How many commands have run, and which connections are no more; by slot and connection. */
  readonly #ran = new Map<string, number>();
  readonly #broken = new Set<string>();

  constructor({ histories }: Path, file: string | undefined) {
    this.#histories = histories;
    this.#file = file;
    this.#scripts = headersIn(histories);
  }

  /** Runs a process once more. Nothing is said of code that does something else then. */
  async live(slot: number, node: number): Promise<void> {
    // A service has no stacks that could be kept.
    if (this.#histories.isService) return;
    try {
      this.#lives.set(slot, await sentFrom(this.#histories, node));
    } catch (error) {
      if (!(error instanceof Nondeterministic)) throw error;
    }
  }

  /** To be asked of all that happened, in its order. */
  async told({ slot, atom: happened }: Happened): Promise<Aside> {
    if (slot < 0) return { picks: [], threw: [], lost: [] };
    const atom = happened as Atom; // a process's
    if (atom.node !== undefined) this.#nodes.set(slot, atom.node);
    if (atom.event === 'execute') return this.#sent(slot, atom);
    const step = atom.node === undefined ? undefined : this.#histories.steps(atom.node).at(-1);
    const timerMs = timerMsOf(step);
    const ran = 'connection' in atom ? (this.#ran.get(`${slot} ${atom.connection}`) ?? 0) : 0;
    return {
      picks: atom.picks ?? [],
      threw: step ? await this.#thrown(slot, step) : [],
      lost: 'survivors' in atom || isOfCallAtom(atom) ? this.#lost(slot, atom) : [],
      ...(isOfCallAtom(atom) && { failed: failedIn(step, atom.connection, ran) }),
      ends: step?.saw.settled.some((settled, i) => settled && !step.seen.settled[i]) ?? false,
      ...(timerMs !== undefined && { timerMs }),
    };
  }

  async #sent(slot: number, { connection, place = 0, command }: Executed): Promise<Aside> {
    this.#ran.set(`${slot} ${connection}`, place + 1);
    const source = await this.#source(this.#lives.get(slot)?.stacks[connection]?.[place]);
    const script = this.#headerOf(command);
    return {
      picks: [],
      threw: [],
      lost: [],
      ...(source && { source }),
      ...(script !== undefined && { script }),
    };
  }

  /** What of that which it had sent never runs because of this. */
  #lost(slot: number, fault: Extract<Atom, { survivors: unknown }> | Failed): string[] {
    const node = this.#nodes.get(slot);
    const written = node === undefined ? [] : this.#histories.observation(node).written;
    return written.flatMap((commands, connection) => {
      const key = `${slot} ${connection}`;
      const isHit = !('connection' in fault) || fault.connection === connection;
      if (!isHit || this.#broken.has(key)) return [];
      this.#broken.add(key);
      const survivors = [('survivors' in fault && fault.survivors) || 0].flat();
      return commands.slice(
        (this.#ran.get(key) ?? 0) + (survivors['connection' in fault ? 0 : connection] ?? 0),
      );
    });
  }

  /** Errors by which calls ended with this step, with the line where they were thrown. */
  async #thrown(slot: number, { seen, saw }: Step): Promise<string[]> {
    const errors: string[] = [];
    for (const [i, settled] of saw.settled.entries()) {
      if (settled?.kind !== 'threw' || seen.settled[i]) continue;
      // The one of the run that kept stacks knows where a command was sent that came to an error.
      const same = this.#lives.get(slot)?.settled[i];
      const source = await this.#source(same?.kind === 'threw' ? stackOf(same) : stackOf(settled));
      const error = errorInWords(settled);
      errors.push(source ? `${error.replace(/\.$/, '')} at ${source.file}:${source.line}` : error);
    }
    return errors;
  }

  #source(stack = ''): Promise<Source | undefined> {
    const known = this.#places.get(stack) ?? sourceIn(stack, this.#file);
    this.#places.set(stack, known);
    return known;
  }

  #headerOf(command: string): string | undefined {
    const args = decodeCommand(command);
    const [body] = scriptBodies(args);
    if (body !== undefined) return headerOf(body);
    return /^evalsha/i.test(args[0]!) ? this.#scripts.get(args[1]?.toLowerCase() ?? '') : undefined;
  }
}

type Failed = Extract<Atom, { event: CallFault }>;
const isOfCallAtom = (atom: Atom): atom is Failed => isOfCall(atom.event);

/** The call that failed, in words. @param ran of the commands of its connection */
function failedIn(step: Step | undefined, connection: number, ran: number): string {
  const commands = step?.seen.written[connection] ?? [];
  const [, store, call] = decodeCommand(commands.at(-1)!).map(readable);
  return `${call} of ${store} ${ran < commands.length ? 'fails, without effect' : 'takes effect, and its answer is lost'}`;
}

/** How long the timer that fired had been set for. */
function timerMsOf(step: Step | undefined): number | undefined {
  if (step?.event.type !== 'timer') return undefined;
  const { timer } = step.event;
  return step.seen.timers.find(({ id }) => timer === undefined || id === timer)?.delayMs;
}

async function sourceIn(stack: string, file: string | undefined): Promise<Source | undefined> {
  if (file === undefined) return placeInBuiltIn(stack, isBuiltIn);
  const place = await placeInStack(stack, 'cjs');
  return place && { file: fromFolderOf(file, place), line: place.line };
}

const fromFolderOf = (file: string, place: Place): string =>
  relative(dirname(resolve(file)), place.file).replaceAll(sep, '/');

const strategies = fileURLToPath(STRATEGIES);

const isBuiltIn = (path: string): boolean => path.startsWith(strategies) && !isStateless(path);

/** By digest, of each script that any process sent or loaded. */
function headersIn(histories: Path['histories']): Map<string, string> {
  const headers = new Map<string, string>();
  for (const leaf of histories.leaves()) {
    for (const command of histories.observation(leaf).written.flat()) {
      for (const body of scriptBodies(decodeCommand(command))) {
        const header = headerOf(body);
        if (header !== undefined)
          headers.set(createHash('sha1').update(body, 'latin1').digest('hex'), header);
      }
    }
  }
  return headers;
}

/** What a script says that it does, in its first line of comment; undefined where it says nothing before it begins. */
function headerOf(body: string): string | undefined {
  const [first = ''] = body.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#!'));
  return /^\s*--+\s*(.*\S)/.exec(first)?.[1];
}
