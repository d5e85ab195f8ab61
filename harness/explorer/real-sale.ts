import type { PurchaseOutcome, RecordedSale } from '../../strategies/contract.ts';
import type { RedisTarget } from '../redis/target.ts';
import { answerOf } from './answer.ts';
import { CannotExplore } from './errors.ts';
import { Gate, type Passage } from './gate.ts';
import { Instance, type Abilities, type Call, type Settled } from './instance.ts';
import { outcomeOf } from './outcome.ts';
import { judgeEnd, type Fate, type Finish, type StoreAtRest } from './rest.ts';
import { buyersOf, freshRequest, requestOf, type Scope } from './scope.ts';
import type { ServerMemo } from './server-memo.ts';
import { specOf, type Subject } from './space.ts';

/** What one interleaving came to. */
export interface RealEnd {
  finishes: readonly Finish[];
  judgement: ReturnType<typeof judgeEnd>;
  /** As `outcomeOf` says. */
  outcome: string;
}

/**
 * One sale with nothing reduced and nothing remembered: fresh state, real sockets, real commands, one step at a
 * time. It is what replays run on and what the search is checked against.
 */
export class RealSale implements AsyncDisposable {
  readonly #scope: Scope;
  readonly #subject: Subject;
  readonly #memo: ServerMemo;
  readonly #gate: Gate;
  readonly #processes: Process[] = [];
  /** When each buyer started and completed, in steps. */
  readonly #invoked: number[];
  readonly #completed: number[];
  #clock = 0;
  #crashes: number;

  private constructor(scope: Scope, subject: Subject, memo: ServerMemo, gate: Gate) {
    this.#scope = scope;
    this.#subject = subject;
    this.#memo = memo;
    this.#gate = gate;
    this.#crashes = scope.faults.crash;
    this.#invoked = Array.from({ length: scope.buyers }, () => NaN);
    this.#completed = this.#invoked.slice();
  }

  /** Opens the sale on an emptied server, and boots its instances. */
  static async open(
    scope: Scope,
    subject: Subject,
    memo: ServerMemo,
    target: RedisTarget,
  ): Promise<RealSale> {
    await memo.clear();
    const sale = new RealSale(scope, subject, memo, await Gate.open(target.options));
    await sale.#operate([{ method: 'open' }]);
    for (let i = 0; i < scope.instances; i++) {
      const process = await sale.#boot(i, buyersOf(scope, i).length);
      await process.call({ method: 'seller' });
      await process.drive();
      sale.#processes.push(process);
    }
    return sale;
  }

  process(instance: number): Process {
    return this.#processes[instance]!;
  }

