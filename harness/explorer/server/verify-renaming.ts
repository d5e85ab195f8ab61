import { renameContent } from './content.ts';
import type { Entry, Rename, ServerMemo } from './memo.ts';
import { nameOfStep } from './step.ts';
import { askedIn, inCanonicalOrder } from './orders.ts';
import type { Step } from './step.ts';

/**
 * Runs every step that was asked of the server again, under the renamings of all that it names.
 * @returns the first step that then does something else: it depends on more of the ids than whether they are equal
 * (their order, their digest), so buyers are not interchangeable
 */
export async function verifyRenaming(
  memo: ServerMemo,
  renamingsOf: (text: string) => readonly Rename[],
): Promise<string | undefined> {
  for (const asked of memo.asked()) {
    const { state, step, entry } = asked;
    const text = `${memo.content(state)} ${step.queued.join(' ')} ${step.command} ${entry.reply}`;
    for (const rename of renamingsOf(text)) {
      if (!(await isSameUnder(memo, rename, asked))) return nameOfStep(step);
    }
  }
  return undefined;
}

async function isSameUnder(
  memo: ServerMemo,
  rename: Rename,
  { state, step, entry }: { state: number; step: Step; entry: Entry },
): Promise<boolean> {
  const from = await memo.rename(state, rename);
  if (from === undefined) return false;
  const renamed = { ...step, command: rename(step.command), queued: step.queued.map(rename) };
  const again = await memo.execute(from, renamed);
  const asked = askedIn(renamed.command, renamed.queued);
  return (
    inCanonicalOrder(asked, again.reply) === inCanonicalOrder(asked, rename(entry.reply)) &&
    again.touched === entry.touched &&
    memo.content(again.next) === renameContent(memo.content(entry.next), rename)
  );
}
