import { NO_FAULTS } from '../../documents/faults.ts';
import type { Scope } from '../../documents/scope.ts';
import { placeOf } from '../../ground/places.ts';
import { placeInStack } from '../../loader/source.ts';
import { misfitAlone } from '../../ground/misfits.ts';
import { CannotExplore, StartAgain } from '../cannot-explore.ts';
import { nondeterministic, Nondeterministic } from '../process/difference.ts';
import type { Subject } from '../process/spec.ts';
import { errorInWords, stackOf, type Threw } from '../process/thrown.ts';
import type { ServerMemo } from '../server/memo.ts';
import { EMPTY } from '../server/image.ts';
import { NOTHING_REDUCED } from '../space/setting.ts';
import { Space } from '../space/space.ts';
import { AtRest } from './at-rest.ts';
import { isSale } from './settling.ts';

/**
 * One buyer alone, of one unit, before anything else: code that does not work at all is told as that, with its line, and
 * not only as a sale that strands its units.
 * @returns how the purchase failed, if it did: it is explored all the same
 * @throws CannotExplore if `open` puts nothing on sale, if `remaining` is no number or never settles, or if a script is not what was declared
 */
export async function rehearse(
  scope: Scope,
  subject: Subject,
  memo: ServerMemo,
): Promise<string | undefined> {
  const { perUserLimit: _limit, nonsense: _nonsense, ...rest } = scope;
  const nobody = { ...rest, ...NOBODY, stock: Math.max(1, scope.stock) };
  const { strategy } = subject;
  const apart: Subject = {
    ...subject,
    // What it leaves in packages must not be found there by the processes of the sale.
    evaluate: () => subject.evaluate(true),
    // What Redis refuses then has the line that asked for it.
    strategy: { ...strategy, client: { ...strategy.client, showFriendlyErrorStack: true } },
  };
  const space = new Space({ scope: nobody, subject: apart, memo, reductions: NOTHING_REDUCED });
  const trial = await trialIn(space);
  if (!trial) return undefined;
  if (subject.keepsMemory) await requireForgetful(space, trial);
  const { server, purchase, remaining } = trial;
  subject.service?.requireUsable(purchase);
  const misfit = purchase?.kind === 'threw' || remaining?.kind === 'threw' ? misfitAlone() : undefined;
  if (misfit) throw new CannotExplore(misfit.message, misfit.remedy);
  if (purchase?.kind === 'threw' && !purchase.definite) return told('purchase', purchase);
  if (remaining?.kind === 'threw' && subject.service) throw subject.service.leftUnknown(remaining.message);
  if (remaining?.kind === 'threw') {
    throw new CannotExplore(
      await told('remaining', remaining),
      'correct it: remaining() returns the number of units that can still be bought',
    );
  }
  if (memo.content(server) === EMPTY.content && !isSale(purchase)) {
    throw new CannotExplore(
      'open() puts nothing on sale: it leaves the server empty, and the only buyer gets nothing',
      'write the stock of the sale in open(), and wait for it',
    );
  }
  if (purchase?.kind === 'returned' && !remaining) {
    throw new CannotExplore(
      'remaining() never settled, on a sale with one buyer who was served',
      'return the number of units that can still be bought, and wait for nothing but the reply to that question',
    );
  }
  if (remaining?.kind === 'returned' && !Number.isFinite(remaining.value)) {
    throw new CannotExplore(
      `remaining() answered ${String(remaining.value)}, on a sale of ${nobody.stock} with one buyer`,
      'return the number of units that can still be bought, as Number(await redis.get(key)) does',
    );
  }
  return undefined;
}

/** @throws CannotExplore if functions that were there before keep something, or wait for what is not of the run */
async function requireForgetful(space: Space, { purchase }: Trial): Promise<void> {
  if (!purchase) {
    throw new CannotExplore(
      'the purchase of one buyer alone never ends, and no command or timer of the run is left that it could wait for',
      'if it uses a client that was made before the exploration, give the file to fromModule(), which evaluates it for each process',
    );
  }
  const difference = await space.histories.findDifference(() => [{}]);
  if (difference) throw nondeterministic(difference);
}

/** Of the scope, what concerns buyers and their faults. */
const NOBODY = {
  buyers: 0,
  instances: 0,
  quantities: [],
  faults: NO_FAULTS,
  releases: 0,
  restocks: 0,
  jobs: 0,
  confirms: 0,
} satisfies Partial<Scope>;

type Trial = Awaited<ReturnType<AtRest['trial']>> & { server: number };

/** @returns undefined where something else is to be found out first: the search does, and tells it */
async function trialIn(space: Space): Promise<Trial | undefined> {
  for (;;) {
    try {
      const { server } = await space.initial();
      return { server, ...(await new AtRest(space).trial(server)) };
    } catch (error) {
      if (error instanceof Nondeterministic) return undefined;
      if (!(error instanceof StartAgain)) throw error;
      if (error.cause !== 'watched-key') return undefined;
      await space.memo.watch(error.message);
    }
  }
}

/** @param settled it threw */
async function told(method: string, settled: Threw): Promise<string> {
  const found = await placeInStack(stackOf(settled), 'cjs');
  const at = found ? ` at ${placeOf(found.file, found.line)}` : '';
  return `${method} threw ${errorInWords(settled).replace(/\.$/, '')}${at}, for one buyer alone`;
}
