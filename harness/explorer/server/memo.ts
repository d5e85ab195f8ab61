import type { RedisTarget } from '../../redis/target.ts';
import { requireExplorable } from './explorable.ts';
import { drawOf, mayDraw, type Draw } from './draws.ts';
import { EMPTYING, EXPIRY } from '../../documents/faults.ts';
import { CannotExplore } from '../cannot-explore.ts';
import type { ServerFaultMove } from '../scope/moves.ts';
import { decodeCommand, encodeCommand, type Reply } from '../../wire/resp.ts';
import { askedIn, branching, inCanonicalOrder, type Orders } from './orders.ts';
import { requireIndifferent } from './indifferent.ts';
import { ALL_RULES, type Rules } from '../rules.ts';
import { agedImage, EMPTY, type ServerImage } from './image.ts';
import { commandsOf } from './fault-commands.ts';
import { remainingMs, renameContent, type KeyContent } from './content.ts';
import type { Elapsed } from './deadlines.ts';
import { isWaiting } from './replicas.ts';
import { OF_ANOTHER_CLOCK } from './known-scripts.ts';
import { StepKeys } from './step-keys.ts';
import { contentWith, runBeside, withOutside } from './beside.ts';
import { isOutside, type OutsideContent } from '../outside-store.ts';
import { nameOfStep, type Ran, type Step } from './step.ts';
import { StepServer } from './step-server.ts';

/** What running a step came to. */
export interface Entry extends Pick<Ran, 'reply' | 'touched' | 'wrote'> {
  next: number;
}

/** Ids to other ids, wherever they stand in a text. */
export type Rename = (text: string) => string;

interface ServerState extends ServerImage {
  /** How it was first reached: what the same state under other names is made from. */
  origin: { from: number; step: Step } | { from: number; elapsedMs: number } | undefined;
}

/**
 * The real server as a function: (server state, step) → (reply, next server state, touched keys). Each entry is
 * asked once, executed twice from the same state, and compared.
 */
export class ServerMemo {
  readonly #rules: Rules;
  readonly #server: StepServer;
  readonly #states: ServerState[] = [];
  readonly #idByContent = new Map<string, number>();
  readonly #entries = new Map<string, Entry>();
  readonly #asked = new Map<string, { state: number; step: Step }>();
  readonly #queueing = new Map<string, string>();
  readonly #elapsed = new Map<string, Elapsed>();
  #shortestMs = Infinity;
  #dates = false;
  readonly #branching = new Set<string>();
  readonly steps = new StepKeys();
  /** The processes have a clock of their own, and not that of the explored world. */
  hasOwnClock = false;
  /** Somebody has asked how many replicas have what. */
  waits = false;
  /** What the stores beside the server as it stands hold. */
  outside: OutsideContent = '';

  private constructor(server: StepServer, rules: Rules) {
    this.#server = server;
    this.#rules = rules;
  }

