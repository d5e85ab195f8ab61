import type { Abilities } from '../process/seller-abilities.ts';
import type { RecordedSale } from '../../../strategies/contract.ts';
import { drain, GRACE_MS, letTimePass, tryLimit } from '../../checkers/at-rest-steps.ts';
import type { Allowance } from '../../checkers/facts.ts';
import type { Outcome } from '../../documents/vocabulary.ts';
import type { Scope } from '../../documents/scope.ts';
import type { Gate } from '../../wire/gate.ts';
import { decodeCommand } from '../../wire/resp.ts';
import { CannotExplore, OpenPick } from '../cannot-explore.ts';
import { bootInstance } from '../process/boot-instance.ts';
import type { Call, Settled } from '../process/instance-events.ts';
import { LATER_MS, specOf, type Role, type Subject } from '../process/spec.ts';
import { layoutOf } from '../scope/layout.ts';
import { freshRequest, furtherRequest, requestOf } from '../scope/ids.ts';
import type { StoreAtRest } from '../search/judge-end.ts';
import {
  answersNobody,
  isIdle,
  isSale,
  MOST_TIMERS,
  mostUnits,
  outcomeAtRest,
  workOff,
} from '../search/settling.ts';
import { drawOf, mayDraw } from '../server/draws.ts';
import { forceDraw } from '../server/drawn.ts';
import type { ServerMemo } from '../server/memo.ts';
import { inCanonicalOrder } from '../server/orders.ts';
import { Process } from './gated-process.ts';
import { waysOut, type Way } from './outside-passage.ts';
import type { Transport } from '../../wire/transport.ts';
import { putBack, takeSnapshot, type Snapshot } from './snapshot.ts';
import type { World } from './venue.ts';

interface Circumstances {
  subject: Subject;
  memo: ServerMemo;
  world: World;
}

/** It lives, and somebody had an error from it that a fault may explain. */
export const hasFailed = (process: Process | undefined): process is Process =>
  process?.crashed === false &&
  process
    .finished()
    .some(({ kind, fate }) => kind === 'purchase' && (fate === 'unknown' || fate === 'rejected'));

/** As the search has it. */
const nextOneShot = ({ instance }: Process): number | undefined =>
  instance.look().timers.find(({ repeats, firable }) => !repeats && firable)?.id;

/** What goes on after a sale. */
interface Outlived {
  /** Who has not confirmed yet. */
  unpaidBuyers: readonly number[];
  /** Processes that live, and have failed somebody. */
  survivors: readonly Process[];
  /** Those of the sale: who waits for something to do finds it, where nobody is closed. */
  processes: readonly (Process | undefined)[];
}

/** Starts processes behind the gate: those of the sale, and some of its own that open it, work for it and drain it. */
export class Operator {
  readonly #scope: Scope;
  readonly #subject: Subject;
  readonly #memo: ServerMemo;
  readonly #gate: Gate;
  readonly #world: World;
  /** The first role that is no slot of the sale. */
  readonly #slots: number;

  constructor(scope: Scope, { subject, memo, world }: Circumstances, gate: Gate) {
    this.#world = world;
    this.#scope = scope;
    this.#subject = subject;
    this.#memo = memo;
    this.#gate = gate;
    this.#slots = layoutOf(scope).slots;
  }

