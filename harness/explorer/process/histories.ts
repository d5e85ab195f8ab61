import type { Abilities } from './seller-abilities.ts';
import { eventKey, renamedEvent } from './event-key.ts';
import { chunksOf } from './chunks.ts';
import { repliesTold } from './replies-told.ts';
import { OpenPick, StartAgain } from '../cannot-explore.ts';
import { bootInstance } from './boot-instance.ts';
import type { Instance, InstanceEvent, Observation } from './instance-events.ts';
import type { DrawnName } from './chance.ts';
import type { InstanceSpec } from './spec.ts';
import { Comparison, nondeterministic, type Difference } from './difference.ts';
import { differenceUnder, type Change, type EventHistory, type Lived } from './rerun.ts';
import { sleptAfter } from './slept.ts';
import { decodeCommand } from '../../wire/resp.ts';

interface Node {
  /** All delays of all timers that were set on the way here. */
  sleptMs: number;
  parent: number;
  event: InstanceEvent | undefined;
  observation: Observation;
  children: Map<string, number>;
  role: number;
  /** Events since the process started. */
  depth: number;
  /** Events that need more choices than they were given. */
  openPicks: Map<string, OpenPick>;
}

/** Instances kept alive at the node they stand on, so that going on from there need not start from nothing. */
const KEPT_ALIVE = 128;

export interface HistoriesOptions {
  specOf: (role: number) => InstanceSpec;
  isWatchable: (key: string) => boolean;
  /** Whether the role is one of the sale's own, and not of whoever opens it and looks after it at rest. */
  isExplored: (role: number) => boolean;
}

/**
 * What instances do, as a trie over their event histories. A promise cannot be forked, but a history can be
 * replayed: each distinct one is executed once, by running the code again with the recorded replies.
 */
export class Histories {
  readonly #specOf: (role: number) => InstanceSpec;
  readonly #nodes: Node[] = [];
  readonly #roots = new Map<number, number>();
  readonly #alive = new Map<number, Instance>();
  /** Keys that a strategy watches must be observed from the start; asked for each command when it is written. */
  readonly #isWatchable: (key: string) => boolean;
  readonly #isExplored: (role: number) => boolean;
  /** Ends what takes long. */
  signal: AbortSignal | undefined;
  /** Executions of application code, from start to quiet. */
  executions = 0;

  readonly #slept: number[] = [];
  /** The code of some process of the sale has read the clock. */
  readsClock = false;

  constructor(options: HistoriesOptions) {
    ({ specOf: this.#specOf, isWatchable: this.#isWatchable, isExplored: this.#isExplored } = options);
  }

  /** Of a service, and no modules. */
  get isService(): boolean {
    return this.#specOf(0).boot !== undefined;
  }

  get size(): number {
    return this.#nodes.length;
  }

  /** The most that a process of this role can wait for its own timers, as far as is known, in milliseconds. */
  sleptMs(role: number): number {
    return this.#slept[role] ?? 0;
  }

  depth(node: number): number {
    return this.#nodes[node]!.depth;
  }

  observation(node: number): Observation {
    return this.#nodes[node]!.observation;
  }

  /** A process of this role that has connected and done nothing yet. */
  async root(role: number): Promise<number> {
    const known = this.#roots.get(role);
    if (known !== undefined) return known;
    const instance = await this.#boot(role);
    const node = this.#add({
      parent: -1,
      sleptMs: sleptAfter(undefined, instance.observe()),
      event: undefined,
      role,
      depth: 0,
      openPicks: new Map(),
      children: new Map(),
      observation: instance.observe(),
    });
    this.#roots.set(role, node);
    this.#keep(node, instance);
    return node;
  }

  /** The node after one more event, if that history was executed already. */
  known(node: number, event: InstanceEvent): number | undefined {
    return this.#nodes[node]!.children.get(eventKey(event));
  }

  /**
   * The node after an event, with as many of the given choices as the code asks for; those are taken from the answers.
   * @throws OpenPick where it asks for more
   */
  async choosing(
    node: number,
    event: InstanceEvent,
    answers: number[],
  ): Promise<{ node: number; picks: readonly number[] }> {
    for (const picks: number[] = []; ;) {
      try {
        return { node: await this.after(node, picks.length > 0 ? { ...event, picks } : event), picks };
      } catch (error) {
        const next = error instanceof OpenPick ? answers.shift() : undefined;
        if (next === undefined) throw error;
        picks.push(next);
      }
    }
  }

