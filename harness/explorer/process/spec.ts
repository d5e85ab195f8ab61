import type { CannotExplore } from '../cannot-explore.ts';
import { overlappingAttempts } from '../../documents/faults.ts';
import type { OwnClient } from '../../documents/own-clients.ts';
import type { LuaCall } from '../../documents/lua.ts';
import type { Scope } from '../../documents/scope.ts';
import type { KeptService } from '../../documents/service.ts';
import type { RedisOptions } from 'ioredis';
import type { Sale, Strategy } from '../../../strategies/contract.ts';
import type { Transport } from '../../wire/transport.ts';
import { buyersIn, layoutOf } from '../scope/layout.ts';
import { saleOf } from '../scope/ids.ts';
import type { ChanceSpec } from './chance.ts';
import type { Instance, Settled } from './instance-events.ts';
import { Database, type OwnClients } from './own-connections.ts';

/** What is explored. */
export interface Subject {
  /** Evaluates the strategy's modules afresh, and the packages that they import unless they may be shared. */
  evaluate: (ownPackages?: boolean) => Strategy;
  /** Packages that were imported so far, the client's and ours apart. */
  packages?: ReadonlySet<string>;
  /** Client libraries of its project that it imports, if there are any. */
  clients?: OwnClient[];
  /** Where its code keeps the sale, by the clients that it makes. */
  database?: Database;
  /** Packages opened connections when it was imported to be looked at. */
  packagesConnect?: boolean;
  /** Functions that were there before belong to it, and what they keep is not made anew with each process. */
  keepsMemory?: true;
  /** Whether its code may make properties of globalThis; absent: it may. */
  touchesGlobals?: () => boolean;
  /** As declared: what does not differ between evaluations. */
  strategy: Strategy;
  /** Of a script that was named by its own path: how it is called. */
  lua?: LuaCall;
  /** A running service, whose processes are no modules of ours: how one is had, and what is known of it. */
  service?: ServiceSubject;
}

/** A service whose processes are driven from outside. */
export interface ServiceSubject {
  /** A process that has started, and was asked nothing yet. */
  boot(spec: InstanceSpec): Promise<Instance>;
  /** One history had two results: from now on each history has a process to itself. @returns false if each has one already */
  insistOnFresh(): boolean;
  /** One history had two results, although each has a process to itself. @returns that, with what to do about it */
  differs(error: CannotExplore): CannotExplore;
  /** @throws CannotExplore if what a lone buyer was told, with nothing else going on, tells that the service was described wrong */
  requireUsable(purchase: Settled | undefined): void;
  /** Asked what is left, nobody could tell, when one buyer had bought. @returns that, with what to do about it */
  leftUnknown(message: string): CannotExplore;
  /** Asked once all histories have run. @throws CannotExplore what has come to light of it that nobody could know before */
  requireSound(): Promise<void>;
  /** What a verdict does not speak of, and why its coverage is no more than bounded. Asked once all histories have run. */
  unseen(): { notes: readonly string[]; bounded: readonly string[] };
  /** As a counterexample keeps it, for `replay`. */
  kept: KeptService;
}

/** The back office works after every deadline has passed. */
export const LATER_MS = 10 ** 9;

/** Purchases that a process may have to serve at once: as many connections does it need, if it does not share one. */
export const purchasesAtOnce = (scope: Scope, role: number): number =>
  Math.max(
    1,
    buyersIn(scope, role).length + (role < scope.instances ? overlappingAttempts(scope.faults) : 0),
  );

/** One process of the scope. */
export interface Role {
  /** Decides its stream of chance. */
  role: number;
  /** That it may serve at once. */
  purchases: number;
  /** Its clock when it starts, in milliseconds after the others' start. */
  startMs: number;
  /** Made anew for each process. */
  transport: () => Transport;
}

/** All that an instance is made from. */
export interface InstanceSpec extends ChanceSpec {
  /** Absent: the strategy's modules are the process. */
  boot?: ServiceSubject['boot'];
  /** Of a service: in a process that has served nobody before. */
  cold?: boolean;
  touchesGlobals(): boolean;
  evaluate(): Strategy;
  sale: Sale;
  maxAttempts: number;
  /** Purchases that it may serve at once; a strategy with exclusive connections gets as many of them. */
  purchases: number;
  client: Partial<RedisOptions>;
  /** What holds for clients that its code makes itself. */
  own: OwnClients;
  /** Its clock when it starts, in milliseconds after the others' start. */
  startMs: number;
  /** What `env.pick` does without an answer: asks for all of them, or takes the first, where nothing competes. */
  choices: 'branch' | 'first';
  /** What setImmediate puts off is an event, because others are under way in the same process. */
  putsOff: boolean;
  /** Timers fire by deadline; else as they were set. */
  deadlineOrder: boolean;
  /** Made anew for each process. */
  transport(): Transport;
}

/**
 * The time limit that clients of a sale give their commands where it may pass and the strategy sets none. It stands for any:
 * when it passes is an event. No code would set a timer of this length.
 */
export const ANY_LIMIT_MS = 1_000.000_123;

/** Whether the client has a time limit of its own, which passes in every sale, at its time. */
export const hasOwnLimit = ({ client }: Pick<Strategy, 'client'>): boolean =>
  typeof client?.commandTimeout === 'number';

/** How a process of the scope is started. */
export function specOf(scope: Scope, subject: Subject, process: Role): InstanceSpec {
  const { evaluate, strategy } = subject;
  const { role, purchases, startMs, transport } = process;
  const isExplored = role < layoutOf(scope).slots;
  const limited = isExplored && scope.faults.timeout > 0 && !hasOwnLimit(strategy);
  const { service } = subject;
  return {
    ...(service && { boot: (spec: InstanceSpec) => service.boot(spec) }),
    evaluate: () => evaluate(),
    touchesGlobals: subject.touchesGlobals ?? (() => true),
    sale: saleOf(scope),
    maxAttempts: scope.attempts,
    purchases,
    // What was asked for on the command line wins over what the strategy relies on.
    client: {
      ...strategy.client,
      ...CLIENTS[scope.client],
      ...(limited && { commandTimeout: ANY_LIMIT_MS }),
    },
    own: { database: subject.database ?? new Database(), mode: scope.client },
    startMs,
    seed: scope.seed * 64 + role,
    chance: 'drawn',
    nameMask: 0,
    putsOff: true,
    deadlineOrder: true,
    choices: isExplored ? 'branch' : 'first',
    transport,
  };
}

/** What the client modes mean to ioredis. */
const CLIENTS: Record<Scope['client'], NonNullable<Strategy['client']>> = {
  default: {},
  'no-resend': { autoResendUnfulfilledCommands: false },
  // It connects again, so that the buyer can ask again; what it had no reply to fails at once.
  'no-retry': { maxRetriesPerRequest: 0 },
};
