import type { Sale } from '../../../strategies/contract.ts';
import { NO_FAULTS } from '../../documents/faults.ts';
import type { Scope } from '../../documents/scope.ts';
import { misfitOfSale } from '../../ground/misfits.ts';
import { Gate } from '../../wire/gate.ts';
import { decodeCommand } from '../../wire/resp.ts';
import { CannotExplore } from '../cannot-explore.ts';
import { bootInstance } from '../process/boot-instance.ts';
import type { Call, Settled } from '../process/instance-events.ts';
import type { Abilities } from '../process/seller-abilities.ts';
import { specOf } from '../process/spec.ts';
import { limitId } from '../process/timers.ts';
import { readableName } from '../outside-store.ts';
import { layoutOf } from '../scope/layout.ts';
import { isIdle, MOST_TIMERS, workOff } from '../search/settling.ts';
import { drawOf, mayDraw } from '../server/draws.ts';
import { forceDraw } from '../server/drawn.ts';
import { inCanonicalOrder } from '../server/orders.ts';
import { Process } from './gated-process.ts';
import { Sending } from './sending.ts';
import { waysOut, type Way } from './outside-passage.ts';
import { RealReplicas } from './real-replicas.ts';
import type { Venue, World } from './venue.ts';
import { WorldClock } from './world-clock.ts';

/** A call, and the process that is asked. */
export interface AskedThere {
  process: number;
  call: Call;
}

interface Driving {
  sale: Sale;
  /** Processes that serve buyers. */
  instances: number;
  /** Purchases that each may have to serve at once. */
  purchases: number;
}

/** Steps in which everything that is asked at once has ended, or never does. */
const MOST_STEPS = 5_000;
/** Attempts that a retrying purchase may make: more than there are purchases at once. */
const ATTEMPTS = 5;
/** What comes within this time is not waited for: it is part of what was asked. */
const SOON_MS = 1_000;
/** Commands are told so far that they can be told apart. */
const SHOWN = 48;

/**
 * A sale over real sockets whose processes are asked for what somebody else has thought of. Of calls that are asked at once the
 * messages come in the order that is given, so that the same calls come to the same.
 */
export class DrivenSale implements AsyncDisposable {
  readonly #scope: Scope;
  readonly #driving: Driving;
  readonly #venue: Venue;
  readonly #gate: Gate;
  readonly #world: World;
  readonly #processes: Process[] = [];
  /** The process that works in the background, if there is anything to do. */
  #office: number | undefined;
  /** Processes that were started, those that are gone among them. */
  #started = 0;

  private constructor(driving: Driving, venue: Venue, gate: Gate) {
    this.#driving = driving;
    this.#venue = venue;
    this.#gate = gate;
    this.#scope = scopeOf(driving);
    const clock = new WorldClock(venue.memo, { dated: true, told: false });
    const replicas = new RealReplicas(venue.memo, clock, { may: false, keepsLog: false });
    this.#world = { clock, replicas, sending: new Sending(venue.memo, clock) };
  }