  /** The node after one more event. */
  async after(node: number, event: InstanceEvent): Promise<number> {
    const key = eventKey(event);
    const known = this.#nodes[node]!.children.get(key);
    if (known !== undefined) return known;
    const open = this.#nodes[node]!.openPicks.get(key);
    if (open) throw open;
    const kept = this.#alive.get(node);
    const instance = kept && !kept.isGone ? kept : await this.again(node);
    this.#alive.delete(node);
    try {
      await instance.apply(event);
    } catch (error) {
      if (error instanceof OpenPick) this.#nodes[node]!.openPicks.set(key, error);
      throw error;
    }
    this.executions++;
    const { role, depth } = this.#nodes[node]!;
    const child = this.#add({
      parent: node,
      sleptMs: sleptAfter(this.#nodes[node], instance.look()),
      event,
      role,
      depth: depth + 1,
      openPicks: new Map(),
      children: new Map(),
      observation: instance.observe(),
    });
    this.#nodes[node]!.children.set(key, child);
    this.#keep(child, instance);
    this.#refuseUnobservedWatch(child, node);
    return child;
  }

  /** The node of the same history under other names; the code is run with them, where it was not yet. */
  async renamed(node: number, rename: (text: string) => string): Promise<number> {
    let at = await this.root(this.#nodes[node]!.role);
    for (const step of this.#path(node)) {
      const { event } = this.#nodes[step]!;
      if (event) at = await this.after(at, renamedEvent(event, rename));
    }
    return at;
  }

  /** Nodes that no history goes beyond. @param whose default: all; `beside`: of who opens the sale and looks after it at rest */
  leaves(whose?: 'beside'): number[] {
    return this.#nodes.flatMap(({ children, role }, at) =>
      children.size > 0 || (whose && this.#isExplored(role)) ? [] : [at],
    );
  }

  /** A process of the node's role that has connected and done nothing yet. */
  boot(node: number): Promise<Instance> {
    return this.#boot(this.#nodes[node]!.role);
  }

  /**
   * The process as it stands at this node: its code is run again, from nothing.
   * @param change what of it is otherwise meanwhile
   * @throws Nondeterministic if it does something else
   */
  async again(node: number, change?: (spec: InstanceSpec) => Partial<InstanceSpec>): Promise<Instance> {
    const instance = await this.#boot(this.#nodes[node]!.role, change);
    const comparison = new Comparison();
    for (const step of this.#path(node)) {
      const { event, observation } = this.#nodes[step]!;
      if (event) await instance.apply(event);
      const difference = comparison.compare(observation, instance.look());
      if (difference) throw nondeterministic(difference);
    }
    return instance;
  }

  /** What the process was told on the way to this node. */
  events(node: number): InstanceEvent[] {
    return this.#path(node).flatMap((at) => this.#nodes[at]!.event ?? []);
  }

  /** The events on the way to this node. */
  steps(node: number): Step[] {
    return this.#path(node).flatMap((after): Step[] => {
      const { event, parent, observation } = this.#nodes[after]!;
      return event
        ? [{ event, before: parent, after, seen: this.observation(parent), saw: observation }]
        : [];
    });
  }

  /** What the seller can do, as its call `seller` answered on the way to this node. */
  abilities(node: number): Abilities | undefined {
    const settled = this.observation(node).settled[0];
    return settled?.kind === 'returned' ? (settled.value as Abilities) : undefined;
  }

  /**
   * Runs every history again, from nothing, under other circumstances: `{}` for determinism, renamed ids, other chance.
   *
   * @param changesOf those of one history @param nodes where they end; default: all
   * @returns what differed first, or undefined; also when it was interrupted
   */
  async findDifference(
    changesOf: (history: EventHistory) => readonly Change[],
    nodes: readonly number[] = this.leaves(),
  ): Promise<Difference | undefined> {
    for (const leaf of nodes) {
      if (this.signal?.aborted) break;
      const path = this.#path(leaf);
      const lived = this.#lived(path);
      const spec = this.#specOf(this.#nodes[leaf]!.role);
      for (const change of changesOf(this.#history(path, lived))) {
        const difference = await differenceUnder(change, spec, lived);
        if (difference) return difference;
      }
    }
    return undefined;
  }

  /** Whether a process with such a role ever sent a command. */
  anySent(ofRole: (role: number) => boolean): boolean {
    return this.#nodes.some(
      ({ role, observation }) => ofRole(role) && observation.written.some((commands) => commands.length > 0),
    );
  }

  /** Names that any history drew. */
  names(): DrawnName[] {
    return this.#nodes.flatMap(({ children, observation }) => (children.size > 0 ? [] : observation.names));
  }

  #history(path: readonly number[], lived: Lived): EventHistory {
    const { observation, role } = this.#nodes[path.at(-1)!]!;
    return {
      role,
      chunks: () => chunksOf(lived.told),
      replies: () => repliesTold(lived.told).flat(),
      text: () =>
        JSON.stringify([lived.told.map(({ event }) => event), observation.written, observation.settled]),
      draws: observation.ambientDraws + observation.envDraws,
      names: observation.names.length,
    };
  }

  #lived(path: readonly number[]): Lived {
    return {
      told: path.slice(1).map((node, i) => ({
        event: this.#nodes[node]!.event!,
        before: this.observation(path[i]!),
      })),
      observations: path.map((node) => this.observation(node)),
    };
  }

  async #boot(role: number, change?: (spec: InstanceSpec) => Partial<InstanceSpec>): Promise<Instance> {
    this.executions++;
    const spec = this.#specOf(role);
    return bootInstance(change ? { ...spec, ...change(spec) } : spec);
  }

  #path(node: number): number[] {
    const path: number[] = [];
    for (let at = node; at >= 0; at = this.#nodes[at]!.parent) path.push(at);
    return path.toReversed();
  }

  #add(node: Node): number {
    if (this.#isExplored(node.role)) {
      this.readsClock ||= node.observation.clockReads > 0;
      this.#slept[node.role] = Math.max(this.sleptMs(node.role), node.sleptMs);
    }
    return this.#nodes.push(node) - 1;
  }

  #keep(node: number, instance: Instance): void {
    this.#alive.set(node, instance);
    if (this.#alive.size <= KEPT_ALIVE) return;
    const [oldest] = this.#alive.keys();
    this.#alive.delete(oldest!);
  }

  #refuseUnobservedWatch(child: number, parent: number): void {
    const before = this.observation(parent).written;
    this.observation(child).written.forEach((commands, connection) => {
      for (const bytes of commands.slice(before[connection]?.length ?? 0)) {
        const args = decodeCommand(bytes);
        if (args[0]!.toUpperCase() !== 'WATCH') continue;
        for (const key of args.slice(1))
          if (!this.#isWatchable(key)) throw new StartAgain('watched-key', key);
      }
    });
  }
}

/** One event of a history, with the nodes before and after it and what the process had done by then. */
export interface Step {
  event: InstanceEvent;
  before: number;
  after: number;
  seen: Observation;
  saw: Observation;
}
