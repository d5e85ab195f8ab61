import { CannotExplore, SellerFailed, StartAgain } from '../cannot-explore.ts';
import type { AttemptFault, ReleaseFault } from '../../documents/faults.ts';
import type { Scope } from '../../documents/scope.ts';
import type { Abilities } from '../process/seller-abilities.ts';
import type { Call, Settled } from '../process/instance-events.ts';
import type { FaultMove, Move } from '../scope/moves.ts';
import { isLone } from '../scope/layout.ts';
import { requestOf } from '../scope/ids.ts';
import type { FaultAtom } from './atom.ts';
import { Cursor } from './cursor.ts';
import { drive } from './drive.ts';
import { ABSENT, type ProcessState } from './process-state.ts';
import type { Setting } from './setting.ts';

/** Where a move is made. */
export interface At {
  slot: number;
  server: number;
  local: ProcessState;
  /** Answers for the choices (`env.pick`, the server's draws) on the way, in order. */
  picks: readonly number[];
  /** What the clock shows, in milliseconds after the world's beginning; undefined: nobody reads it. */
  clockMs?: number | undefined;
  /** Replicas that have stopped following; absent: none. */
  stopped?: number;
}

/** Restocks add one unit each. */
export const RESTOCKED = 1;

/** Lets a move happen. @returns the instance as it then stands, before anything follows by itself */
export async function perform(setting: Setting, at: At, move: Move): Promise<Cursor> {
  const { slot } = at;
  if (move.kind === 'elsewhere') {
    // It is asked as soon as it begins to start: what it sends for that comes between other processes' steps.
    const starting = await (setting.rules.boots ? begin : boot)(setting, at);
    const { buyer, operation } = move;
    await ask(setting, starting, slot, { method: 'purchase', buyer, operation, begun: true });
    return starting;
  }
  const cursor = cursorAt(setting, at);
  switch (move.kind) {
    case 'start':
    case 'retry':
    case 'repeat':
    case 'release':
    case 'cancel':
      await ask(setting, cursor, slot, askedBy(setting, cursor, slot, move));
      break;
    case 'confirm':
      await ask(setting, cursor, slot, { ...move, method: 'confirm', begun: true });
      break;
    case 'restock':
      await restock(cursor, move.operation);
      break;
    case 'job':
      await cursor.invoke({ method: 'runJob' });
      break;
    case 'execute':
      await cursor.execute(move.connection);
      break;
    case 'lapse':
      await cursor.lapse(move.connection);
      break;
    case 'deliver':
      await cursor.deliver(move.connection, move.replies);
      if (!setting.rules.replyPrefixes) await cursor.deliverAll(move.connection);
      break;
    case 'timer':
      await cursor.fireTimer(move.timer);
      break;
    case 'immediate':
      await cursor.fireImmediates();
      break;
    case 'cut-all':
      for (const connection of cursor.openConnections())
        await suffer(cursor, { event: 'cut', connection, survivors: 0 });
      break;
    default:
      await suffer(cursor, atomOf(move));
  }
  return cursor;
}

/** What a buyer asks for by this move. */
function askedBy(
  setting: Setting,
  cursor: Cursor,
  slot: number,
  move: Extract<Move, { kind: 'start' | AttemptFault | 'release' | ReleaseFault }>,
): Asked {
  const { buyer } = move;
  if (move.kind === 'release' || move.kind === 'cancel') return { ...move, method: 'release', begun: true };
  if (move.kind !== 'start') return { ...move, method: 'purchase', begun: true };
  // Whatever a lone buyer's process hears until its next command runs could as well come just before that; unless the
  // next that runs may be one that it sent before, something else of it is still to come, or it may be cancelled before.
  const late = isLone(setting.scope, slot) && cursor.idle && setting.reductions.lateStarts;
  return { method: 'purchase', buyer, operation: buyer, begun: !late };
}

function cursorAt(setting: Setting, { slot, server, local, picks, clockMs, stopped = 0 }: At): Cursor {
  const cursor = new Cursor(setting.context(slot), server, local, picks);
  cursor.clock.startMs = clockMs;
  cursor.stopped = stopped;
  return cursor;
}

async function restock(cursor: Cursor, operation: number): Promise<void> {
  const call: Call = { method: 'restock', quantity: RESTOCKED };
  await cursor.call(call, { operation, kind: 'restock', buyer: -1, begun: true });
}

/** What a fault of a process, of a connection or of a client does to it. */
async function suffer(cursor: Cursor, fault: FaultAtom): Promise<void> {
  cursor.atoms.push(fault);
  switch (fault.event) {
    case 'cut':
      return cursor.disconnect(fault.connection, fault.survivors);
    case 'crash':
      return cursor.die(fault.survivors);
    case 'timeout':
      return cursor.timeOut(fault.commands);
    case 'outside':
      return cursor.disconnect(fault.connection, 0);
  }
}

