import { PROPERTIES, type Property } from '../../strategies/contract.ts';
import type { Scope } from '../documents/scope.ts';
import type { RedisTarget } from '../redis/target.ts';
import type { Subject } from './process/spec.ts';

/** What is explored, on which server, how far, and which properties are asked about. */
export interface ExplorationRequest {
  scope: Scope;
  subject: Subject;
  /** Where a strategy of the user's lies. */
  path?: string;
  target: RedisTarget;
  /** All seven unless given; a single one stops the search as soon as it is violated. */
  properties?: readonly Property[];
  maxStates?: number;
  signal?: AbortSignal;
}

const DEFAULT_MAX_STATES = 20_000_000;

export const maxStatesOf = ({ maxStates }: ExplorationRequest): number => maxStates ?? DEFAULT_MAX_STATES;

export const askedOf = ({ properties }: ExplorationRequest): readonly Property[] => properties ?? PROPERTIES;
