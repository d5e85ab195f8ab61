import { CannotExplore, type StartAgain } from './cannot-explore.ts';
import type { Reductions } from '../documents/exploration.ts';
import type { Rules } from './rules.ts';
import type { ServerMemo } from './server/memo.ts';

/** What the next search is made with. */
interface Assumed {
  reductions: Reductions;
  rules: Partial<Rules>;
  memo: ServerMemo;
}

/** Leaves out what was assumed, so that the next search does without it. @throws CannotExplore where none can */
export async function leaveOut(
  { cause, message }: StartAgain,
  { reductions, rules, memo }: Assumed,
): Promise<void> {
  if (cause === 'waits') reductions.oneStop = false;
  else if (cause === 'symmetry') reductions.symmetry = false;
  else if (cause === 'chunks') reductions.fuse = false;
  else if (cause === 'shared-chunks') rules.sharedChunks = true;
  else if (cause === 'too-many-chunks') rules.sharedChunks = 'left out';
  else if (cause === 'packages' && !rules.ownPackages) rules.ownPackages = true;
  else if (cause === 'packages') throw new CannotExplore(message, 'keep it in the module');
  else if (cause === 'orders') memo.branchOn(message.split(' '));
  else if (cause === 'ticks') rules.ticks = false;
  else if (cause === 'clock') reductions.stillClock = false;
  else if (cause === 'clock-read') {
    reductions.stillClock = false;
    reductions.unreadClock = false;
  } else await memo.watch(message);
}