  /** Performs one step. @returns the command and the reply of an execution */
  async perform(atom: Step): Promise<{ command: string; reply: string } | undefined> {
    const process = this.process(atom.instance);
    this.#clock++;
    let executed: { command: string; reply: string } | undefined;
    switch (atom.event) {
      case 'start':
        await process.call({ method: 'purchase', request: requestOf(this.#scope, atom.buyer) }, atom.buyer);
        if (!this.#startsLate(atom.instance)) this.#begin(atom.buyer);
        break;
      case 'execute':
        this.#beginLate(atom.instance);
        executed = await process.passages[atom.connection]!.execute();
        break;
      case 'deliver': {
        const reply = process.passages[atom.connection]!.replies.shift()!;
        await process.instance.apply({ type: 'deliver', connection: atom.connection, bytes: reply });
        break;
      }
      case 'timer':
        await process.instance.apply({ type: 'timer' });
        break;
      case 'crash':
        this.#beginLate(atom.instance);
        process.crash(atom.survivors);
        this.#crashes--;
        break;
    }
    for (const buyer of process.newlyAnswered()) {
      this.#beginLate(atom.instance);
      this.#completed[buyer] = this.#clock;
    }
    return executed;
  }

  /** Everything that may happen next, nothing fused and nothing trimmed. */
  steps(): { regular: Step[]; faults: Step[] } {
    const regular: Step[] = [];
    const faults: Step[] = [];
    for (const [instance, process] of this.#processes.entries()) {
      const add = (step: RealStep): void => void regular.push({ ...step, instance });
      for (const buyer of buyersOf(this.#scope, instance)) {
        if (!process.crashed && !process.called.includes(buyer)) add({ event: 'start', buyer });
      }
      process.passages.forEach((passage, connection) => {
        if (passage.pending.length > 0) add({ event: 'execute', connection });
        if (passage.replies.length > 0 && !process.crashed) add({ event: 'deliver', connection });
      });
      if (!process.crashed && process.owes && process.instance.observe().timers > 0) add({ event: 'timer' });
      if (this.#crashes === 0 || process.crashed || !process.owes) continue;
      for (const survivors of prefixes(process.passages.map((passage) => passage.pending.length))) {
        faults.push({ event: 'crash', survivors, instance });
      }
    }
    return { regular, faults };
  }

  /** Units that buyers have been told they have. */
  get acknowledged(): number {
    let units = 0;
    for (let b = 0; b < this.#scope.buyers; b++)
      if (this.#fate(b) === 'sold') units += this.#scope.quantities[b]!;
    return units;
  }

  /** Everything has come to rest: closes, runs jobs, reads the ledger, drains, and judges. */
  async finish(): Promise<RealEnd> {
    const { abilities } = this.process(0);
    for (const process of this.#processes) {
      if (!abilities.close || process.crashed) continue;
      await process.call({ method: 'close' });
      await process.drive();
    }
    for (let round = 0; abilities.runJob && round < 100; round++) {
      const before = await this.#memo.capture();
      const [settled] = await this.#operate([{ method: 'runJob' }]);
      const idle = settled?.kind === 'returned' && settled.value === 'idle';
      if (idle && (await this.#memo.capture()) === before) break;
    }
    const content = await this.#memo.capture();
    const store = await this.#read(abilities);
    const finishes = Array.from({ length: this.#scope.buyers }, (_, b) => ({
      fate: this.#fate(b),
      invoked: this.#invoked[b]!,
      completed: this.#completed[b]!,
    }));
    const judgement = judgeEnd(this.#scope, store, finishes);
    return { finishes, judgement, outcome: outcomeOf(this.#scope, finishes, judgement, content) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.#processes) process.instance.kill();
    await this.#gate[Symbol.asyncDispose]();
  }

  async #read(abilities: Abilities): Promise<StoreAtRest> {
    const process = await this.#boot(this.#scope.instances, 1);
    await process.call({ method: 'seller' });
    await process.drive();
    const ask = async (call: Call): Promise<Settled | undefined> => {
      const index = await process.call(call);
      await process.drive();
      return process.instance.observe().settled[index];
    };
    const ledger = abilities.recorded ? await ask({ method: 'recorded' }) : undefined;
    const most = this.#scope.stock + this.#scope.quantities.reduce((sum, q) => sum + q, 0) + 1;
    let drained = 0;
    while (drained < most) {
      const settled = await ask({ method: 'purchase', request: freshRequest(drained + 1) });
      if (settled?.kind !== 'returned' || (settled.value as PurchaseOutcome).kind !== 'sold') break;
      drained++;
    }
    process.instance.kill();
    return ledger?.kind === 'returned' ? { drained, recorded: ledger.value as RecordedSale[] } : { drained };
  }

  /** Calls of a process that lives for them alone. */
  async #operate(calls: readonly Call[]): Promise<(Settled | undefined)[]> {
    const process = await this.#boot(this.#scope.instances, 1);
    for (const call of calls) {
      await process.call(call);
      await process.drive();
    }
    const { settled } = process.instance.observe();
    process.instance.kill();
    const failed = settled.find((result) => result?.kind === 'threw');
    if (failed) throw new CannotExplore(failed.message, 'mend what failed before the sale began');
    return settled.slice();
  }

  async #boot(role: number, purchases: number): Promise<Process> {
    const passages: Passage[] = [];
    const spec = specOf(this.#scope, this.#subject, role, purchases, () => this.#gate.transport(passages));
    return new Process(await Instance.boot(spec), passages);
  }

  #startsLate(instance: number): boolean {
    return buyersOf(this.#scope, instance).length === 1;
  }

  /** A lone buyer's purchase starts when its first command runs, when it finishes without one, or when it dies. */
  #beginLate(instance: number): void {
    for (const buyer of this.process(instance).called) if (buyer !== null) this.#begin(buyer);
  }

  #begin(buyer: number): void {
    if (Number.isNaN(this.#invoked[buyer]!)) this.#invoked[buyer] = this.#clock;
  }

  #fate(buyer: number): Fate {
    const process = this.process(buyer % this.#scope.instances);
    const settled = process.answerTo(buyer);
    if (settled) return answerOf(settled);
    if (!process.called.includes(buyer) || Number.isNaN(this.#invoked[buyer]!)) return 'absent';
    return process.crashed ? 'unknown' : 'hung';
  }
}

type Step = RealStep & { instance: number };

/** Every way to keep a prefix of each list, given their lengths. */
const prefixes = (lengths: readonly number[]): number[][] =>
  lengths.reduce<number[][]>(
    (all, length) =>
      all.flatMap((chosen) => Array.from({ length: length + 1 }, (_, kept) => [...chosen, kept])),
    [[]],
  );

/** One step, without what it came to. */
export type RealStep =
  | { event: 'start'; buyer: number }
  | { event: 'execute' | 'deliver'; connection: number }
  | { event: 'timer' }
  | { event: 'crash'; survivors: readonly number[] };

/** One application process behind the gate. */
export class Process {
  readonly instance: Instance;
  readonly passages: readonly Passage[];
  /** As the calls were made: the buyer of a purchase, or null. */
  readonly called: (number | null)[] = [];
  crashed = false;
  readonly #answered = new Set<number>();

  constructor(instance: Instance, passages: readonly Passage[]) {
    this.instance = instance;
    this.passages = passages;
  }

  get abilities(): Abilities {
    const [seller] = this.instance.observe().settled;
    if (seller?.kind === 'returned') return seller.value as Abilities;
    throw new CannotExplore(
      'seller() failed',
      'seller() must return a seller on a sale that open() has created',
    );
  }

  async call(call: Call, buyer: number | null = null): Promise<number> {
    const index = this.called.push(buyer) - 1;
    await this.instance.apply({ type: 'call', call });
    return index;
  }

  /** A purchase was called and has no answer. */
  get owes(): boolean {
    return this.called.some((buyer) => buyer !== null && !this.answerTo(buyer));
  }

  /** Why this step is not possible now, or undefined. */
  can(step: RealStep): string | undefined {
    if (step.event === 'execute' && !this.passages[step.connection]?.pending.length)
      return 'no command was sent there';
    if (step.event === 'deliver' && !this.passages[step.connection]?.replies.length)
      return 'no reply waits there';
    if (step.event === 'timer' && this.instance.observe().timers === 0) return 'no timer is set';
    return undefined;
  }

  answerTo(buyer: number): Settled | undefined {
    return this.instance.observe().settled[this.called.indexOf(buyer)];
  }

  /** Buyers answered since this was last asked. */
  newlyAnswered(): number[] {
    if (this.crashed) return [];
    const { settled } = this.instance.observe();
    const fresh = this.called.flatMap((buyer, i) =>
      buyer !== null && settled[i] && !this.#answered.has(buyer) ? [buyer] : [],
    );
    for (const buyer of fresh) this.#answered.add(buyer);
    return fresh;
  }

  crash(survivors: readonly number[]): void {
    this.crashed = true;
    this.instance.kill();
    this.passages.forEach((passage, c) => {
      passage.pending.length = survivors[c] ?? 0;
      passage.replies.length = 0;
    });
  }

  /** Runs everything to its end in the plainest order. */
  async drive(): Promise<void> {
    for (;;) {
      const reply = this.passages.findIndex((passage) => passage.replies.length > 0);
      const command = this.passages.findIndex((passage) => passage.pending.length > 0);
      const { timers, settled } = this.instance.observe();
      if (reply >= 0) {
        const bytes = this.passages[reply]!.replies.shift()!;
        await this.instance.apply({ type: 'deliver', connection: reply, bytes });
      } else if (command >= 0) await this.passages[command]!.execute();
      else if (timers > 0 && settled.includes(undefined)) await this.instance.apply({ type: 'timer' });
      else return;
    }
  }
}