  static async open(target: RedisTarget, rules: Rules = ALL_RULES): Promise<ServerMemo> {
    return new ServerMemo(await StepServer.open(target, rules), rules);
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  /** Keys whose touching is observed; all keys that a strategy WATCHes. */
  get watchable(): readonly string[] {
    return this.#server.watchable;
  }

  /** Commands sent to the private server on behalf of the strategy, checks included. */
  get serverCommands(): number {
    return this.#server.commands;
  }

  /** The empty server. */
  empty(): number {
    return this.#intern(EMPTY, undefined);
  }

  content(state: number): string {
    return this.#states[state]!.content;
  }

  /** Empties the server, for a sale over real sockets beside the memo. */
  clear(): Promise<void> {
    this.outside = '';
    return this.perform({ kind: EMPTYING });
  }

  /** Lets a fault hit the server as it stands. */
  async perform(move: ServerFaultMove): Promise<void> {
    for (const args of commandsOf(move)) await this.ask(args);
  }

  /** Runs a command of our own on the server as it stands. */
  ask(args: readonly string[]): Promise<Reply> {
    return this.#server.call(args);
  }

  /** Keys of the server as it stands. */
  async keysNow(): Promise<readonly KeyContent[]> {
    return (JSON.parse(await this.capture()) as [KeyContent[]])[0];
  }

  /** The logical content of the server as it stands, after something else worked on it. */
  async capture(): Promise<string> {
    return contentWith((await this.#server.look()).content, this.outside);
  }

  /** From now on each step tells whether it wrote. */
  countWrites(): void {
    if (this.#server.countsWrites) return;
    this.#server.countsWrites = true;
    this.#entries.clear(); // what these wrote is not known
  }

  /** The entry if it is known, else undefined: then `execute` it. */
  lookup(state: number, step: Step): Entry | undefined {
    return this.#entries.get(this.steps.of(state, step));
  }

  async execute(state: number, step: Step): Promise<Entry> {
    const known = this.lookup(state, step);
    if (known) return known;
    this.#inspect(state, step);
    const from = this.#states[state]!;
    const first = await runBeside(this.#server, from, step);
    const second = await runBeside(this.#server, from, step);
    const reply = this.#inCanonicalOrder(state, step, first.reply);
    if (
      reply !== this.#inCanonicalOrder(state, step, second.reply) ||
      first.image.content !== second.image.content
    ) {
      throw new CannotExplore(
        `nondeterministic: ${nameOfStep(step)} gave another reply or left other data when it ran twice from the same state`,
        'let nothing depend on the clock, on chance or on the order of sets inside the server',
      );
    }
    if (this.#rules.orders && first.listed.length > 0)
      await requireIndifferent(this.#server, from, step, first);
    const { touched, wrote, dated } = first;
    if (dated && this.hasOwnClock) throw OF_ANOTHER_CLOCK;
    const key = this.steps.of(state, step, dated);
    const entry = { reply, next: this.#intern(first.image, { from: state, step }), touched, wrote };
    this.#entries.set(key, entry);
    this.#asked.set(key, { state, step });
    return entry;
  }

  /** What the server will draw in the course of the step; undefined where its answer is certain. */
  draw(state: number, { command }: Step): Draw | undefined {
    return drawOf(decodeCommand(command), this.keys(state));
  }

  /** The orders in which the reply may come, where those are events: see `branchOn`. */
  orders({ command, queued }: Step, reply: string): Orders | undefined {
    return this.#branching.size === 0
      ? undefined
      : branching(askedIn(command, queued), reply, this.#branching);
  }

  /** From now on, the order of what these commands answer is an event with several outcomes. */
  branchOn(names: readonly string[]): void {
    for (const one of names) this.#branching.add(one);
  }

  /** Commands the order of whose answers is an event. */
  get branching(): ReadonlySet<string> {
    return this.#branching;
  }

  /** The state of a replica that takes over: beside it stands what stands beside the one that it replaces. */
  succeed(replica: number, replaced: number): number {
    const { outside = '' } = this.#states[replaced]!;
    return this.#intern(withOutside(this.#states[replica]!, outside), undefined);
  }

  /** Keys of a state, in byte order. */
  keys(state: number): readonly KeyContent[] {
    return (JSON.parse(this.content(state)) as [KeyContent[]])[0];
  }

  /** A fault hits the server. It is done with the command that has the same effect. */
  async applyFault(state: number, move: ServerFaultMove): Promise<{ next: number; touched: number }> {
    let next = state;
    let touched = 0;
    for (const args of commandsOf(move)) {
      const entry = await this.execute(next, { command: encodeCommand(args), queued: [], dirty: false });
      next = entry.next;
      touched |= entry.touched;
    }
    return { next, touched };
  }

  /** The least time after which a deadline can matter, in milliseconds: a key lives to it, or it is compared. */
  get shortestMs(): number {
    return this.#server.comparesDeadlines ? Math.min(this.#shortestMs, 1) : this.#shortestMs;
  }

  /** Some deadline is a date, so that how long it takes until then depends on what time it is. */
  get dates(): boolean {
    return this.#dates;
  }

  /** How long it takes until each key that has a deadline is forgotten, in milliseconds. */
  remaining(state: number, clockMs: number): number[] {
    if (this.#shortestMs === Infinity) return [];
    return this.keys(state).flatMap((key) => remainingMs(key, clockMs) ?? []);
  }

  /**
   * Time passes on the server: what it was to forget by then is forgotten.
   * @param clockMs what the clock shows afterwards, in milliseconds after the world's beginning
   */
  async elapse(state: number, elapsedMs: number, clockMs: number): Promise<Elapsed> {
    const cacheKey = `${state} ${elapsedMs} ${this.#dates ? clockMs : ''}`;
    const known = this.#elapsed.get(cacheKey);
    if (known) return known;
    const due = this.keys(state)
      .map((key) => ({ key: key.key, inMs: remainingMs(key, clockMs - elapsedMs) ?? Infinity }))
      .filter(({ inMs }) => inMs <= elapsedMs)
      .toSorted((a, b) => a.inMs - b.inMs);
    let [server, touched] = [state, 0];
    const expired: { key: string; server: number }[] = [];
    for (const { key } of due) {
      const applied = await this.applyFault(server, { kind: EXPIRY, key });
      server = applied.next;
      touched |= applied.touched;
      expired.push({ key, server });
    }
    const elapsed = { next: this.#aged(server, elapsedMs), touched, expired };
    this.#elapsed.set(cacheKey, elapsed);
    return elapsed;
  }

  /** The state with less time left to its keys. */
  #aged(state: number, elapsedMs: number): number {
    const image = agedImage(this.#states[state]!, elapsedMs);
    return image ? this.#intern(image, { from: state, elapsedMs }) : state;
  }

  /** What the server answers when the command comes after MULTI: QUEUED, or why not. No state matters to that. */
  async queueingReply(command: string): Promise<string> {
    const known = this.#queueing.get(command);
    if (known !== undefined) return known;
    requireExplorable(decodeCommand(command));
    const reply = await this.#server.queueingReply(command);
    this.#queueing.set(command, reply);
    return reply;
  }

  /** Starts observing a key that a strategy watches. @returns false if it was observed already */
  async watch(key: string): Promise<boolean> {
    if (this.watchable.includes(key)) return false;
    if (this.watchable.length === 30)
      throw new CannotExplore('it watches more than 30 keys', 'watch fewer keys');
    await this.#server.observe(key);
    this.#entries.clear(); // what these touched of the new key is not known
    return true;
  }

  /**
   * The same state with other ids in it. It is reached as the original was, with renamed commands, and must come
   * out as the original's content with renamed ids. @returns undefined if it does not: ids then are not
   * interchangeable
   */
  async rename(state: number, rename: (text: string) => string): Promise<number | undefined> {
    const { content, origin } = this.#states[state]!;
    const wanted = renameContent(content, rename);
    if (wanted === content) return state;
    const known = this.#idByContent.get(wanted);
    if (known !== undefined) return known;
    if (!origin) return undefined;
    const from = await this.rename(origin.from, rename);
    if (from === undefined) return undefined;
    if ('elapsedMs' in origin) return this.#aged(from, origin.elapsedMs);
    const { step } = origin;
    const { next } = await this.execute(from, {
      ...step,
      command: rename(step.command),
      queued: step.queued.map(rename),
    });
    return this.content(next) === wanted || !this.#rules.renamingCheck ? next : undefined;
  }

  /** What has been asked so far, and what it came to. */
  *asked(): Generator<{ state: number; step: Step; entry: Entry }> {
    for (const [key, entry] of Array.from(this.#entries)) yield { ...this.#asked.get(key)!, entry };
  }

  /** Values of a hash come in the order of its fields, as these do. */
  #inCanonicalOrder(state: number, { command, queued }: Step, reply: string): string {
    return inCanonicalOrder(askedIn(command, queued), reply, (key) => {
      const hash = this.keys(state).find((one) => one.key === key && one.type === 'hash');
      return hash ? hash.items.filter((_, i) => i % 2 === 1) : [];
    });
  }

  #inspect(state: number, step: Step): void {
    for (const bytes of [step.command, ...step.queued]) {
      const args = decodeCommand(bytes);
      this.waits ||= isWaiting(args);
      // One that takes all that there is draws nothing; what stands before it in a transaction may change that.
      const certain = mayDraw(args) && bytes === step.command && !this.draw(state, step);
      if (!certain && !isOutside(bytes)) requireExplorable(args);
    }
  }

  #intern(image: ServerImage, origin: ServerState['origin']): number {
    const known = this.#idByContent.get(image.content);
    if (known !== undefined) return known;
    this.#idByContent.set(image.content, this.#states.length);
    for (const { deadline } of image.keys.values()) {
      this.#shortestMs = Math.min(this.#shortestMs, remainingMs(deadline ?? {}, 0) ?? Infinity);
      this.#dates ||= deadline?.untilMs !== undefined;
    }
    return this.#states.push({ ...image, origin }) - 1;
  }
}
