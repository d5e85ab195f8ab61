import { crossed, execUnread, lostEveryRace } from './crossings.ts';
import { givesBack } from './faults.ts';
import { lockHeld, lockLost } from './lock-causes.ts';
import { INVALID_REQUEST } from './nonsense.ts';
import { changes, isScript, marks, namesRequest, sells, who, whose, type Sent } from './path-commands.ts';
import { inTheirWords, isRefused, sentFor, type Cause, type Path, type Told } from './violation-path.ts';

/** What brings a violation about where nothing disturbs the sale, the likeliest first. */
export function calmCauses(path: Path): Cause[] {
  return FINDERS.flatMap((find) => find(path) ?? []);
}

const FINDERS: readonly ((path: Path) => Cause | undefined)[] = [
  invalidRequest,
  errorReply,
  fromMemory,
  execUnread,
  lockLost,
  inOneTick,
  crossed,
  afterTheAnswer,
  openedAgain,
  tookFirst,
  takenInAdvance,
  lockHeld,
  lostEveryRace,
  inSeveralPlaces,
  leftToADeadline,
  stoppedWaiting,
];

function invalidRequest({ message = '' }: Path): Cause | undefined {
  if (!message.includes(INVALID_REQUEST)) return undefined;
  const [, what = ''] = /( \([\w^-]+\))/.exec(message) ?? [];
  const because = `what was asked for makes no sense${what}, and was not refused as such`;
  return { name: 'invalid-request', because };
}

