import { CannotExplore, OpenPick } from '../cannot-explore.ts';
import { answerIn, asTransaction, isInVain, mostWaitMs } from '../server/blocking.ts';
import { executeDraw } from '../server/drawn.ts';
import { isLocal } from '../server/explorable.ts';
import type { Entry } from '../server/memo.ts';
import { CROSS_SLOT, crossesSlots, NEVER_QUEUED } from '../server/slots.ts';
import { toldInOrder } from '../server/orders.ts';
import type { Step } from '../server/step.ts';
import { isQuit } from '../../wire/farewell.ts';
import { decodeCommand } from '../../wire/resp.ts';
import type { CursorContext } from './cursor-context.ts';
import type { Connection } from './process-state.ts';

/** Where commands run. */
interface Running {
  /** The server is a node of a cluster. */
  inCluster: boolean;
  /** Runs a step on the server. */
  ask: (step: Step) => Promise<Entry>;
}

/**
 * Runs the command in the state of its connection, and brings the connection up to date.
 *
 * @returns the reply's bytes
 */
export async function runOn(
  context: CursorContext,
  connection: Connection,
  command: string,
  { inCluster, ask }: Running,
): Promise<string> {
  const args = decodeCommand(command);
  const name = args[0]!.toUpperCase();
  const clear = (): void => {
    connection.queue = undefined;
    connection.watched = [];
    connection.dirty = false;
  };
  if (isQuit(command)) {
    // Whatever was sent after it is not read any more.
    clear();
    connection.limit = connection.executed;
    return '+OK\r\n';
  }
  if (inCluster && (await crosses(context, connection, args))) {
    if (name === 'EXEC') clear();
    else if (connection.queue) connection.queue = [...connection.queue, NEVER_QUEUED];
    return CROSS_SLOT;
  }
  if (name === 'RESET') {
    clear();
    return '+RESET\r\n';
  }
  if (connection.queue !== undefined && name !== 'EXEC' && name !== 'DISCARD') {
    // As the history was recorded: the state may be looked at under other ids, and the queue must go along.
    connection.queue = [...connection.queue, context.swap(command)];
    return context.memo.queueingReply(command);
  }
  if (name === 'MULTI') {
    connection.queue = [];
    return '+OK\r\n';
  }
  if (name === 'UNWATCH' || (name === 'DISCARD' && connection.queue !== undefined)) {
    clear();
    return '+OK\r\n';
  }
  if (name === 'EXEC') {
    if (connection.queue === undefined) return '-ERR EXEC without MULTI\r\n';
    const queued = connection.queue.map((bytes) => context.swap(bytes));
    const step = { command, queued, dirty: connection.dirty };
    clear();
    return (await ask(step)).reply;
  }
  if (mostWaitMs(command) !== undefined) return await runWithoutWaiting(context, connection, command, ask);
  const { reply, touched } = await ask({ command, queued: [], dirty: false });
  // Its own writes count as well: WATCH, own DECR, MULTI, EXEC answers nil.
  if (name === 'WATCH') {
    const keys = args.slice(1).map((key) => context.swap(key));
    connection.watched = [...new Set([...connection.watched, ...keys])].toSorted();
  } else if (context.rules.ownTouch && touches(context, connection, touched)) {
    connection.dirty = true;
  }
  return reply;
}

/** A command that may wait: it runs when there is something for it, or nothing any more to wait for. */
async function runWithoutWaiting(
  { memo }: CursorContext,
  { watched }: Connection,
  command: string,
  ask: Running['ask'],
): Promise<string> {
  if (watched.length > 0) {
    throw new CannotExplore(
      `it sends ${decodeCommand(command)[0]!.toUpperCase()} on a connection that watches keys, which cannot be explored`,
      'wait on a connection of its own',
    );
  }
  const queueing = await memo.queueingReply(command);
  if (queueing.startsWith('-')) return queueing;
  return answerIn((await ask({ ...asTransaction(command), dirty: false })).reply);
}

/** Whether there is nothing for the command, which may wait. */
export async function isBlocked({ memo }: CursorContext, server: number, command: string): Promise<boolean> {
  if ((await memo.queueingReply(command)).startsWith('-')) return false;
  const { reply } = await memo.execute(server, { ...asTransaction(command), dirty: false });
  return isInVain(answerIn(reply));
}

/** Whether it concerns keys of different slots: by itself, or as the end of a transaction. */
const crosses = (
  { memo, swap }: CursorContext,
  { queue = [] }: Connection,
  args: string[],
): Promise<boolean> =>
  crossesSlots(
    memo,
    args[0]!.toUpperCase() === 'EXEC' ? queue.map((bytes) => decodeCommand(swap(bytes))) : [args],
  );

/**
 * What the step comes to in this state of the server.
 *
 * @param picks outcomes of what the server draws, and of the order in which it lists, from which the next are taken
 * @throws OpenPick if there is a choice, and none is left
 */
export async function entryOf(
  { memo, draws }: CursorContext,
  server: number,
  step: Step,
  picks: number[],
): Promise<{ entry: Entry; drawn: readonly number[] }> {
  const drawn: number[] = [];
  const choose = (choices: number): number => {
    const choice = draws === 'first' ? 0 : picks.shift();
    if (choice === undefined) throw new OpenPick([], choices);
    drawn.push(choice);
    return choice;
  };
  let entry = memo.lookup(server, step);
  const draw = entry ? undefined : memo.draw(server, step);
  if (draw) {
    const outcome = draw.outcomes[choose(draw.outcomes.length)]!;
    entry = await executeDraw(memo, server, step, { ...draw, outcome });
  }
  entry ??= await memo.execute(server, step);
  const orders = memo.orders(step, entry.reply);
  if (orders) entry = { ...entry, reply: toldInOrder(entry.reply, orders, choose(orders.ways)) };
  return { entry, drawn };
}

/** The connection after others touched these keys. */
export function dirtied(context: CursorContext, connection: Connection, touched: number): Connection {
  return !connection.dirty && touches(context, connection, touched)
    ? { ...connection, dirty: true }
    : connection;
}

const touches = (context: CursorContext, { watched }: Connection, touched: number): boolean =>
  watched.some((key) => touched & (1 << context.memo.watchable.indexOf(context.swap(key))));

/**
 * Prefixes of commands, by their lengths, that can make a difference if no more of them run: one that ends in a
 * command which only touches its own connection leaves the server as the shorter one does.
 *
 * @param queueing the connection has begun a transaction
 */
export function telling(commands: readonly string[], queueing: boolean): number[] {
  let inTransaction = queueing;
  const prefixes = [0];
  for (const [i, bytes] of commands.entries()) {
    const args = decodeCommand(bytes);
    const name = args[0]!.toUpperCase();
    if (!isLocal(args, inTransaction) && name !== 'WATCH') prefixes.push(i + 1);
    if (name === 'MULTI') inTransaction = true;
    if (name === 'EXEC' || name === 'DISCARD' || name === 'RESET') inTransaction = false;
  }
  return prefixes;
}
