import { isScript, marks, who, type Sent } from './path-commands.ts';
import { inTheirWords, sentFor, type Cause, type Path } from './violation-path.ts';

/** What is wrong with a lock, or with a mark that keeps others out: a key that is set only where it is missing. */

interface Hold {
  actor: string;
  value: string | undefined;
  at: number;
  /** Somebody else who deleted it. */
  freedBy?: Sent;
}

/** A lock that is taken while whoever took it before has not given it back. */
interface Stolen {
  key: string;
  from: Hold;
  by: Hold;
}

const wasSet = (one: Sent): boolean => marks(one) && one.ran && one.reply !== 'nil' && one.reply !== '0';

/** Whether it deletes the key, by a plain command or by a script about nothing else, as a compare-and-delete is. */
const frees = ({ name, keys, touch, reply }: Sent): boolean =>
  name === 'DEL' || name === 'UNLINK' || (touch === 'script' && keys.length === 1 && reply !== '0');

function stolenLock({ sent }: Path): Stolen | undefined {
  const holds = new Map<string, Hold>();
  for (const one of sent) {
    const [key = ''] = one.keys;
    const hold = holds.get(key);
    if (wasSet(one)) {
      const by: Hold = { actor: one.actor, value: one.args[1], at: one.at };
      if (hold && hold.actor !== one.actor) return { key, from: hold, by };
      holds.set(key, by);
    } else if (hold && frees(one)) {
      if (hold.actor === one.actor) holds.delete(key);
      else hold.freedBy = one;
    }
  }
  return undefined;
}

/** A lock that was somebody's, and is somebody else's before the first has done what it was for. */
export function lockLost(path: Path): Cause | undefined {
  const stolen = stolenLock(path);
  if (!stolen) return undefined;
  const { key, from, by } = stolen;
  const [holder, taker] = [who(from.actor), who(by.actor)];
  if (from.freedBy) {
    const other = who(from.freedBy.actor);
    const because = `${other} deleted ${key}, which ${holder} held, and ${taker} took it`;
    return { name: 'unlocked-by-another', because };
  }
  const because = `${taker} took ${key} when it had ended, and ${holder}, who had set it, went on as if it were held`;
  const name = from.value !== undefined && from.value === by.value ? 'one-lock-value' : 'lease-ended';
  return { name, because };
}

/** Two who hold locks of different names while they change the same. */
export function locksApart({ sent }: Path, actors: readonly [string, string]): Cause | undefined {
  const [one, other] = actors.map((actor) => sent.find((each) => each.actor === actor && wasSet(each)));
  const [[mine] = [], [yours] = []] = [one?.keys, other?.keys];
  if (mine === undefined || yours === undefined || mine === yours) return undefined;
  const because = `${who(actors[0])} held ${mine} and ${who(actors[1])} held ${yours}, while both changed the same`;
  return { name: 'locks-of-their-own', because };
}

/** Somebody who found a lock taken, and was answered by that alone. */
export function lockHeld(path: Path): Cause | undefined {
  for (const told of path.told) {
    if (told.outcome === 'sold' || told.outcome === 'done') continue;
    const last = sentFor(path, told).findLast(({ touch }) => touch !== 'session');
    if (!last || !marks(last) || wasSet(last)) continue;
    const [key = ''] = last.keys;
    const holder = path.sent.find((one) => wasSet(one) && one.keys[0] === key && one.actor !== told.actor);
    const by = holder ? ` by ${who(holder.actor)}` : '';
    return { name: 'lock-held', because: `${key} was held${by}, and ${inTheirWords(told)}` };
  }
  return undefined;
}

/** What a process set last of all, and never took away. */
export function markOf({ sent }: Path, actor: string, before: number): Sent | undefined {
  const own = sent.filter(
    (one) => one.actor === actor && one.at < before && one.ran && (one.touch === 'write' || isScript(one)),
  );
  const last = own.at(-1);
  return last && wasSet(last) ? last : undefined;
}
