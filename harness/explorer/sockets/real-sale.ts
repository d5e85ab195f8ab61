import type { Abilities } from '../process/seller-abilities.ts';
import { forceDraw } from '../server/drawn.ts';
import type { Scope } from '../../documents/scope.ts';
import {
  EMPTYING,
  faultRow,
  LAG,
  PROMOTION,
  type ConnectionEvent,
  type Extra,
  type ServerFault,
} from '../../documents/faults.ts';
import { isKeyFault, isServerFault } from '../../documents/fault-events.ts';
import { Budgets } from '../scope/budgets.ts';
import type { FaultStep, ScheduleStep } from '../../documents/counterexample.ts';
import { inCanonicalOrder, type Asked } from '../server/orders.ts';
import { Gate } from '../../wire/gate.ts';
import { whyImpossible } from './impossible-step.ts';
import { isOpen, layoutOf, type Layout } from '../scope/layout.ts';
import { beginsLate, lastFate, payingOf } from './asked-before.ts';
import { outcomeOf } from '../search/outcome.ts';
import { kindOf, type Process } from './gated-process.ts';
import { hasFailed, Operator } from './operator.ts';
import { nextDraw } from './next-draw.ts';
import { OutsidePassage, type Way } from './outside-passage.ts';
import type { Opening, RealEnd, Venue } from './venue.ts';
import { decodeCommand } from '../../wire/resp.ts';
import { judgeEnd, unpaid, type Finish } from '../search/judge-end.ts';
import type { ServerMemo } from '../server/memo.ts';
import type { Call } from '../process/instance-events.ts';
import { Intervals } from './intervals.ts';
import { Sending } from './sending.ts';
import { isFaultStep } from './refused-step.ts';
import { RealReplicas } from './real-replicas.ts';
import { WorldClock } from './world-clock.ts';
import { purchasesAtOnce, type Subject } from '../process/spec.ts';

/** What sellers of a subject can do: asked once, on a sale that nothing else happens to. */
const known = new WeakMap<Subject, Abilities>();

/**
 * One sale with nothing reduced and nothing remembered: fresh state, real sockets, real commands, one step at a
 * time. It is what replays run on and what the search is checked against.
 */
export class RealSale implements AsyncDisposable {
  readonly scope: Scope;
  readonly layout: Layout;
  readonly budgets: Budgets;
  readonly memo: ServerMemo;
  readonly clock: WorldClock;
  /** It finds out by itself how much time passes when a timer fires; else the steps say so. */
  readonly #tellsTime: boolean;
  readonly #subject: Subject;
  readonly #gate: Gate;
  readonly #operator: Operator;
  readonly #processes: (Process | undefined)[] = [];
  readonly #intervals = new Intervals();
  #packed: number;
  /** Processes that take over start by steps, too. */
  #takeoversStart = true;
  readonly replicas: RealReplicas;
  /** The server lost its data on the way. */
  #restarted = false;

  private constructor(
    scope: Scope,
    { subject, memo }: Venue,
    gate: Gate,
    time: { tellsTime: boolean; dated: boolean },
  ) {
    this.clock = new WorldClock(memo, { dated: time.dated, told: !time.tellsTime });
    this.#tellsTime = time.tellsTime;
    this.scope = scope;
    this.layout = layoutOf(scope);
    this.budgets = new Budgets(scope);
    this.memo = memo;
    this.#subject = subject;
    this.#gate = gate;
    const replication = { may: scope.faults[PROMOTION] > 0, keepsLog: scope.faults[EMPTYING] === 0 };
    this.replicas = new RealReplicas(memo, this.clock, replication);
    const world = { clock: this.clock, replicas: this.replicas, sending: new Sending(memo, this.clock) };
    this.#operator = new Operator(scope, { subject, memo, world }, gate);
    this.#packed = this.budgets.whole;
  }

