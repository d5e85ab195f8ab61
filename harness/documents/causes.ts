import type { Property } from '../../strategies/contract.ts';
import { calmCauses, oneAlone } from './calm-causes.ts';
import type { CounterexampleStep } from './counterexample.ts';
import { givesBack } from './faults.ts';
import { lockLost, markOf } from './lock-causes.ts';
import { failedBeside } from './outside-causes.ts';
import {
  changes,
  fills,
  inWords,
  isScript,
  marks,
  namesRequest,
  sells,
  who,
  whose,
  type Sent,
} from './path-commands.ts';
import { inTheirWords, pathOf, type Cause, type Path, type Violation } from './violation-path.ts';

type Event = CounterexampleStep['event'];
/** Everything but what the sale does by itself, and what only prepares another event. */
type Disturbing = Exclude<Event, 'start' | 'execute' | 'deliver' | 'timer' | 'immediate' | 'lag'>;

interface Disturbed extends Path {
  step: CounterexampleStep;
  at: number;
}

/**
 * What brought the violation about: whatever disturbed the sale last, and without that what crossed or went wrong by itself.
 *
 * The last may decide because a counterexample is the smallest that there is, with the fewest faults: each fault in it is
 * needed, and the violation was not complete before the last of them. Where the code already does what helps against the
 * last, it is an earlier one that made this vain (a memory of requests that expired before the buyer asked again), and what
 * `BY_EVENT` has for the last says so. Of a counterexample that is not minimal the last is a guess. Releases and restocks are
 * part of any sale: they are the cause only where none other is found.
 */
export function causeOf(violation: Violation): Cause {
  const path = pathOf(violation);
  const calm = calmCauses(path);
  const at = path.steps.findLastIndex(({ event }) => event in BY_EVENT);
  const step = path.steps[at];
  const byItself = calm[0]?.name === 'invalid-request' || step === undefined || ASKED.has(step.event);
  if (byItself && calm[0]) return calm[0];
  return step ? BY_EVENT[step.event as Disturbing]({ ...path, step, at }) : oneAlone(path);
}

/** A payment, too, is part of a sale: what the server lost before it is why it comes to nothing. */
const LOSING: ReadonlySet<Event> = new Set<Event>(['evict', 'restart-without-aof', 'failover']);
const ASKED: ReadonlySet<Event> = new Set<Event>(['release', 'restock']);

const BY_EVENT: Readonly<Record<Disturbing, (disturbed: Disturbed) => Cause>> = {
  cut: broken,
  restart: broken,
  timeout: timedOut,
  outside: failedBeside,
  crash: died,
  retry: askedAgain,
  'restart-without-aof': forgot,
  'script-flush': ({ step }) => ({
    name: 'scripts-flushed',
    because: `${saidOf(step)}, and what was loaded before is not loaded any more`,
  }),
  failover: failedOver,
  evict: (disturbed) => lost(disturbed, 'key-evicted', 'was evicted'),
  expire: (disturbed) => lost(disturbed, 'key-expired', 'expired'),
  slow: (disturbed) =>
    lockLost(disturbed) ?? {
      name: 'time-passed',
      because: `time passed after ${lastBefore(disturbed)}, and what it relied on had ended`,
    },
  late: () => ({ name: 'paid-late', because: 'time passed before it was paid' }),
  confirm: paid,
  release: givenBack,
  cancel: givenBack,
  restock: restocked,
  job: (disturbed) => ({
    name: 'job-between',
    because: `background work of ${who(disturbed.step.actor)} came after ${lastBefore(disturbed)}`,
  }),
};

const SAID: Partial<Record<Event, string>> = {
  restart: 'the server restarted',
  'restart-without-aof': 'the server restarted empty',
  failover: 'a replica took over',
  'script-flush': 'the scripts were flushed',
};
const saidOf = ({ event, actor }: CounterexampleStep): string =>
  SAID[event] ?? `the connection of ${who(actor)} broke`;

/** The command before, in words. */
const lastBefore = ({ sent, at }: Disturbed): string => {
  const last = sent.findLast((one) => one.at < at && one.touch !== 'session');
  return last ? whose(last) : 'the sale was opened';
};

/** A connection broke, or all did: the client sends again by itself, or the code hears an error. */
function broken(disturbed: Disturbed): Cause {
  const { property, step, at, sent } = disturbed;
  const isTheirs = ({ actor }: Sent): boolean => step.event !== 'cut' || actor === step.actor;
  const later = sent.filter((one) => isTheirs(one) && one.at > at && sells(one.actor));
  const unguarded = later.find(
    (one) => one.name === 'EXEC' && one.ran && one.reply !== 'nil' && wasWatched(disturbed, one),
  );
  if (unguarded) {
    const because = `${saidOf(step)} after WATCH, and ${whose(unguarded)} ran on a connection that watches nothing`;
    return { name: 'exec-without-watch', because };
  }
  const unknown = later.find((one) => one.reply.includes('NOSCRIPT') && !isSentInFull(disturbed, one));
  if (unknown) {
    const because = `${saidOf(step)}, and ${whose(unknown)} named a script that is not loaded any more`;
    return { name: 'scripts-flushed', because };
  }
  const again = sentAgain(disturbed, later);
  if (again) {
    const because = `${saidOf(step)}, and ${whose(again)} was sent again`;
    return { name: marks(again) ? 'mark-sent-again' : 'sent-again', because };
  }
  const renamed = later.find(
    (one) => isScript(one) && !namesRequest(one) && sent.some((other) => isSameButFor(one, other)),
  );
  if (renamed) {
    const because = `${saidOf(step)}, and ${who(renamed.actor)} asked again under another requestId`;
    return { name: 'request-renamed', because };
  }
  if (property === 'progress') {
    const because = `${saidOf(step)}, and the error that the code heard outlives the purchase that it belongs to`;
    return { name: 'stays-broken', because };
  }
  return { name: 'error-heard', because: `${saidOf(step)}, and the code heard an error${mayRun(step)}` };
}