  /** Opens the sale on an emptied server, and boots its processes. @throws CannotExplore if it cannot be opened */
  static async open(driving: Driving, venue: Venue): Promise<DrivenSale> {
    await venue.memo.clear();
    const driven = new DrivenSale(driving, venue, await Gate.open(venue.target.options));
    try {
      await driven.#once({ method: 'open' });
      while (driven.#processes.length < driving.instances) await driven.#start();
      if (driven.abilities.runJob) driven.#office = await driven.#start();
      return driven;
    } catch (error) {
      await driven[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What its sellers can do. */
  get abilities(): Abilities {
    return this.#processes[0]!.abilities!;
  }

  /**
   * Asks for all of these at once. Where all that is under way waits for a timer, there is a pass of background work before it.
   *
   * @param order of the messages that may come next, which one does, by its number; 0 once it is over
   * @param heard told of each command as it is run
   * @returns how each ended; undefined: it never does
   */
  async ask(
    asked: readonly AskedThere[],
    order: readonly number[] = [],
    heard: (process: number, command: string) => void = () => {},
  ): Promise<(Settled | undefined)[]> {
    const calls: number[] = [];
    const settled = (): (Settled | undefined)[] =>
      asked.map(({ process }, i) => this.#processes[process]!.instance.look().settled[calls[i]!]);
    const works = asked.every(({ process }) => process !== this.#office);
    for (const { process, call } of asked) calls.push(await this.#processes[process]!.call(call));
    for (let step = 0; step < MOST_STEPS; step++) {
      const moves = await this.#moves(heard);
      if (moves.length > 0) {
        await moves[(order[step] ?? 0) % moves.length]!();
        continue;
      }
      if (!settled().includes(undefined)) break;
      if (works) await this.#work();
      // What waits at the server may have been served by that.
      if ((await this.#moves(heard)).length > 0) continue;
      const time = await this.#nextTime();
      if (!time) break;
      await time();
    }
    const misfit = misfitOfSale();
    if (misfit) throw new CannotExplore(misfit.message, misfit.remedy);
    return settled();
  }

  /**
   * Its processes end in order, and what is to be done in the background is; then a fresh one is asked.
   * @returns how that ended: what is left, and what is remembered, if anything is
   */
  async atRest(): Promise<{ left: Settled | undefined; ledger?: Settled | undefined }> {
    const { close, recorded, runJob } = this.abilities;
    for (let fired = 0; fired < MOST_TIMERS && (await this.#fireSoon()); fired++);
    if (close) await this.ask(this.#processes.map((_, process) => ({ process, call: { method: 'close' } })));
    const process = await this.#start();
    if (runJob) {
      this.#office = process;
      await workOff(async () => {
        const before = await this.#venue.memo.capture();
        return isIdle(await this.#work()) && (await this.#venue.memo.capture()) === before;
      });
    }
    const [left] = await this.ask([{ process, call: { method: 'remaining' } }]);
    if (!recorded) return { left };
    const [ledger] = await this.ask([{ process, call: { method: 'recorded' } }]);
    return { left, ledger };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.#processes) await process.instance.kill();
    await this.#gate[Symbol.asyncDispose]();
  }

  /** What was put off for a moment comes; what waits for longer, as the end of a hold does, does not. @returns whether there was any */
  async #fireSoon(): Promise<boolean> {
    const [next] = this.#processes
      .flatMap((process) => process.instance.look().timers.map((timer) => ({ process, ...timer })))
      .filter(({ process, id, repeats, firable }) => !repeats && firable && process.dueIn(id) <= SOON_MS)
      .toSorted((a, b) => a.process.dueIn(a.id) - b.process.dueIn(b.id));
    if (!next) return false;
    await this.#world.clock.pass(next.process.dueIn(next.id));
    await next.process.apply({ type: 'timer', timer: next.id });
    await this.ask([]);
    return true;
  }

  /** One pass of background work, if there is any. @returns how it ended */
  async #work(): Promise<Settled | undefined> {
    if (this.#office === undefined) return undefined;
    const [worked] = await this.ask([{ process: this.#office, call: { method: 'runJob' } }]);
    return worked;
  }

  /** @returns the number of a process that has made its seller */
  async #start(): Promise<number> {
    const process = this.#processes.push(await this.#boot()) - 1;
    const [made] = await this.ask([{ process, call: { method: 'seller' } }]);
    if (made?.kind === 'returned') return process;
    const why = made === undefined ? 'never settled' : `failed: ${made.message}`;
    throw new CannotExplore(
      `seller() ${why}`,
      'seller() must return a seller on a sale that open() has created',
    );
  }

  /** One call of a process that lives for it alone. */
  async #once(call: Call): Promise<void> {
    const process = this.#processes.push(await this.#boot()) - 1;
    const [settled] = await this.ask([{ process, call }]);
    await this.#processes.pop()!.instance.kill();
    if (settled?.kind === 'returned') return;
    const why = settled === undefined ? 'never settled' : `failed: ${settled.message}`;
    throw new CannotExplore(`${call.method}() ${why}`, `correct ${call.method}()`);
  }

  async #boot(): Promise<Process> {
    const { sale, purchases } = this.#driving;
    const passages: Way[] = [];
    const spec = specOf(this.#scope, this.#venue.subject, {
      role: layoutOf(this.#scope).slots + this.#started++,
      purchases,
      startMs: this.#world.clock.nowMs,
      transport: () => waysOut(this.#gate, this.#venue.memo, passages),
    });
    return new Process(await bootInstance({ ...spec, sale }), passages, this.#world);
  }

  async #moves(heard: (process: number, command: string) => void): Promise<(() => Promise<unknown>)[]> {
    const moves: (() => Promise<unknown>)[] = [];
    for (const [at, process] of this.#processes.entries())
      moves.push(...(await this.#movesOf(process, (command) => heard(at, command))));
    return moves;
  }

  /** What may happen next to a process, time apart. */
  async #movesOf(process: Process, heard: (command: string) => void): Promise<(() => Promise<unknown>)[]> {
    const moves: (() => Promise<unknown>)[] = [];
    for (const [connection, passage] of process.passages.entries()) {
      if (process.arriving(connection) > 0) moves.push(() => process.deliver(connection));
      if (passage.pending.length > 0 && !(await process.waiting.isBlocked(connection)))
        moves.push(() => this.#execute(process, connection, heard));
    }
    if (process.putsOff) moves.push(() => process.apply({ type: 'immediate' }));
    return moves;
  }

  async #execute(process: Process, connection: number, heard: (command: string) => void): Promise<void> {
    const args = decodeCommand(process.passages[connection]!.pending[0]!);
    heard(shown(args));
    const { memo } = this.#venue;
    const draw = mayDraw(args) ? drawOf(args, await memo.keysNow()) : undefined;
    const execute = (instead?: string): Promise<unknown> =>
      process.execute(connection, instead, inCanonicalOrder);
    await (draw ? forceDraw(memo, args, { ...draw, outcome: draw.outcomes[0] ?? [] }, execute) : execute());
    await this.#world.clock.look();
  }

  /** Time passes to the next timer of a process that owes an answer, or until a command of one has waited in vain. */
  async #nextTime(): Promise<(() => Promise<unknown>) | undefined> {
    const times: { ms: number; comes: () => Promise<unknown> }[] = [];
    for (const process of this.#processes.filter(({ owes }) => owes)) {
      if (process.isSet()) times.push({ ms: process.dueIn(), comes: () => process.apply({ type: 'timer' }) });
      for (const connection of await process.lapsable()) {
        const comes = (): Promise<unknown> => process.execute(connection);
        times.push({ ms: process.remainingOf(limitId(connection)), comes });
      }
    }
    const [next] = times.toSorted((a, b) => a.ms - b.ms);
    if (!next) return undefined;
    return async () => {
      await this.#world.clock.pass(next.ms);
      await next.comes();
    };
  }
}

const scopeOf = ({ sale: { stock, perUserLimit }, instances }: Driving): Scope => ({
  buyers: instances,
  stock,
  quantities: Array.from({ length: instances }, () => 1),
  users: instances,
  ...(perUserLimit !== undefined && { perUserLimit }),
  attempts: ATTEMPTS,
  instances,
  client: 'default',
  faults: NO_FAULTS,
  releases: 0,
  restocks: 0,
  jobs: 0,
  seed: 1,
});

function shown([name, ...args]: readonly string[]): string {
  const told = args.map((arg) => (/^[0-9a-f]{40}$/.test(arg) ? '…' : arg));
  const text = [readableName(name!), ...told].join(' ');
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
