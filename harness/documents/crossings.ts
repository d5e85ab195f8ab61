import { locksApart } from './lock-causes.ts';
import { fills, inWords, isScript, marks, namesBuyer, sells, whose, type Sent } from './path-commands.ts';
import { inTheirWords, isRefused, type Cause, type Path } from './violation-path.ts';

/** Two buyers who cross: what one has read is another's before it is written. */

interface Crossing {
  read: Sent;
  /** Another's, between the two. */
  between: Sent;
  write: Sent;
}

const shareKey = (one: Sent, other: Sent): boolean => one.keys.some((key) => other.keys.includes(key));
const isShared = (actor: string): boolean => /^[A-Z]{2,}$/.test(actor);

export function crossed(path: Path): Cause | undefined {
  const crossing = crossingOf(path);
  if (!crossing) return undefined;
  const { read, between, write } = crossing;
  const fill = filledBetween(path, crossing);
  if (fill) {
    const because = `${whose(read)} found no key, and ${whose(fill)} filled it when ${whose(between)} had come between`;
    return { name: 'filled-on-a-miss', because };
  }
  const apart = locksApart(path, [write.actor, between.actor]);
  if (apart) return apart;
  const inVain = watchedInVain(path, crossing);
  const because =
    read.actor === between.actor
      ? `two buyers of one process crossed: between ${inWords(read)} and ${inWords(write)} of one came ${inWords(between)} of the other`
      : `${whose(between)} came between ${whose(read)} and ${whose(write)}`;
  if (inVain !== undefined) return { name: 'watched-in-vain', because: `${because}; ${inVain}` };
  return { name: isScript(write) ? 'looked-before' : 'crossed', because };
}

function crossingOf({ sent }: Path): Crossing | undefined {
  const effects = sent.filter(({ ran, touch }) => ran && touch !== 'session');
  for (const write of effects.toReversed()) {
    const found = isShared(write.actor) ? withinProcess(effects, write) : withOthers(effects, write);
    if (found) return found;
  }
  return undefined;
}

/** A script looks and writes in one step, so that only what was read before it, by a command of its own, can be over. */
function withOthers(effects: readonly Sent[], write: Sent): Crossing | undefined {
  if (!writes(write)) return undefined;
  const read = effects.findLast(
    (one) =>
      one.actor === write.actor &&
      one.at < write.at &&
      shareKey(one, write) &&
      (looks(one) || (isScript(one) && write.touch === 'write')),
  );
  const between =
    read &&
    effects.findLast(
      (one) =>
        one.actor !== write.actor &&
        one.at > read.at &&
        one.at < write.at &&
        shareKey(one, read) &&
        one.touch !== 'read' &&
        !marks(one),
    );
  return between && { read, between, write };
}

/** Buyers of one process cannot be told apart on the wire: the n-th who reads is taken for the n-th who writes. */
function withinProcess(effects: readonly Sent[], write: Sent): Crossing | undefined {
  const own = effects.filter((one) => one.actor === write.actor && shareKey(one, write));
  const [reads, written] = [own.filter(looks), own.filter(({ touch }) => touch === 'write')];
  const n = written.indexOf(write);
  const read = reads[n];
  const between = written.findLast((one, i) => i !== n && read && one.at > read.at && one.at < write.at);
  return read && between && { read, between, write };
}

/** Whether a product is there at all is asked by processes that start, and nothing hangs on it. */
const looks = (one: Sent): boolean => one.touch === 'read' && (one.name !== 'EXISTS' || namesBuyer(one));

/** What compares before it writes, and what only frees a lock, is no write that could come too late. */
const writes = (one: Sent): boolean =>
  isScript(one) || (one.touch === 'write' && !marks(one) && one.name !== 'DEL' && !one.args.includes('IFEQ'));

/** Whoever finds no key takes it for one that nobody has filled yet. */
const filledBetween = ({ sent }: Path, { read, write }: Crossing): Sent | undefined =>
  read.reply === 'nil'
    ? sent.find(
        (one) =>
          one.actor === write.actor &&
          one.at > read.at &&
          one.at <= write.at &&
          fills(one) &&
          !namesBuyer(one) &&
          shareKey(one, read),
      )
    : undefined;

/** Why WATCH did not stop it; undefined where the code sends none. */
function watchedInVain({ sent }: Path, { read, between, write }: Crossing): string | undefined {
  const watches = sent.filter(
    (one) => one.name === 'WATCH' && one.actor === write.actor && one.at < write.at,
  );
  const last = watches.at(-1);
  if (!last) return undefined;
  if (read.actor === between.actor)
    return 'both watched over one connection, where the EXEC of one ends the WATCH of all';
  if (!last.args.some((key) => read.keys.includes(key))) return `WATCH was of ${last.args.join(' ')}`;
  if (last.at > read.at) return 'WATCH came after the read';
  if (!write.queued) return 'what was written stood in no MULTI, which alone WATCH can stop';
  return 'WATCH went out over another connection than EXEC';
}

/** EXEC answered nil, so that nothing was done, and the buyer was told something that needs it to have been done. */
export function execUnread({ sent, told }: Path): Cause | undefined {
  for (const exec of sent.filter(({ name, reply }) => name === 'EXEC' && reply === 'nil')) {
    const answer = told.find(({ actor, at }) => actor === exec.actor && at >= exec.at);
    const goesOn = sent.some(
      ({ actor, at }) => actor === exec.actor && at > exec.at && at <= (answer?.at ?? 0),
    );
    if (!answer || goesOn || (answer.outcome !== 'sold' && !isRefused(answer))) continue;
    const because = `${whose(exec)} answered nil, which says that nothing was done, and ${inTheirWords(answer)}`;
    return { name: 'exec-unread', because };
  }
  return undefined;
}

/** Attempt after attempt was in vain, because somebody else was faster. */
export function lostEveryRace({ property, sent, told }: Path): Cause | undefined {
  if (property !== 'progress') return undefined;
  const gaveUp = told.find(({ outcome }) => outcome === 'gave-up');
  if (!gaveUp) return undefined;
  const vain = sent.filter(
    ({ actor, name, args, reply }) =>
      actor === gaveUp.actor && reply === 'nil' && (name === 'EXEC' || args.includes('IFEQ')),
  );
  if (vain.length === 0 || !sells(gaveUp.actor)) return undefined;
  const times = vain.length === 1 ? 'once' : `${vain.length} times`;
  return {
    name: 'lost-every-race',
    because: `others wrote first ${times}, and ${inTheirWords(gaveUp)}`,
  };
}
