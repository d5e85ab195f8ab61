import { withoutWaiting } from '../../wire/handshake.ts';
import type { RedisTarget } from '../../redis/target.ts';
import { AHEAD, drawsId, hasIdOf } from './dated-ids.ts';
import { requireExplorable } from './explorable.ts';
import type { Ran, Run, Step, Task } from './step.ts';
import { BEHIND, KnownScripts, UNDATED } from './known-scripts.ts';
import { Batch, RawConnection, requireDone } from '../../wire/raw-connection.ts';
import { decode, decodeCommand, encodeCommand, sortUnordered, type Reply } from '../../wire/resp.ts';
import { isUnordered } from './orders.ts';
import { commandInOrder, scriptInOrder } from './script-orders.ts';
import type { Rules } from '../rules.ts';
import { systemClock } from '../../ground/ambient.ts';
import { epochOfRun } from '../process/virtual.ts';
import { CannotExplore } from '../cannot-explore.ts';
import { comparesDeadlines, millisecondsOf, Moment, referenceFor } from './deadlines.ts';
import { librariesOf } from './libraries.ts';
import { changing, digestsIn, heldAfter, NOTHING, type Held } from './restoring.ts';
import { WRITES, writesIn } from './replicas.ts';
import { ImageReader, type ServerImage } from './image.ts';

/** Runs of one step, until one lies within a millisecond of the server's clock: nearly every one does. */
const MOST_RUNS = 1_000;
const DUMMY = '\x00oversell:touch';

/**
 * A private server that runs one step in any state that is asked for. Commands of ours and of the strategy go down one
 * connection in one write wherever the next does not depend on a reply: an exploration waits for the server as
 * often as it asks.
 */
export class StepServer {
  readonly #connection: RawConnection;
  readonly #monitor: RawConnection;
  readonly #observers: RawConnection[] = [];
  readonly #openObserver: () => Promise<RawConnection>;
  readonly #scripts = new KnownScripts();
  readonly #reader: ImageReader;
  /** What the server holds, where nobody but `run` has worked on it. */
  #held: Held | undefined;
  /** What scripts called since the last sentinel. */
  #hidden: string[] = [];
  #sentinel = 0;
  #echoed: (() => void) | undefined;
  /** Keys whose touching is observed. */
  readonly watchable: string[] = [];
  /** Some step compared deadlines, so that it matters how much of them has passed. */
  comparesDeadlines = false;
  /** Whether each step is looked at for whether it wrote. */
  countsWrites = false;
  /** Commands run on behalf of the strategy. */
  commands = 0;

  private constructor(
    connection: RawConnection,
    monitor: RawConnection,
    openObserver: () => Promise<RawConnection>,
    rules: Rules,
  ) {
    this.#reader = new ImageReader(connection, rules, this.#scripts.bodies);
    this.#connection = connection;
    this.#monitor = monitor;
    this.#openObserver = openObserver;
    monitor.onUnasked = (line) => this.#hear(line);
  }

  static async open(target: RedisTarget, rules: Rules): Promise<StepServer> {
    const connect = (): Promise<RawConnection> => RawConnection.open(target.options);
    const [connection, monitor] = await Promise.all([connect(), connect()]);
    await monitor.call(['MONITOR']);
    // The server looks this often whether a WAIT's time is up: at its usual 10 Hz, one of 1 ms takes up to 100 ms.
    await connection.call(['CONFIG', 'SET', 'hz', '500']);
    return new StepServer(connection, monitor, connect, rules);
  }

  /** Leaves the server's settings as they are by default: what is measured on it later does not depend on us. */
  async close(): Promise<void> {
    await this.#connection.call(['CONFIG', 'SET', 'hz', '10']).catch(() => {}); // it may have ended
    for (const connection of [this.#connection, this.#monitor, ...this.#observers]) connection.close();
  }

  /** Runs a command of our own on the server as it stands. */
  async call(args: readonly string[]): Promise<Reply> {
    this.#held = undefined;
    return this.#connection.call(args);
  }

  /** The server as it stands, after something else worked on it. */
  async look(): Promise<ServerImage> {
    this.#held = undefined;
    return this.#reader.look();
  }

  /** What the server answers when the command comes after MULTI: QUEUED, or why not. No state matters to that. */
  async queueingReply(command: string): Promise<string> {
    const replies = await this.#connection.send([
      encodeCommand(['MULTI']),
      command,
      encodeCommand(['DISCARD']),
    ]);
    return replies[1]!;
  }

  /** Observes one more key: who WATCHes it is told by every later run. */
  async observe(key: string): Promise<void> {
    this.watchable.push(key);
    this.#observers.push(await this.#openObserver());
  }

