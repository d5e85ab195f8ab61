import { CLIENT_MODES, WORKERS, type ClientMode, type Workers } from '../documents/vocabulary.ts';
import type { Scope } from '../documents/scope.ts';
import { FAULTS, NO_FAULTS, type Fault, type Faults } from '../documents/faults.ts';
import { UsageError } from '../ground/errors.ts';
import { MOST_ATTEMPTS, MOST_BUYERS, MOST_OF_ONE, MOST_OFFICES, MOST_UNITS } from '../documents/limits.ts';
import { dealt } from '../explorer/scope/ids.ts';

/** The scope as the command line says it. */
export interface ScopeFlags {
  buyers: number;
  stock: number;
  /** "3,2": dealt out cyclically by buyer. */
  quantities: string;
  users?: number;
  perUserLimit?: number;
  attempts: number;
  instances?: number;
  client: ClientMode;
  /** "crash=1,lost-reply=1". */
  faults: string;
  releases: number;
  restocks: number;
  jobs: number;
  confirms?: number;
  offices?: number;
  workers: Workers;
  seed: number;
}

/** @throws UsageError that says what to write instead */
export function scopeOfFlags(flags: ScopeFlags): Scope {
  const { buyers, stock, attempts, client, seed, perUserLimit, releases, restocks, jobs } = flags;
  within('--buyers', buyers, 1, MOST_BUYERS);
  within('--stock', stock, 0, MOST_UNITS);
  within('--attempts', attempts, 1, MOST_ATTEMPTS);
  for (const [flag, amount] of Object.entries({ releases, restocks, jobs }))
    within(`--${flag}`, amount, 0, MOST_OF_ONE);
  const { offices, confirms } = flags;
  if (confirms !== undefined) within('--confirms', confirms, 1, 2 * buyers);
  if (offices !== undefined) within('--offices', offices, 1, MOST_OFFICES);
  const users = flags.users ?? buyers;
  const instances = flags.instances ?? buyers;
  within('--users', users, 1, buyers);
  within('--instances', instances, 1, buyers);
  const quantities = flags.quantities.split(',').map(quantityOf);
  if (quantities.length > buyers) {
    const message = `--quantities has ${quantities.length} for ${buyers} ${buyers === 1 ? 'buyer' : 'buyers'}`;
    throw new UsageError('BAD_SCOPE', message, 'give one for each at most, or more --buyers');
  }
  return {
    buyers,
    stock,
    quantities: dealt(quantities, buyers),
    users,
    attempts,
    instances,
    client: oneOf('--client', client, CLIENT_MODES),
    faults: faultsOf(flags.faults),
    releases,
    restocks,
    jobs,
    seed,
    ...(perUserLimit === undefined ? {} : { perUserLimit }),
    ...(offices === undefined ? {} : { offices }),
    ...(jobs === 0 ? {} : { workers: oneOf('--workers', flags.workers, WORKERS) }),
    ...(confirms === undefined ? {} : { confirms }),
  };
}

function quantityOf(word: string): number {
  const quantity = /^\d+$/.test(word) ? Number(word) : NaN;
  if (Number.isSafeInteger(quantity) && quantity >= 1) return quantity;
  const remedy = 'give whole numbers from 1, separated by commas';
  throw new UsageError('BAD_SCOPE', `--quantities has "${word}"`, remedy);
}

function faultsOf(text: string): Faults {
  const faults: Record<Fault, number> = { ...NO_FAULTS };
  const named = new Set<string>();
  for (const part of text.split(',').filter((word) => word.trim() !== '')) {
    const [, name = '', budget = '1'] = /^([^=]*)(?:=(\d+))?$/.exec(part.trim()) ?? [];
    if (name === '') {
      throw new UsageError('BAD_SCOPE', `--faults has "${part}"`, 'say how often each may happen: crash=1');
    }
    const fault = oneOf('--faults', name, FAULTS);
    if (named.has(name))
      throw new UsageError('BAD_SCOPE', `--faults names ${name} twice`, `say once how often: ${name}=2`);
    named.add(name);
    within(`--faults ${name}`, Number(budget), 0, MOST_OF_ONE);
    faults[fault] = Number(budget);
  }
  return faults;
}

function within(flag: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new UsageError('BAD_SCOPE', `${flag} is ${value}`, `give a whole number from ${least} to ${most}`);
}

function oneOf<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw new UsageError('BAD_SCOPE', `${flag} does not know "${value}"`, `choose from ${allowed.join(', ')}`);
}