  /** Opens the sale on an emptied server, and boots its instances. */
  static open(scope: Scope, venue: Venue, opening: Opening = {}): Promise<RealSale> {
    const { boots = 'all', time = 'told', dated = true } = opening;
    return Gate.openFor(venue.target.options, async (gate) => {
      const sale = new RealSale(scope, venue, gate, { tellsTime: time === 'found out', dated });
      await sale.#put();
      if (!known.has(venue.subject)) {
        known.set(venue.subject, await sale.#operator.abilities());
        await sale.#put();
      }
      for (let slot = 0; slot < sale.layout.slots; slot++)
        if (isOpen(sale.layout, slot)) await sale.#start(slot, boots !== 'none');
      sale.#takeoversStart = boots === 'all';
      return sale;
    });
  }

  get abilities(): Abilities {
    return known.get(this.#subject)!;
  }

  /** How often it may still happen. */
  left(extra: Extra): number {
    return this.budgets.left(this.#packed, extra);
  }

  /** What is left of the budgets. */
  get packed(): number {
    return this.#packed;
  }

  /** What an event of a passage is paid from; undefined if it cannot be paid. */
  priceOf(event: ConnectionEvent, passage: Way, survivors: number): Extra | undefined {
    const way = { survivors, commands: passage.pending.length, replies: passage.replies.length };
    return this.budgets.pricesOf(this.#packed, event, way)[0];
  }

  /** By slot; a slot for a retry is empty until somebody asks again. */
  get processes(): readonly (Process | undefined)[] {
    return this.#processes;
  }

  process(slot: number): Process {
    const process = this.#processes[slot];
    if (!process) throw new Error(`slot ${slot} has no process yet`);
    return process;
  }

  /** Why this step is not possible now, or undefined. */
  readonly refuses = (step: ScheduleStep): string | undefined => whyImpossible(step, this);

  /** Performs one step. @returns the command and the reply of an execution */
  async perform(step: ScheduleStep): Promise<{ command: string; reply: string } | undefined> {
    this.#intervals.next();
    if (step.slot < 0) {
      await this.#applyFault(step);
      return undefined;
    }
    const process =
      step.event === 'start' ? await this.#start(step.slot, this.#takeoversStart) : this.process(step.slot);
    const executed = await this.#happen(process, step);
    this.#intervals.noteAnswers(process);
    return executed;
  }

  /** What became of every operation that started. */
  finishes(): Finish[] {
    const finishes: Finish[] = [];
    for (const call of this.#processes.flatMap((process) => process?.finished() ?? [])) {
      const interval = this.#intervals.of(call.operation);
      if (interval) finishes.push({ ...call, ...interval });
    }
    return finishes.toSorted((a, b) => a.operation - b.operation);
  }

  /** Everything has come to rest: closes, lets deadlines pass, runs jobs, reads the ledger, drains, and judges. */
  async finish(): Promise<RealEnd> {
    const { abilities } = this;
    for (const process of this.#processes) {
      if (!abilities.close || !process || process.crashed) continue;
      await process.call({ method: 'close' });
      await process.drive();
    }
    const struck = this.budgets.struck(this.#packed, this.replicas.stops.length);
    this.replicas.followAgain();
    this.clock.takeOver();
    await this.#operator.letTimePass(abilities);
    await this.#operator.serve(this.#processes, abilities, (process) => this.#intervals.noteAnswers(process));
    const content = await this.memo.capture();
    const finishes = this.finishes();
    const unpaidBuyers = unpaid(this.scope, finishes, abilities.recorded);
    const survivors = struck && !abilities.close ? this.#processes.filter(hasFailed) : [];
    const outlived = { unpaidBuyers, survivors, processes: this.#processes };
    const store = await this.#operator.store(abilities, outlived);
    const { reserves } = this.#subject.strategy;
    const suffered = { restarted: this.#restarted || this.replicas.lost, struck, reserves };
    const judgement = judgeEnd(this.scope, store, finishes, suffered);
    return { finishes, judgement, outcome: outcomeOf(this.scope, finishes, judgement, content) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.#processes) await process?.instance.kill();
    await this.#gate[Symbol.asyncDispose]();
  }

  async #put(): Promise<void> {
    await this.memo.clear();
    await this.#operator.call({ method: 'open' }, 0);
  }

  /** @param steps the commands that the process sends to start are steps of the sale */
  async #start(slot: number, steps: boolean): Promise<Process> {
    const started = this.#processes[slot];
    if (started) return started;
    const purchases = purchasesAtOnce(this.scope, slot);
    const process = await this.#operator.boot({ role: slot, purchases, startMs: 0 });
    if (!steps) await process.drive();
    this.#processes[slot] = process;
    return process;
  }

  async #happen(
    process: Process,
    step: ScheduleStep,
  ): Promise<{ command: string; reply: string } | undefined> {
    switch (step.event) {
      case 'start': {
        const { operation, buyer, call } = step;
        const again = operation >= this.layout.firstRetry && operation < this.layout.firstRelease;
        if (again) this.#pay(lastFate(this.finishes(), buyer) === 'unknown' ? 'retry' : 'repeat');
        this.#payRequest(call, step.slot);
        const late = beginsLate(this.scope, step) && process.idle;
        const served = this.#processes.map((one) => one?.served);
        const before = payingOf(step, this.finishes(), served);
        await process.call(call, { operation, buyer, kind: kindOf(call), ...before }, step.picks);
        if (!late) this.#intervals.begin(operation);
        return undefined;
      }
      case 'execute': {
        const waitedMs = this.#tellsTime ? await process.waitedMs(step.connection) : step.elapsedMs;
        if (waitedMs) await this.#pass(waitedMs);
        this.#intervals.beginAll(process);
        return this.#execute(process, step);
      }
      case 'deliver':
        await process.deliver(step.connection, step.replies, step.picks);
        return undefined;
      case 'timer': {
        const { timer, elapsedMs = 0, picks } = step;
        await this.#pass(this.#tellsTime ? process.dueIn(timer) : elapsedMs);
        await process.apply({ type: 'timer', ...(timer === undefined ? {} : { timer }) }, picks);
        return undefined;
      }
      case 'immediate':
        await process.apply({ type: 'immediate' }, step.picks);
        return undefined;
      default:
        if (!isFaultStep(step)) throw new Error(`${step.event} is the server's`);
        await this.#faultOfProcess(process, step);
        return undefined;
    }
  }

  async #faultOfProcess(process: Process, step: FaultStep): Promise<void> {
    const isCut = 'connection' in step && 'survivors' in step;
    this.#pay(
      isCut ? this.priceOf(step.event, process.passages[step.connection]!, step.survivors) : step.event,
    );
    if ('connection' in step) this.#intervals.beginLost(process, step.connection);
    // Who only hears of a time limit has sent nothing more than before.
    else if ('survivors' in step) this.#intervals.beginAll(process);
    await process.suffer(step);
  }

  async #execute(
    process: Process,
    { connection, picks: [outcome = 0] = [], reply: recorded }: Extract<ScheduleStep, { event: 'execute' }>,
  ): Promise<{ command: string; reply: string }> {
    // What has no order is told in the one that was recorded: this server need not give it by itself.
    const retell = (asked: Asked, reply: string): string =>
      recorded && inCanonicalOrder(asked, reply) === inCanonicalOrder(asked, recorded) ? recorded : reply;
    const passage = process.passages[connection]!;
    const draw = await nextDraw(this.memo, passage);
    await using _ = { [Symbol.asyncDispose]: () => this.clock.look() };
    if (!draw) return await process.execute(connection, undefined, retell);
    return await forceDraw(
      this.memo,
      decodeCommand(passage.pending[0]!),
      { ...draw, outcome: draw.outcomes[outcome] ?? [] },
      (instead) => process.execute(connection, instead, retell),
    );
  }

  async #applyFault(step: ScheduleStep): Promise<void> {
    const { event } = step;
    if (event !== 'timer' && event !== 'execute' && 'elapsedMs' in step) {
      this.#pay(step.event);
      return this.#pass(step.elapsedMs);
    }
    if (!isKeyFault(event) && !isServerFault(event)) throw new Error(`${event} is a process's`);
    this.#pay(event);
    const { breaksConnections, losesData, promotes } = faultRow(event);
    if (losesData) this.#restarted = true;
    if (event === LAG) await this.replicas.stop();
    if (promotes) await this.replicas.takeOver('replica' in step ? step.replica : undefined);
    // The cuts that it means to the living follow, in a schedule as steps of their own.
    if (breaksConnections) for (const process of this.#processes) if (process?.crashed) process.dropGhost();
    await this.memo.perform(
      'key' in step ? { kind: step.event, key: step.key } : { kind: event as ServerFault },
    );
  }

  /** Every connection of the living breaks, as a fault of the server has it, with all that is on its way. */
  async breakConnections(): Promise<void> {
    for (const process of this.#processes) {
      if (!process || process.crashed) continue;
      for (const [connection, passage] of process.passages.entries())
        if (!passage.isCut && !(passage instanceof OutsidePassage)) {
          this.#intervals.beginLost(process, connection);
          await process.cut(connection, 0);
        }
      this.#intervals.noteAnswers(process);
    }
  }

  /** Time passes. What expires by then is told by a schedule, step by step, and found out where nobody tells. */
  async #pass(ms: number): Promise<void> {
    await this.clock.look();
    await this.clock.pass(ms);
    if (ms === 0 || !this.scope.confirms) return;
    for (const process of this.#processes) process?.noteLate(this.#intervals);
  }

  #payRequest({ method }: Call, slot: number): void {
    if (method === 'release' && slot === this.layout.till) this.#pay('cancel');
    else if (method === 'release' || method === 'restock') this.#pay(method);
    else if (method === 'runJob') this.#pay('job');
    else if (method === 'confirm') this.#pay('confirm');
  }

  /** A schedule that was recorded under other budgets may cost more than there is; it is followed all the same. */
  #pay(extra: Extra | undefined): void {
    if (extra && this.left(extra) > 0) this.#packed = this.budgets.spend(this.#packed, extra);
  }
}
