import { CannotExplore, StartAgain } from '../cannot-explore.ts';
import { nondeterministic, type Difference } from '../process/difference.ts';
import type { Change } from '../process/rerun.ts';
import { changedByTicks } from '../process/many-ticks.ts';
import { STRATA } from '../process/chance.ts';
import type { ToldReply } from '../process/replies-told.ts';
import {
  branching,
  collectionsIn,
  inOrder,
  MOST_ORDERED,
  ordersOf,
  type Collection,
} from '../server/orders.ts';
import { isLone } from '../scope/layout.ts';
import { renamer } from '../scope/ids.ts';
import type { Rename } from '../server/memo.ts';
import { verifyRenaming } from '../server/verify-renaming.ts';
import { sharesPackages } from '../space/setting.ts';
import { lastNodes } from './code-side.ts';
import { namesThatMatter } from './drawn-names.ts';
import type { Path } from './shortest.ts';
import type { Space } from '../space/space.ts';
import { MOST_RENAMINGS, renamingsOf, sharesHistories } from '../space/symmetry.ts';

/**
 * Checks what the search took for granted, by running everything once more: that a history has one result; that
 * buyers are interchangeable; that a lone buyer's replies may as well arrive one by one; that neither the order of what
 * has none nor chance matters.
 *
 * @returns why the coverage is no more than sampled: chance did matter
 * @throws StartAgain if buyers are not interchangeable; CannotExplore if a history has two results
 */
export async function verify(space: Space): Promise<string | undefined> {
  await verifyHistories(space);
  await verifySymmetry(space);
  await verifyChunks(space);
  await verifyTicks(space);
  await verifyOrders(space);
  return (await chanceThatMatters(space)) ?? (await namesThatMatter(space));
}

/**
 * Every history comes out the same when it is run again: in a process that has the strategy's packages to itself, as in
 * production, if it imports any; of a service, in a process that has served nobody before.
 */
async function verifyHistories({ histories, rules, subject }: Space): Promise<void> {
  const shares = sharesPackages(subject, rules);
  const own: Change = shares ? { spec: () => ({ evaluate: () => subject.evaluate() }) } : {};
  // A service's process has served others before, but for this once.
  const alone: Change = subject.service ? { spec: () => ({ cold: true }) } : own;
  const difference = await histories.findDifference(() => [alone]);
  if (!difference) return;
  if (shares) throw new StartAgain('packages', `${difference.what} depends on what a package keeps`);
  throw nondeterministic(difference);
}

/**
 * Histories that a counterexample shows, and those of its sale at rest, come of a search whose histories nobody has run again: in a
 * process of a service that has served nobody they come out the same.
 * @throws Nondeterministic where they do not
 */
export async function verifyShown({ histories, opening, events }: Path): Promise<void> {
  if (!histories.isService) return;
  const happened = [...opening, ...events.flatMap((event) => event.happened)];
  const nodes = [...lastNodes(happened).values(), ...histories.leaves('beside')];
  const difference = await histories.findDifference(() => [{ spec: () => ({ cold: true }) }], nodes);
  if (difference) throw nondeterministic(difference);
}

/** Every history and every step of the server comes out the same with any members of a class in the places it names. */
async function verifySymmetry(space: Space): Promise<void> {
  const { scope, classes, histories, memo, rules } = space;
  if (!sharesHistories(space) || !rules.renamingCheck) return;
  const renamings = (text: string): Rename[] => {
    const all = renamingsOf(scope, classes, text);
    if (all) return all.map((to) => renamer(scope, to));
    throw new StartAgain('symmetry', `one step names buyers in more than ${MOST_RENAMINGS} ways`);
  };
  const lost =
    (await histories.findDifference(({ text }) => renamings(text()).map((rename) => ({ rename }))))?.what ??
    (await verifyRenaming(memo, renamings));
  if (lost === undefined) return;
  throw new StartAgain('symmetry', `${lost} depends on more of the ids than whether they are equal`);
}