  /** What the strategy's sellers can do. @throws CannotExplore if it can make none */
  async abilities(): Promise<Abilities> {
    const process = await this.boot({ role: this.#slots, purchases: 1, startMs: 0 });
    await process.drive();
    const { abilities } = process;
    await process.instance.kill();
    if (abilities) return abilities;
    throw new CannotExplore(
      'seller() failed',
      'seller() must return a seller on a sale that open() has created',
    );
  }

  /**
   * What the store says once nothing moves any more: it is drained, and background work goes on meanwhile; then those confirm
   * who have not yet.
   */
  async store(abilities: Abilities, { unpaidBuyers, survivors, processes }: Outlived): Promise<StoreAtRest> {
    const before = await takeSnapshot(this.#memo, this.#world.clock);
    const others = abilities.close ? [] : processes;
    const late = await this.#late(abilities, others);
    const recorded = abilities.recorded ? await late.ask({ method: 'recorded' }) : undefined;
    const buy = async (n: number): Promise<boolean> =>
      isSale(await late.ask({ method: 'purchase', request: freshRequest(n) }));
    const drained = await drain(buy, mostUnits(this.#scope));
    const held: number[] = [];
    for (const buyer of unpaidBuyers) {
      const paid = await late.ask({ method: 'confirm', request: requestOf(this.#scope, buyer) });
      if (paid?.kind === 'returned') held.push(buyer);
    }
    await late.kill();
    const allowances = drained > 0 ? await this.#allowances(abilities, others, before) : undefined;
    const mute = drained > 0 ? await this.#mute(survivors, before) : undefined;
    return {
      drained,
      held,
      ...(recorded?.kind === 'returned' && { recorded: recorded.value as RecordedSale[] }),
      ...(allowances && { allowances }),
      ...(mute !== undefined && { mute }),
    };
  }

  /** What each user can still buy of what there was. */
  async #allowances(
    abilities: Abilities,
    others: Outlived['processes'],
    before: Snapshot,
  ): Promise<Allowance[]> {
    const { perUserLimit, users } = this.#scope;
    const allowances: Allowance[] = [];
    for (let user = 0; user < users; user++) {
      await putBack(this.#memo, this.#world.clock, before);
      const late = await this.#late(abilities, others);
      const buy = async (n: number): Promise<Outcome> =>
        outcomeAtRest(await late.ask({ method: 'purchase', request: furtherRequest(user, n) }));
      allowances.push(await tryLimit(buy, perUserLimit));
      await late.kill();
    }
    return allowances;
  }

  /** Runs a command of a process that nothing competes with: what the server draws comes out in the first way, as in the search. */
  async #execute(process: Process, connection: number): Promise<unknown> {
    const args = decodeCommand(process.passages[connection]!.pending[0]!);
    const draw = mayDraw(args) ? drawOf(args, await this.#memo.keysNow()) : undefined;
    const execute = (instead?: string) => process.execute(connection, instead, inCanonicalOrder);
    return draw
      ? forceDraw(this.#memo, args, { ...draw, outcome: draw.outcomes[0] ?? [] }, execute)
      : execute();
  }

  /** The error that one of these answers everybody with, if one does. */
  async #mute(survivors: readonly Process[], before: Snapshot): Promise<string | undefined> {
    for (const process of survivors) {
      await putBack(this.#memo, this.#world.clock, before);
      const message = await this.#told(process).catch((error: unknown) => {
        // It chooses what it does (env.pick): it is not asked further.
        if (error instanceof OpenPick) return undefined;
        throw error;
      });
      if (message !== undefined) return message;
    }
    return undefined;
  }

  #told(process: Process): Promise<string | undefined> {
    return answersNobody({
      ask: async (n) => {
        const index = await process.call({ method: 'purchase', request: freshRequest(n) });
        await process.drive(undefined, (c) => this.#execute(process, c));
        return process.instance.look().settled[index];
      },
      fireTimer: async () => {
        if (!process.isSet()) return false;
        await process.apply({ type: 'timer' });
        await process.drive();
        return true;
      },
      pass: (ms) => this.#world.clock.pass(ms),
    });
  }

  /** A process that starts when all is over, and is asked for one thing after the other while background work goes on. */
  async #late(
    { runJob }: Abilities,
    others: Outlived['processes'],
  ): Promise<{
    ask: (call: Call) => Promise<Settled | undefined>;
    kill: () => Promise<void>;
  }> {
    const process = await this.boot({ role: this.#slots + 1, purchases: 1, startMs: LATER_MS });
    await process.drive();
    // It may serve nobody until it is warm.
    for (let fired = 0; fired < MOST_TIMERS && nextOneShot(process) !== undefined; fired++) {
      await process.apply({ type: 'timer', timer: nextOneShot(process)! });
      await process.drive();
    }
    const work = async (): Promise<void> => {
      for (const other of others) if (await other?.isServed()) await other!.drive();
      if (runJob) await this.call({ method: 'runJob' }, LATER_MS);
    };
    return {
      ask: async (call) => {
        const index = await process.call(call);
        await process.drive(work, (c) => this.#execute(process, c));
        return process.instance.look().settled[index];
      },
      kill: () => process.instance.kill(),
    };
  }

  /** Background work goes on, and time passes, until there is nothing more to do and to wait for. */
  async letTimePass({ runJob }: Abilities): Promise<void> {
    if (!runJob) {
      await this.#world.clock.look();
      return this.#world.clock.pass(GRACE_MS - 1);
    }
    const worker = await this.boot({ role: this.#slots, purchases: 1, startMs: 0 });
    await worker.drive();
    await letTimePass({
      work: async () => {
        // A process that finds no product to sell has no work.
        if (worker.abilities?.runJob) await workOff(() => this.#idles(worker));
        return worker.instance.observe().clockReads > 0;
      },
      remaining: async () => {
        await this.#world.clock.look();
        return this.#world.clock.remaining();
      },
      pass: (ms) => this.#world.clock.pass(ms),
    });
    await worker.instance.kill();
  }

  /** Where background work did what a process waits for, that goes on, until neither has anything more to do. */
  async serve(
    processes: readonly (Process | undefined)[],
    abilities: Abilities,
    onServed: (process: Process) => void,
  ): Promise<void> {
    if (abilities.close || !abilities.runJob) return;
    for (let rounds = 0; rounds < mostUnits(this.#scope); rounds++) {
      let served = false;
      for (const process of processes) {
        if (!process || !(await process.isServed())) continue;
        served = true;
        await process.drive();
        onServed(process);
      }
      if (!served) return;
      await this.letTimePass(abilities);
    }
  }

  /** One pass of background work. @returns whether it found nothing to do and changed nothing */
  async #idles(worker: Process): Promise<boolean> {
    const before = await this.#memo.capture();
    const index = await worker.call({ method: 'runJob' });
    await worker.drive();
    const settled = worker.instance.observe().settled[index];
    if (settled?.kind === 'threw') throw new CannotExplore(settled.message, 'correct runJob()');
    return isIdle(settled) && (await this.#memo.capture()) === before;
  }

  /** One call of a process that lives for it alone. @returns undefined if it cannot start, or never answers */
  async call(call: Call, startMs: number): Promise<Settled | undefined> {
    const makesSeller = call.method !== 'open';
    const process = await this.boot({ role: this.#slots, purchases: 1, startMs }, makesSeller);
    await process.drive();
    const hasSeller = !makesSeller || process.instance.look().settled[0]?.kind === 'returned';
    const index = hasSeller ? await process.call(call) : -1;
    await process.drive();
    const settled = process.instance.look().settled[index];
    await process.instance.kill();
    if (settled?.kind === 'threw') throw new CannotExplore(settled.message, `correct ${call.method}()`);
    return settled;
  }

  /** A process that begins to make its seller, unless it is not to; what it sends for that has not run. */
  async boot({ role, purchases, startMs }: Omit<Role, 'transport'>, makesSeller = true): Promise<Process> {
    const passages: Way[] = [];
    const transport = (): Transport => waysOut(this.#gate, this.#memo, passages);
    const spec = specOf(this.#scope, this.#subject, { role, purchases, startMs, transport });
    const process = new Process(await bootInstance(spec), passages, this.#world);
    if (makesSeller) await process.call({ method: 'seller' });
    return process;
  }
}
