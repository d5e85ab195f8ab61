import type { Scope } from '../../documents/scope.ts';
import type { RedisTarget } from '../../redis/target.ts';
import { locating } from '../../wire/refusal.ts';
import type { Abilities } from '../process/seller-abilities.ts';
import { NO_FAULTS } from '../../documents/faults.ts';
import { ServerMemo } from '../server/memo.ts';
import type { Subject } from '../process/spec.ts';
import { ALL_REDUCTIONS } from './setting.ts';
import { Space } from './space.ts';
import { virtualGlobals } from '../process/virtual.ts';

/** A sale that nobody comes to. */
const NOBODY: Scope = {
  buyers: 0,
  stock: 2,
  quantities: [],
  users: 1,
  attempts: 1,
  instances: 1,
  client: 'default',
  faults: NO_FAULTS,
  releases: 0,
  restocks: 0,
  jobs: 0,
  seed: 0,
};

/**
 * Opens a sale and makes a seller, to see which optional parts of the contract it has.
 * @throws CannotExplore if that fails; NotNamed if it connects to anything
 */
export async function abilitiesOf(subject: Subject, target: RedisTarget): Promise<Abilities> {
  using _ = virtualGlobals();
  return await locating(undefined, () => seenIn(subject, target));
}

async function seenIn(subject: Subject, target: RedisTarget): Promise<Abilities> {
  const memo = await ServerMemo.open(target);
  try {
    return await abilitiesIn(NOBODY, subject, memo);
  } finally {
    await memo.close();
  }
}

/** The same of a sale that is given. Nobody is to come to it. */
export async function abilitiesIn(scope: Scope, subject: Subject, memo: ServerMemo): Promise<Abilities> {
  const nobody = { ...scope, faults: NO_FAULTS, releases: 0, restocks: 0, jobs: 0, confirms: 0 };
  const space = new Space({ scope: nobody, subject, memo, reductions: ALL_REDUCTIONS });
  await space.initial();
  return space.abilities;
}
