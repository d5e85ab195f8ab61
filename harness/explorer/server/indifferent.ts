import { CannotExplore } from '../cannot-explore.ts';
import type { KeyContent } from './content.ts';
import type { ServerImage } from './image.ts';
import { ordersOf } from './orders.ts';
import { withoutDigests } from './script-orders.ts';
import type { Ran, Step } from './step.ts';
import type { StepServer } from './step-server.ts';

/**
 * A script that lists what has no order must do the same in every order: what it does on one server is remembered, and
 * another server lists in another.
 * @throws CannotExplore if it does not; the command that lists is named
 */
export async function requireIndifferent(
  server: StepServer,
  from: ServerImage,
  step: Step,
  ran: Ran,
): Promise<void> {
  const most = Math.max(...[from, ran.image].map(({ content }) => mostListed(content, ran.listed)));
  for (let order = 1; order < ordersOf(most); order++) {
    const again = await server.runInOrder(from, step, order);
    const same =
      withoutDigests(again.reply) === withoutDigests(ran.reply) &&
      keysOf(again.image.content) === keysOf(ran.image.content);
    if (same) continue;
    const names = [...new Set(ran.listed)].join(' and ');
    throw new CannotExplore(
      `its script calls ${names}, and does or answers something else where the members come in another order`,
      'sort them in the script before it chooses or answers (table.sort), or keep them in a list or a sorted set',
    );
  }
}

/** The most members that one of the commands can have listed. */
function mostListed(content: string, listed: readonly string[]): number {
  const [keys] = JSON.parse(content) as [KeyContent[]];
  const sizes = keys.map(({ type, items }) =>
    type === 'hash' || type === 'zset' ? items.length / 2 : items.length,
  );
  const collections = sizes.filter((_, i) => ['set', 'hash', 'zset'].includes(keys[i]!.type));
  if (listed.includes('SUNION')) return collections.reduce((sum, size) => sum + size, 0);
  const ofKeys = listed.includes('KEYS') || listed.includes('SCAN') ? keys.length : 0;
  return Math.max(0, ofKeys, ...collections);
}

const keysOf = (content: string): string => JSON.stringify((JSON.parse(content) as unknown[])[0]);