function atomOf(move: FaultMove): FaultAtom {
  if ('commands' in move) return { event: move.kind, commands: move.commands };
  if ('connection' in move && !('survivors' in move))
    return { event: move.kind, connection: move.connection };
  if ('connection' in move)
    return { event: move.kind, connection: move.connection, survivors: move.survivors };
  return { event: move.kind, survivors: move.survivors };
}

/** What a buyer asks for. */
export interface Asked {
  method: 'purchase' | 'release' | 'confirm';
  buyer: number;
  operation: number;
  /** Its interval begins now; else with its first command. */
  begun: boolean;
  /** Of a confirm. */
  late?: boolean;
  paid?: boolean;
  /** Of a release. */
  uncertain?: boolean;
}

/** Asks in the ids that the slot's histories are recorded with. */
export async function ask(setting: Setting, cursor: Cursor, slot: number, asked: Asked): Promise<void> {
  const { method, buyer, operation, begun, late, paid, uncertain } = asked;
  const recorded = setting.recordedBuyer(slot, buyer);
  const call: Call = { method, request: requestOf(setting.scope, recorded) };
  // First attempts carry their buyer's number, so that one is recorded under the other's, too.
  const named = operation === buyer ? recorded : operation;
  await cursor.call(call, {
    operation: named,
    kind: method,
    buyer: recorded,
    begun,
    ...(late && { late }),
    ...(paid && { paid }),
    ...(uncertain && { uncertain }),
  });
}

/** Where a process starts. */
export type Birth = Omit<At, 'local' | 'picks'> & Partial<Pick<At, 'picks'>>;

/**
 * A process that made its seller; the commands of its start ran at once.
 * @throws SellerFailed if it could make none
 */
export async function boot(setting: Setting, birth: Birth): Promise<Cursor> {
  const cursor = await begin(setting, birth);
  await drive(cursor);
  const { abilities } = cursor;
  if (!abilities) throw sellerFailed(cursor.settled(0));
  setting.abilities ??= abilities;
  if (abilities.confirm && setting.scope.confirms === undefined)
    throw new StartAgain('confirms', 'its buyers confirm');
  requireAsked(setting.scope, { ...setting.abilities, confirm: abilities.confirm });
  cursor.atoms.length = 0; // whoever boots a process again boots it in the same way
  return cursor;
}

/**
 * What is asked for and cannot be done would be left out in silence. (And where buyers are to confirm, nothing but a confirm
 * acknowledges: no sale would ever count.)
 * @throws CannotExplore if the scope asks for what the strategy does not have
 */
export function requireAsked(
  { releases, restocks, jobs, confirms = 0, faults }: Scope,
  has: Abilities,
): void {
  const asked = [
    ['--releases', releases, 'release'],
    ['--faults cancel', faults.cancel, 'release'],
    ['--restocks', restocks, 'restock'],
    ['--jobs', jobs, 'runJob'],
    ['--confirms', confirms, 'confirm'],
  ] as const;
  for (const [flag, times, method] of asked) {
    if (times === 0 || has[method]) continue;
    throw new CannotExplore(`${flag} would do nothing: the strategy has no ${method}()`, `leave out ${flag}`);
  }
}

/** A process that begins to make its seller: the commands that it sends for it are events of the sale. */
export async function begin(setting: Setting, { slot, picks = [], ...birth }: Birth): Promise<Cursor> {
  const recorded = setting.recordedRole(slot);
  const node = await setting.histories.root(recorded);
  const local: ProcessState = { ...ABSENT, role: recorded, node, phase: 'live' };
  const cursor = cursorAt(setting, { slot, picks, ...birth, local });
  await cursor.invoke({ method: 'seller' });
  return cursor;
}

export const sellerFailed = (settled: Settled | undefined): SellerFailed =>
  new SellerFailed(
    settled?.kind === 'threw' ? `seller() failed: ${settled.message}` : 'seller() never returned',
    'seller() must return a seller on a sale that open() has created',
  );

/** Creates the sale on an empty server. @returns the server then. @throws CannotExplore if open() fails */
export async function openSale(setting: Setting): Promise<number> {
  const { operator: role } = setting;
  const node = await setting.histories.root(role);
  const local: ProcessState = { ...ABSENT, role, node, phase: 'live' };
  const cursor = new Cursor(setting.context(role), setting.memo.empty(), local);
  const index = await cursor.invoke({ method: 'open' });
  await drive(cursor);
  const settled = cursor.settled(index);
  if (settled?.kind === 'returned') return cursor.server;
  throw new CannotExplore(
    settled ? `open() failed: ${settled.message}` : 'open() never returned',
    'give a scope that the strategy supports, or correct open()',
  );
}