/** An error that the server answered, but for that of a script that is sent in full then. */
function errorReply({ sent }: Path): Cause | undefined {
  const failed = sent.findLast(({ reply }) => /(^|[[ ])\(error\) (?!NOSCRIPT)/.test(reply));
  if (!failed) return undefined;
  return {
    name: 'error-reply',
    because: `${whose(failed)} answered ${inShort(failed.reply)}`,
  };
}

const inShort = (reply: string): string => (reply.length <= 60 ? reply : `${reply.slice(0, 59)}…`);

/** A buyer who was answered as soon as they asked, before anything was sent for them. */
function fromMemory({ steps, told }: Path): Cause | undefined {
  const answered = told.find(({ at }) => steps[at]?.event === 'start');
  if (!answered) return undefined;
  const because = `${inTheirWords(answered)} without a command: their process answered from its memory`;
  return { name: 'answered-from-memory', because };
}

/** What a buyer's process writes when its buyer has been answered: by a timer of its own, or because nobody waited for it. */
function afterTheAnswer({ property, steps, sent, told }: Path): Cause | undefined {
  // Who was refused was so by what came before.
  if (property === 'false-refusal' || property === 'progress') return undefined;
  for (const answer of told) {
    if (answer.outcome !== 'sold' || !/^[A-Z]$/.test(answer.actor)) continue;
    const late = sent.find(
      (one) => one.actor === answer.actor && one.at > answer.at && one.ran && changes(one),
    );
    const isAsked = steps
      .slice(answer.at + 1, late?.at)
      .some(
        ({ actor, event }) =>
          actor === answer.actor && event !== 'timer' && event !== 'execute' && event !== 'deliver',
      );
    if (!late || isAsked) continue;
    return {
      name: 'after-the-answer',
      because: `${inTheirWords(answer)}, and ${whose(late)} came after that`,
    };
  }
  return undefined;
}

/** A process that sets what others count down, and has not looked at it. */
function openedAgain({ sent }: Path): Cause | undefined {
  const set = sent.find(
    (one) =>
      one.name === 'SET' &&
      one.ran &&
      sells(one.actor) &&
      !marks(one) &&
      !sent.some((other) => other.actor === one.actor && other.at < one.at && touches(other, one)) &&
      sent.some((other) => other !== one && other.name !== 'SET' && touches(other, one)),
  );
  return (
    set && {
      name: 'opened-again',
      because: `${whose(set)} put on sale what was on sale already`,
    }
  );
}

const touches = (one: Sent, other: Sent): boolean => one.keys.some((key) => other.keys.includes(key));

/** Commands that take, and tell only afterwards whether there was enough. */
const TAKES: ReadonlySet<string> = new Set(
  'DECR DECRBY INCR INCRBY INCRBYFLOAT HINCRBY HINCRBYFLOAT LPOP RPOP SPOP ZPOPMIN ZPOPMAX LMOVE BITFIELD'.split(
    ' ',
  ),
);

/** A buyer who was refused, and had taken or written something before that was known. */
function tookFirst(path: Path): Cause | undefined {
  for (const answer of path.told.filter(isRefused)) {
    const own = sentFor(path, answer).filter(({ ran, touch }) => ran && touch !== 'session');
    const looked = own.findLastIndex(isScript);
    const took = own.find(
      (one, i) =>
        one.touch === 'write' &&
        !marks(one) &&
        ((TAKES.has(one.name) && i > looked) || (namesRequest(one) && i < looked)),
    );
    if (!took || wasEnough(took)) continue;
    const because = `${whose(took)} came before it was known whether there is enough, and ${inTheirWords(answer)}`;
    return { name: 'took-before-it-looked', because };
  }
  return undefined;
}

/** A counter that was taken from and did not fall below zero. */
const wasEnough = ({ name, args, reply }: Sent): boolean =>
  (name.startsWith('DECR') || args.at(-1)?.startsWith('-') === true) && Number(reply) >= 0;

/**
 * A buyer who was refused while another process had more units than it had sold: it took some, and after the refusal it
 * gave some back that nobody had released.
 */
function takenInAdvance({ property, steps, sent, told }: Path): Cause | undefined {
  if (property !== 'false-refusal') return undefined;
  const leftBefore = (at: number): number => steps[at - 1]?.stock ?? Number.NaN;
  const leftAfter = (at: number): number => steps[at]!.stock ?? Number.NaN;
  for (const answer of told.filter(isRefused)) {
    const others = sent.filter(({ actor, ran }) => ran && sells(actor) && actor !== answer.actor);
    const back = others.find(({ at }) => at > answer.at && leftAfter(at) > leftBefore(at));
    const took = others.findLast(
      ({ at, actor }) => actor === back?.actor && at < answer.at && leftAfter(at) < leftBefore(at),
    );
    if (!back || !took) continue;
    const isAsked = steps.slice(0, back.at).some(givesBack);
    if (isAsked) continue;
    const because = `${whose(took)} took more than was sold, and ${inTheirWords(answer)} before ${whose(back)} gave the rest back`;
    return { name: 'taken-in-advance', because };
  }
  return undefined;
}

/** A refusal after a look at several keys, of which each may change when the next is looked at. */
function inSeveralPlaces(path: Path): Cause | undefined {
  if (path.property !== 'false-refusal') return undefined;
  for (const answer of path.told.filter(isRefused)) {
    const looked = sentFor(path, answer).filter((one) => isScript(one) && one.ran);
    const [first] = looked;
    const next = looked.find(({ keys }) => keys[0] !== first?.keys[0]);
    if (!first || !next) continue;
    const because = `${who(answer.actor)} looked at ${first.keys[0]} and then at ${next.keys[0]}, and ${inTheirWords(answer)}`;
    return { name: 'looked-in-several-places', because };
  }
  return undefined;
}

/** What gives a key a time to live, in a command or in the text of a script. */
const DEADLINE = /\bP?EXPIRE(AT)?\b|\bP?SETEX\b|['"\s](EX|PX)['"\s]/i;

function leftToADeadline({ property, sent }: Path): Cause | undefined {
  if (property !== 'stranded' && property !== 'lost-sale') return undefined;
  const ends = sent.find(
    ({ name, args, ran, actor }) => ran && sells(actor) && DEADLINE.test([name, ...args, ''].join(' ')),
  );
  if (!ends) return undefined;
  const because = `${whose(ends)} gives a key a time to live, and nothing but time ends what it stands for`;
  return { name: 'left-to-a-deadline', because };
}

function inOneTick({ steps }: Path): Cause | undefined {
  const chunk = steps.find(
    ({ event, detail = '' }) => event === 'deliver' && detail.includes('in one chunk'),
  );
  if (!chunk) return undefined;
  const because = `${chunk.detail!.replace(' in', ' arrived in')} at ${who(chunk.actor)}, so that nothing came between what each set off`;
  return { name: 'replies-in-one-tick', because };
}

/** A buyer who was told that nothing will come of it. */
function stoppedWaiting({ told }: Path): Cause | undefined {
  const gaveUp = told.find(({ outcome }) => outcome === 'gave-up');
  return (
    gaveUp && { name: 'stopped-waiting', because: `${inTheirWords(gaveUp)} after it had asked and waited` }
  );
}

/** What a buyer was told who was told wrongly, as far as the property says who that is. */
const WRONGED: Partial<Record<Path['property'], (told: Told) => boolean>> = {
  oversell: ({ outcome }) => outcome === 'sold',
  'user-limit': ({ outcome }) => outcome === 'sold',
  'lost-sale': ({ outcome }) => outcome === 'sold' || outcome === 'already-yours',
  'false-refusal': isRefused,
};

/** Each process was done before the next one began. */
const isInTurn = ({ sent }: Path): boolean =>
  sent.every(
    ({ actor }, i) => sent[i - 1]?.actor === actor || !sent.slice(0, i).some((one) => one.actor === actor),
  );

/** One step is enough: the last command for the answer that is wrong. */
export function oneAlone(path: Path): Cause {
  const { property, sent, told } = path;
  const answer = told.findLast(WRONGED[property] ?? (() => true)) ?? told.at(-1);
  const asked = answer ? sentFor(path, answer) : sent;
  // Who took, had enough and was refused was refused for what that answered, whatever came after it.
  const enough =
    answer && isRefused(answer) ? asked.find((one) => TAKES.has(one.name) && wasEnough(one)) : undefined;
  const last = enough ?? asked.findLast(({ touch }) => touch !== 'session');
  const alone = `nothing disturbed the sale${isInTurn(path) ? ', and no two commands crossed' : ''}`;
  if (!last)
    return { name: 'code-by-itself', because: `${alone}: it is so before the first command of a buyer` };
  const end = answer ? `, and ${inTheirWords(answer)}` : '';
  const because = `${alone}: ${whose(last)} answered ${inShort(last.reply)}${end}`;
  if (isScript(last)) return { name: 'script-by-itself', because };
  return { name: answer === undefined ? 'code-by-itself' : 'reply-misread', because };
}