const mayRun = ({ detail }: CounterexampleStep): string =>
  detail === undefined
    ? ''
    : `, while ${detail.replace('is still', 'was still').replace('are still', 'were still')}`;

const isSentInFull = ({ sent }: Disturbed, { actor, at }: Sent): boolean =>
  sent.some((one) => one.actor === actor && one.at > at && one.name === 'EVAL');

/** Its last WATCH came before the break. */
const wasWatched = ({ sent, at }: Disturbed, exec: Sent): boolean => {
  const last = sent.findLast(
    ({ actor, name, at: when }) => actor === exec.actor && name === 'WATCH' && when < exec.at,
  );
  return last !== undefined && last.at < at;
};

/** A command that ran twice, the second time after the break. */
const sentAgain = ({ sent }: Disturbed, later: readonly Sent[]): Sent | undefined =>
  later.find(
    (one) =>
      one.ran &&
      changes(one) &&
      sent.some((other) => other !== one && other.ran && isSame(one, other) && other.at < one.at),
  ) ?? later.find((one) => marks(one) && sent.some((other) => other.at < one.at && isSame(one, other)));

const isSame = (one: Sent, other: Sent): boolean => {
  const isSpeltOtherwise = isScript(one) && isScript(other) && one.name !== other.name;
  // By its digest, or in full: the rest is the same.
  const [from, name] = isSpeltOtherwise ? [1, other.name] : [0, one.name];
  const same = one.args.slice(from).join('\0') === other.args.slice(from).join('\0');
  return one.actor === other.actor && name === other.name && same;
};

/** The same script about the same, with a requestId of the sale. */
const isSameButFor = (one: Sent, other: Sent): boolean =>
  one.actor === other.actor &&
  one.args[0] === other.args[0] &&
  one.keys.join('\0') === other.keys.join('\0') &&
  namesRequest(other);

function timedOut(disturbed: Disturbed): Cause {
  const { step, at, sent } = disturbed;
  const later = sent.filter((one) => one.actor === step.actor && one.at > at);
  const again = sentAgain(disturbed, later);
  const what = again
    ? `${inWords(again)} was sent again, and ran twice`
    : 'the code heard an error, whatever became of it';
  return { name: 'timed-out', because: `a command of ${who(step.actor)} timed out, and ${what}` };
}

function died(disturbed: Disturbed): Cause {
  const { property, step, at, sent, told } = disturbed;
  const dead = who(step.actor);
  const acknowledged = told.find(
    ({ actor, outcome, at: when }) => actor === step.actor && outcome === 'sold' && when <= at,
  );
  if (acknowledged && (property === 'oversell' || property === 'lost-sale')) {
    const because = `${inTheirWords(acknowledged)} before everything that this needs had run, and died`;
    return { name: 'told-too-early', because };
  }
  const mark = markOf(disturbed, step.actor, at);
  if (mark) {
    const because = `${dead} died after ${inWords(mark)}, which keeps others out`;
    return { name: 'mark-left-behind', because };
  }
  const last = sent.findLast((one) => one.actor === step.actor && changes(one) && one.ran);
  const after = last ? `after ${inWords(last)}` : 'before anything that it sent had run';
  return { name: 'died-between', because: `${dead} died ${after}, and left the rest undone` };
}

function askedAgain(disturbed: Disturbed): Cause {
  const { steps, step, at, habits } = disturbed;
  const gone = steps.slice(0, at).findLastIndex(({ event }) => event === 'expire' || event === 'evict');
  if (habits.has('remembers-requests') && steps[gone])
    return BY_EVENT[steps[gone].event as Disturbing]({ ...disturbed, step: steps[gone], at: gone });
  const without = steps
    .slice(0, at)
    .some(({ event }) => ['crash', 'cut', 'timeout', 'restart'].includes(event));
  const asked = `${/^[A-Z]$/.test(step.actor) ? step.actor : 'the buyer'} asked again with the same requestId`;
  return without
    ? { name: 'asked-again', because: `${asked}, after an attempt of which nobody was told how it ended` }
    : { name: 'asked-twice-at-once', because: `${asked}, without waiting for an answer` };
}

const touches = (one: Sent, other: Sent): boolean =>
  changes(one) && one.keys.some((key) => other.keys.includes(key));