  /** Runs the step in the state: again, where the server's clock went on meanwhile and left a deadline unsure. */
  async run(from: ServerImage, step: Step): Promise<Ran> {
    this.#scripts.learn([step.command, ...step.queued].map(decodeCommand));
    return this.#runUntilSure(from, step, []);
  }

  /** The same, where its scripts are told what they list in this order. */
  async runInOrder(from: ServerImage, step: Step, order: number): Promise<Ran> {
    const loaded = digestsIn(from.scripts);
    const { told, ...sent } = this.#scripts.sent(from, step, dateOf(step));
    const changed = (command: string): string =>
      commandInOrder(command, order, (digest) =>
        loaded.includes(digest) ? this.#scripts.bodies.get(digest) : undefined,
      );
    this.#held = undefined;
    const libraries = await librariesOf(from, this.#connection);
    const ran = await this.#runUntilSure(
      from,
      { ...step, command: changed(sent.command), queued: sent.queued.map(changed) },
      [
        ...libraries.map((code) => ['FUNCTION', 'LOAD', 'REPLACE', scriptInOrder(code, order)]),
        ...sent.loads.map((body) => ['SCRIPT', 'LOAD', body]),
      ],
    );
    this.#held = undefined; // its libraries are others than the state's
    return { ...ran, reply: told(ran.reply) };
  }