const chunked = (what: string): string => `${what} depends on which replies arrive in one chunk`;

/**
 * Replies arrive one by one in the search: where several could have arrived in one chunk, with no
 * microtask between, every history comes out the same with that.
 */
async function verifyChunks({ histories, layout, reductions, rules, scope }: Space): Promise<void> {
  if (!rules.chunks) return;
  const differs = (those: (role: number) => boolean): Promise<Difference | undefined> =>
    histories.findDifference(({ role, chunks }) =>
      role < layout.slots && those(role) ? chunks().map((chunk) => ({ chunk })) : [],
    );
  const looks = rules.sharedChunks === false;
  const shared = looks ? await differs((role) => !isLone(scope, role)) : undefined;
  if (shared) throw new StartAgain('shared-chunks', chunked(shared.what));
  const lone = reductions.fuse ? await differs((role) => isLone(scope, role)) : undefined;
  if (lone) throw new StartAgain('chunks', chunked(lone.what));
}

/** A repeating timer may come any number of times where it was taken to change nothing. */
async function verifyTicks({ histories, ticks }: Space): Promise<void> {
  if (!ticks || ticks.leftOut.length === 0) return;
  const changed = await changedByTicks(histories, ticks.leftOut);
  if (changed !== undefined) throw new StartAgain('ticks', changed);
}

/**
 * Members come in one order in the search: where another one would change what the code does, the orders are events.
 * @throws StartAgain where they are few enough for that; CannotExplore where they are not
 */
async function verifyOrders({ histories, layout, rules, memo }: Space): Promise<void> {
  if (!rules.orders) return;
  /** Those whose orders are not events already. */
  const listedIn = ({ asked, reply }: ToldReply): Collection[] => {
    const events = branching(asked, reply, memo.branching)?.collections.map(({ from }) => from) ?? [];
    return collectionsIn(asked, reply).filter(({ from }) => !events.includes(from));
  };
  let listed: readonly Collection[] = [];
  const difference = await histories.findDifference(({ role, replies }) => {
    if (role >= layout.slots) return [];
    listed = replies().flatMap(listedIn);
    const most = Math.max(1, ...listed.map(({ members }) => ordersOf(members.length)));
    return Array.from({ length: most - 1 }, (_, i): Change => ({
      retell: (told) => inOrder(told.reply, listedIn(told), i + 1),
    }));
  });
  if (!difference) return;
  const few = listed.filter(
    ({ name, members }) => members.length <= MOST_ORDERED && !memo.branching.has(name),
  );
  if (few.length > 0) throw new StartAgain('orders', namesOf(few));
  const most = Math.max(...listed.map(({ members }) => members.length));
  throw new CannotExplore(
    `${difference.what} depends on the order in which ${namesOf(listed)} lists ${most} members, which Redis does not promise`,
    'sort them before one is chosen, keep them in a list or a sorted set, or put fewer units on sale',
  );
}

const namesOf = (listed: readonly Collection[]): string =>
  [...new Set(listed.map(({ name }) => name))].join(' ');

/** Whether other draws could have changed a command or an answer: both ends of what a draw can be, and each stratum. */
async function chanceThatMatters(space: Space): Promise<string | undefined> {
  const others: Change[] = [
    { spec: () => ({ chance: 'least' }) },
    { spec: () => ({ chance: 'most' }) },
    ...Array.from({ length: STRATA }, (_, i): Change => ({ spec: () => ({ chance: i }) })),
  ];
  const difference = await space.histories.findDifference(({ draws }) => (draws > 0 ? others : []));
  if (!difference) return undefined;
  // Shared histories would give every instance the same chance.
  if (sharesHistories(space)) throw new StartAgain('symmetry', 'instances draw random values of their own');
  return `random values that do not come from env.pick decide what it does (${difference.what}): other values were not tried`;
}