const isLoss = (property: Property): boolean => property === 'stranded' || property === 'lost-sale';

/** Whoever finds no key takes it for one that was never filled. */
function filled({ property, sent, at }: Disturbed, keys?: readonly string[]): Cause | undefined {
  if (isLoss(property)) return undefined;
  const fill = sent.find(
    (one) =>
      (one.at > at || one.name === 'SETNX') &&
      fills(one) &&
      one.ran &&
      sells(one.actor) &&
      !namesRequest(one) &&
      (!keys || one.keys.some((key) => keys.includes(key))) &&
      !sent.some(
        (other) => other.actor === one.actor && other.at > at && other.at < one.at && touches(other, one),
      ),
  );
  return (
    fill && {
      name: 'filled-on-a-miss',
      because: `${fill.keys[0]} was gone, and ${whose(fill)} fills it wherever it is missing`,
    }
  );
}

/** A key is gone. */
function lost(disturbed: Disturbed, name: 'key-evicted' | 'key-expired', how: string): Cause {
  const { property, step } = disturbed;
  const { detail = 'a key' } = step;
  const gone: Cause = { name, because: `${detail} ${how} after ${lastBefore(disturbed)}` };
  // What an eviction takes away of the sale itself, no code finds again.
  if (name === 'key-evicted' && isLoss(property)) return gone;
  return lockLost(disturbed) ?? filled(disturbed, [detail]) ?? gone;
}

function forgot(disturbed: Disturbed): Cause {
  const because = `${saidOf(disturbed.step)} after ${lastBefore(disturbed)}`;
  return filled(disturbed) ?? { name: 'server-forgot', because };
}

/** A replica took over: what the code asked of WAIT, and what it made of the answer. */
function failedOver(disturbed: Disturbed): Cause {
  const { property, step, sent, habits } = disturbed;
  // Nothing that is waited for keeps a client from sending again.
  if (property === 'double-sale') return broken(disturbed);
  if (!habits.has('waits'))
    return { name: 'failed-over', because: `${saidOf(step)} without ${lastBefore(disturbed)}` };
  const wait = sent.findLast(({ name }) => name === 'WAIT')!;
  const [asked = '0'] = wait.args;
  const answered = `${whose(wait)} answered ${wait.reply}`;
  if (Number(wait.reply) < Number(asked))
    return { name: 'wait-unheeded', because: `${answered}, and the buyer was told sold all the same` };
  if (Number(asked) < REPLICAS)
    return { name: 'waits-for-too-few', because: `${answered}, and another replica took over` };
  const again = sent.find(
    (one) =>
      one.ran && isScript(one) && sent.some((other) => other !== one && other.ran && isSame(one, other)),
  );
  return again
    ? {
        name: 'repeat-writes-nothing',
        because: `${inWords(again)} ran twice, and the second time there was nothing to write, nor to wait for`,
      }
    : { name: 'waits-elsewhere', because: `${answered} on a connection that had written nothing` };
}

/** As many as an exploration has. */
const REPLICAS = 2;

function givenBack({ steps, step, at, sent, told }: Disturbed): Cause {
  const given = steps.filter(givesBack).length;
  const by = sent.find((one) => one.at > at && one.actor === step.actor && changes(one) && one.ran);
  const theirs = `the units of ${who(step.actor)}`;
  if (given > 1) return { name: 'given-back-twice', because: `${theirs} were given back twice` };
  const held = told.some(
    ({ buyer, outcome, at: when }) => buyer === step.actor && outcome === 'sold' && when < at,
  );
  return step.event === 'release' || held
    ? { name: 'given-back', because: `${theirs} were given back${by ? ` by ${inWords(by)}` : ''}` }
    : {
        name: 'given-back-unheld',
        because: `${who(step.actor)} cancelled before anything was known to be sold to them`,
      };
}

/** A sum that is written, not added, is out of date as soon as somebody buys. */
function restocked(disturbed: Disturbed): Cause {
  const { step, at, sent } = disturbed;
  const set = sent.find((one) => one.actor === step.actor && one.at > at && one.ran && fills(one));
  return set
    ? { name: 'restocked', because: `${whose(set)} wrote a sum where units are put on sale` }
    : oneAlone(disturbed);
}

function paid(disturbed: Disturbed): Cause {
  const { steps, step, at } = disturbed;
  const before = steps.slice(0, at);
  const losing = before.findLastIndex(({ event }) => LOSING.has(event));
  if (losing >= 0) {
    const { event } = steps[losing]!;
    return BY_EVENT[event as Disturbing]({ ...disturbed, step: steps[losing]!, at: losing });
  }
  if (before.some(({ event, actor }) => event === 'confirm' && actor === step.actor))
    return { name: 'paid-twice', because: `the payment of ${who(step.actor)} was told twice` };
  if (before.some(({ event }) => event === 'late' || event === 'slow'))
    return { name: 'paid-late', because: `${who(step.actor)} paid when the hold may have run out` };
  return step.detail === undefined
    ? { name: 'paid', because: `${who(step.actor)} paid` }
    : { name: 'paid-elsewhere', because: `${who(step.actor)} paid${step.detail} than the one that sold` };
}