  async #runUntilSure(from: ServerImage, step: Step, prepared: readonly string[][]): Promise<Ran> {
    let earlier: ReadonlyMap<string, number> = new Map();
    for (let runs = 0; runs < MOST_RUNS; runs++) {
      const ran = await this.#runOnce({ from, step, prepared, earlier });
      if (!ran.unsure) return ran;
      earlier = ran.far;
    }
    throw new CannotExplore(
      `the deadlines that ${nameOf(decodeCommand(step.command))} sets could not be told: the machine is too busy`,
      'try again on a quieter machine',
    );
  }

  async #runOnce(task: Task): Promise<Run> {
    const { from, step, prepared, earlier } = task;
    const commands = [step.command, ...step.queued].map(decodeCommand);
    const names = commands.map(nameOf);
    const name = names[0]!;
    if (names.some((one) => LISTING.has(one))) this.#held = undefined;
    const flushed = this.#held === undefined;
    const isExec = step.queued.length > 0 || name === 'EXEC';
    const texts = [...this.#scripts.textsOf(commands)];
    const { loads, told: retold, ...sent } = this.#scripts.sent(from, step, dateOf(step));
    this.comparesDeadlines ||= comparesDeadlines(texts);
    const referenceMs = referenceFor(texts, systemClock.epochMs());
    const batch = new Batch();
    const loading = [...prepared, ...loads.map((body) => ['SCRIPT', 'LOAD', body])];
    const prior = this.#restore(batch, { ...task, prepared: loading }, referenceMs);
    // Only this waits half-way: observers must watch what was restored, and before the step.
    const early = this.#observers.length > 0;
    if (early) await this.#watch(batch, prior);
    const rest = early ? new Batch() : batch;
    const asked = this.countsWrites ? [TIME, WRITES] : [TIME];
    const began = rest.add(...asked);
    if (isExec) rest.add(['MULTI']);
    rest.addBytes(...sent.queued);
    const [at] = rest.addBytes(withoutWaiting(sent.command)) as [number];
    const ended = rest.add(...asked);
    if (step.dirty || isExec || name === 'WATCH') rest.add(['UNWATCH']);
    const heard = SHOWN_BY_MONITOR.test(name) ? this.#listen(rest) : undefined;
    const looked = this.#reader.ask(rest, [...from.keys.keys()], {
      // SCRIPT FLUSH and FUNCTION FLUSH change what is loaded as much as loading does.
      scripts: names.some((one) => ['EVAL', 'EVAL_RO', 'SCRIPT'].includes(one)) || from.scripts,
      functions: names.includes('FUNCTION') || from.functions,
    });
    this.commands += step.queued.length + (isExec ? 2 : 1);
    const replies = await rest.send(this.#connection);
    const touched = await this.#touched();
    await heard;
    if (!early) for (const i of prior) requireDone(replies[i]!);
    // A script that lists keys shows only now that the state should have been made from nothing.
    const called = heard ? this.#hiddenCommands() : [];
    const hidden = called.map(nameOf);
    const drew = called.some(drawsId);
    // So does one that draws an id that the clock was to give.
    if (drew && !this.#scripts.noteDraws(step)) throw UNDATED;
    if (drew || (hidden.some((one) => LISTING.has(one)) && !flushed)) {
      this.#held = undefined;
      return this.#runOnce(task);
    }
    const state = { from, referenceMs, epochMs: epochOfRun(), earlier };
    const times = [began, ended].map(([i]) => millisecondsOf(replies[i!]!)) as [number, number];
    const moment = new Moment(state, times);
    const { image, unsure } = await this.#reader.imageOf(replies, looked, moment);
    this.#held = heldAfter(from, image);
    const reply = retold(sortUnordered(replies[at]!));
    const [before, after] = [began, ended].map(([, i]) => i && writesIn(replies[i]!));
    const ran = { reply, image, touched, listed: hidden.filter(isUnordered), wrote: before !== after };
    const dated = isDated(step, [...commands, ...called], reply);
    return { ...ran, dated, unsure: unsure.length > 0, far: moment.far };
  }

  /** Makes the state from which a step runs. @returns where the replies to that will be */
  #restore(batch: Batch, { from, step, prepared }: Task, referenceMs: number): number[] {
    // EXEC depends on whether a watched key was touched, not on which: one flag of the connection in Redis. A dummy
    // key sets it, before the restore, so that the content is not disturbed.
    const dirtying = step.dirty ? batch.add(['WATCH', DUMMY], ['SET', DUMMY, '1'], ['DEL', DUMMY]) : [];
    const restored = batch.add(
      ...(this.#held ? [] : [['FLUSHALL', 'SYNC']]),
      ...changing(this.#held ?? NOTHING, from, referenceMs),
      ...this.#loading(from),
      ...prepared,
    );
    this.#held = undefined; // until the look after the step has told
    return [...dirtying, ...restored];
  }

  /** What loads the scripts and libraries of a state, and those alone. */
  #loading({ scripts, functions }: ServerImage): string[][] {
    const commands: string[][] = [];
    const [wanted, loaded] = [digestsIn(scripts), this.#held && digestsIn(this.#held.scripts)];
    const flushed = loaded === undefined || loaded.some((digest) => !wanted.includes(digest));
    if (flushed) commands.push(['SCRIPT', 'FLUSH', 'SYNC']);
    for (const digest of wanted)
      if (flushed || !loaded.includes(digest))
        commands.push(['SCRIPT', 'LOAD', this.#scripts.bodies.get(digest)!]);
    if (this.#held?.functions !== functions) {
      if (this.#scripts.libraries.length > 0) commands.push(['FUNCTION', 'FLUSH', 'SYNC']);
      if (functions) commands.push(['FUNCTION', 'RESTORE', functions]);
    }
    return commands;
  }

  async #watch(batch: Batch, before: readonly number[]): Promise<void> {
    const replies = await batch.send(this.#connection);
    for (const i of before) requireDone(replies[i]!);
    await Promise.all(this.#observers.map((observer, i) => observer.call(['WATCH', this.watchable[i]!])));
  }

  async #touched(): Promise<number> {
    const answers = await Promise.all(
      this.#observers.map((observer) => observer.send([encodeCommand(['MULTI']), encodeCommand(['EXEC'])])),
    );
    return answers.reduce((bits, answer, i) => (decode(answer[1]!) === null ? bits | (1 << i) : bits), 0);
  }

  /** What scripts call inside the server is shown by MONITOR alone; when it shows the sentinel, it has shown all. */
  #listen(batch: Batch): Promise<void> {
    this.#hidden = [];
    batch.add(['ECHO', `oversell:${++this.#sentinel}`]);
    return new Promise((resolve) => (this.#echoed = resolve));
  }

  #hear(line: string): void {
    if (line.includes(`"ECHO" "oversell:${this.#sentinel}"`)) this.#echoed?.();
    const hidden = /^\+\d+\.\d+ \[\d+ lua\] (.*)\r\n$/s.exec(line)?.[1];
    if (hidden !== undefined) this.#hidden.push(hidden);
  }

  /** Commands that its scripts call. @throws CannotExplore if one of them cannot be explored */
  #hiddenCommands(): string[][] {
    return this.#hidden.map((hidden) => {
      const args = [...hidden.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map((match) => match[1]!);
      if (args[1] === AHEAD) throw BEHIND;
      requireExplorable(args, 'its script calls');
      return args;
    });
  }
}

const TIME = ['TIME'];

/** What the clock shows as the step runs, ms since the epoch. */
const dateOf = ({ atMs = 0 }: Step): number => epochOfRun() + atMs;

/** Whether the clock gave one of the ids that the commands ask for. @throws CannotExplore if it is behind their stream */
function isDated(step: Step, commands: readonly string[][], reply: string): boolean {
  const asks = commands.some(drawsId);
  if (asks && reply.includes('equal or smaller')) throw BEHIND;
  return asks || commands.some((args) => hasIdOf(args, dateOf(step)));
}

/** Their answer has the order of the keyspace, which is one of how it came about. */
const LISTING = new Set(['KEYS', 'SCAN']);

/** Commands that call others inside the server. */
const SHOWN_BY_MONITOR = /^(EVAL|FCALL|EXEC)/;

const nameOf = (args: readonly string[]): string => args[0]!.toUpperCase();
