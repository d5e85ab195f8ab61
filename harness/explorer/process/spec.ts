import type { Scope } from '../../documents/scope.ts';
import type { Strategy } from '../../../strategies/contract.ts';
import type { Transport } from '../../wire/transport.ts';
import { buyersIn, isLone, layoutOf } from '../scope/layout.ts';
import { saleOf } from '../scope/scope.ts';
import type { InstanceSpec } from './instance.ts';

/** What is explored. */
export interface Subject {
  /** Evaluates the strategy's modules afresh. */
  evaluate: () => Strategy;
  /** As declared: what does not differ between evaluations. */
  strategy: Strategy;
}

/** The back office works after every deadline has passed. */
export const LATER_MS = 10 ** 9;

/** Purchases that a process may have to serve at once: as many connections does it need, if it does not share one. */
export const purchasesAtOnce = (scope: Scope, role: number): number =>
  Math.max(1, buyersIn(scope, role).length + (role < scope.instances ? scope.faults.repeat : 0));

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

/** How a process of the scope is started. */
export function specOf(scope: Scope, subject: Subject, process: Role): InstanceSpec {
  const { evaluate, strategy } = subject;
  const { role, purchases, startMs, transport } = process;
  return {
    evaluate,
    sale: saleOf(scope),
    maxAttempts: scope.attempts,
    purchases,
    // What was asked for on the command line wins over what the strategy relies on.
    client: { ...strategy.client, ...CLIENTS[scope.client] },
    startMs,
    seed: scope.seed * 64 + role,
    chance: 'drawn',
    names: 'drawn',
    putsOff: role < scope.instances && !isLone(scope, role),
    deadlineOrder: true,
    choices: role < layoutOf(scope).slots ? 'branch' : 'first',
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
