import { as, asNobody, GIVES_UP, LOST, once, type Remedy } from './remedy.ts';
import type { CauseName } from './violation-path.ts';

const hold = as('strategies/hold-then-confirm.ts');
const all = as('strategies/lua-then-wait-all.ts');
const functions = as('strategies/function-reserve-once.ts');
const watch = as('strategies/watch-retry.ts');
const lock = as('strategies/lock-guarded.ts');

/** Of units, whoever is told what. */
const LOSSES = ['stranded', 'lost-sale'] as const;
const BUT_LOSSES = ['oversell', 'false-refusal', 'double-sale', 'user-limit', 'progress'] as const;

/** What needs no ledger and no limit, and nobody who is patient. */
const COUNTED = ['oversell', 'stranded', 'false-refusal', 'double-sale'] as const;

const LOOK_FIRST = once(
  'let the script look for the requestId first, before stock and limit, and answer a repeat with what the request was sold',
);

/** Of code that does by itself what it must not, by the property that it breaks. */
const BY_ITSELF: readonly Remedy[] = [
  once(
    'add what is asked for to what the user holds, both in units, and compare the sum with the limit before anything is taken',
    { of: ['user-limit'] },
  ),
  once(
    'write one order for each request, for its user and its units, where they are taken, and say sold only to whom it is written for',
    { of: ['lost-sale'] },
  ),
  once('answer every buyer, and let nothing fail once the units are taken', { of: ['progress'] }),
  LOOK_FIRST,
];

/**
 * The one table: cause → what to do → a built-in strategy that does it. Of a cause the first remedy counts that is for the
 * property and advises nothing that the code does already. A test holds each to what its built-in declares.
 */
export const REMEDIES: Readonly<Record<CauseName, readonly Remedy[]>> = {
  'sent-again': [
    once(
      'a client sends again what had no reply: remember the requestId in the script that takes the units',
      { advises: ['remembers-requests'] },
    ),
    LOOK_FIRST,
  ],
  'mark-sent-again': [
    once(
      'a lock that is sent again finds itself taken: use none, and let one script decide that knows the request again',
    ),
  ],
  'request-renamed': [
    once("send the buyer's requestId with every attempt: under a new one it is a new purchase"),
  ],
  'exec-without-watch': [
    once(
      'a client sends a transaction again without its WATCH when its connection breaks: set autoResendUnfulfilledCommands to false on that connection, or do it in one script',
    ),
  ],
  'error-heard': [
    once(
      'an error proves nothing, as what was sent has run, or runs later, or never: remember the requestId in the script that takes the units, and throw, so that the buyer asks again with it',
      { advises: ['remembers-requests'] },
    ),
    once(
      'an error proves nothing, as what was sent has run, or runs later, or never: only the script itself tells, asked again with the same requestId; until then throw',
    ),
  ],
  'stays-broken': [
    once(
      'let an error end with the purchase that met it: nothing that later ones wait for or use may stay rejected',
    ),
  ],
  'timed-out': [
    once(
      'a command that timed out has run or runs later: remember the requestId in the script that takes the units, and ask again with it',
      { advises: ['remembers-requests'] },
    ),
    once(
      'a command that timed out has run or runs later: only the script itself tells, asked again with the same requestId; until then throw',
    ),
  ],
  'died-between': [
    once(
      'do in one script what must not be done by halves: take the units, count them, and record who has them',
      { advises: ['remembers-requests'] },
    ),
    hold(
      'what a dead process took has to be found: let recorded() tell what the script wrote down, or a sweep return what ran out, by deadlines and a clock in the same unit',
    ),
  ],
  'mark-left-behind': [
    once(
      'set nothing that only its own process takes away: give it its end in the same command (SET … NX PX), or use none: check and take in one script',
      { advises: ['marks-end'] },
    ),
    once('use no lock, as everybody waits for one whose holder is dead: check and take in one script'),
  ],
  'told-too-early': [
    once('wait for the reply of the command that takes and records, before anybody is told'),
  ],
  'asked-again': [
    once('the same request may come twice: remember the requestId in the script that takes the units', {
      advises: ['remembers-requests'],
    }),
    LOOK_FIRST,
  ],
  'asked-twice-at-once': [
    once(
      'look for the requestId in the script that takes the units, and note it there, only where they are taken',
      { advises: ['remembers-requests'] },
    ),
    LOOK_FIRST,
  ],
  'server-forgot': [
    asNobody(
      'no code brings back what the server forgot: run it with appendonly yes and appendfsync always, and put the orders back before anybody buys, as oversell serve does',
      { of: LOSSES },
    ),
    functions(
      'treat a missing product as an error, neither as sold out nor as a new one, and run the server with appendonly yes and appendfsync always',
      { of: BUT_LOSSES, though: LOST },
    ),
  ],
  'scripts-flushed': [once('send the text of a script again when the server answers NOSCRIPT')],
  'key-evicted': [
    asNobody(
      'keep the sale on a server with maxmemory-policy noeviction: no code can tell a key that was evicted from one that never was',
      { of: LOSSES },
    ),
    once(
      'treat a missing key as an error, not as an answer, and keep the sale on a server with maxmemory-policy noeviction',
      { of: BUT_LOSSES, though: LOST },
    ),
  ],
  'key-expired': [once('give no time to live to what the sale, or a buyer who asks again, still needs')],
  'filled-on-a-miss': [
    functions('put a product on sale once, when the sale is opened, and treat a missing key as an error', {
      of: BUT_LOSSES,
      though: LOST,
    }),
  ],
  'failed-over': [
    all(
      'tell nobody that they bought before every replica has it: WAIT for all of them on the connection that wrote, and treat fewer as unknown',
      { advises: ['waits'] },
    ),
  ],
  'wait-unheeded': [
    all(
      'treat an answer of WAIT below the number of replicas as unknown: throw, and let the buyer ask again',
    ),
  ],
  'waits-for-too-few': [all('wait for every replica: any of them may take over')],
  'waits-elsewhere': [
    all(
      'send WAIT in one packet with the write: it is about what its own connection wrote, and one that is new waits for nothing',
    ),
  ],
  'repeat-writes-nothing': [
    all('let a repeat write again what it finds, so that WAIT has something to wait for'),
  ],
  'time-passed': [
    hold(
      'time may pass between any two steps: let the step that writes look whether what it relies on still holds, in one script',
    ),
  ],
  'lease-ended': [
    once(
      'a lock does not stop a holder who comes too late: let the script that takes the units compare the token of the lock, or use no lock: check and take in one script',
    ),
  ],
  'left-to-a-deadline': [
    hold(
      'what ends by its time to live ends without a word: let a sweep or the next purchase return the units',
      { of: ['stranded'] },
    ),
    once('give orders no time to live'),
  ],
  'stopped-waiting': [
    as('strategies/queue-single-consumer.ts')(
      'whoever stops waiting has to take the request back, in the step that sees it undecided, before they say that nothing was taken',
      { of: ['false-refusal'], though: GIVES_UP },
    ),
    once('let the purchase decide by itself, in one script, instead of waiting for somebody'),
  ],
  'given-back-twice': [
    once(
      'a release may come twice: give back only what the request still holds, in the script that forgets it',
    ),
  ],
  'given-back-unheld': [
    once(
      'a cancellation may come before its purchase: give back only what the request holds, in the script that looks',
    ),
  ],
  'given-back': [
    once(
      'undo in one script all that the sale did, and no more: stock, flag, count of the user, memory of the request',
    ),
  ],
  restocked: [
    once('put units on sale by one command that adds, and never write a sum that was computed before'),
  ],
  'paid-twice': [hold('look into the ledger first, and acknowledge a payment that is there already')],
  'paid-late': [
    hold(
      'let the script that sells for good look whether the request still holds its units, and refuse the payment for sure where it does not',
    ),
  ],
  'paid-elsewhere': [hold('keep holds in Redis: a payment may come to any process')],
  paid: [
    hold('throw nothing that leaves a buyer in doubt once the order is written', { of: ['progress'] }),
    hold('end the hold of the request that was paid, and write its order, in one script'),
  ],
  'job-between': [
    hold(
      'background work comes between any two steps of a purchase: let each write look for itself, in one script',
    ),
  ],
  crossed: [
    once(
      'check and write in one step that nothing can come between: WATCH over a connection of its own, or one script',
      { advises: ['one-script', 'watches'] },
    ),
    once('let this step, too, look and write at once: in one script, or by a command that adds'),
  ],
  'looked-before': [
    once('look in the script that writes: what a command of its own has read may no longer be true by then'),
  ],
  'watched-in-vain': [
    watch(
      'WATCH the key that is read, before it is read, and write in MULTI on the same connection, which nobody else uses meanwhile',
      { of: COUNTED, though: GIVES_UP },
    ),
    once('check and write in one script'),
  ],
  'exec-unread': [
    watch('look at what EXEC answers, and try again where it is nil', { of: COUNTED, though: GIVES_UP }),
    once('check and write in one script'),
  ],
  'took-before-it-looked': [
    once(
      'check before anything is taken or written, in the one script that does both, so that nobody has to undo it',
    ),
  ],
  'taken-in-advance': [
    once('take what is sold and no more: what one process keeps for later, the buyers of others cannot get'),
  ],
  'lost-every-race': [
    once(
      'take the units in one step that cannot be disturbed, instead of trying again until nobody interferes',
    ),
  ],
  'looked-in-several-places': [
    once('keep under one key what has to be looked at together, or look at all of it in one script'),
  ],
  'answered-from-memory': [
    once('ask Redis each time: what a process remembers of the sale, others may have changed'),
  ],
  'replies-in-one-tick': [
    once('let Redis decide: what a variable said before an await may no longer be true after it'),
  ],
  'lock-held': [
    once(
      'whoever finds a lock taken knows nothing of what is left: use none, and check and take in one script',
    ),
  ],
  'unlocked-by-another': [
    lock('delete a lock only where it is your own, by a script that compares its token', {
      of: COUNTED,
      though: GIVES_UP,
    }),
    once('use no lock: check and take in one script'),
  ],
  'one-lock-value': [
    once(
      'write into a lock a token of this attempt alone, by which its holder can tell it from the next one, or use no lock: check and take in one script',
    ),
  ],
  'locks-of-their-own': [
    once('code that changes the same data needs the same lock, or none: check and take in one script'),
  ],
  'invalid-request': [once('before anything else call checkRequest, which refuses it by a DefiniteError')],
  'error-reply': [
    once(
      'an error ends a script, or one command of a transaction, and undoes nothing: let what can fail come before the first write, and look at each reply of EXEC',
    ),
  ],
  'opened-again': [once('put a product on sale once, in open, and not whenever a process starts')],
  'after-the-answer': [
    once(
      'let nothing that counts follow the answer: what a timer sets off then has to look, in the script that does it, whether it still has to be done',
    ),
  ],
  'reply-misread': [
    once(
      'say sold only where the reply proves that all that was asked for was taken, and put nothing back that was sold',
      { of: ['oversell'] },
    ),
    once(
      'refuse only where the reply proves that there was too little: nothing left after a sale is no refusal',
      { of: ['false-refusal'] },
    ),
    once('give back all that was taken and is not sold, to where it was taken from', { of: ['stranded'] }),
    ...BY_ITSELF,
  ],
  'script-by-itself': [
    once(
      'let the script compare what is left with what is asked for, in units, before it takes anything, say sold only where it took all of it, and put nothing back that was sold',
      { of: ['oversell'] },
    ),
    once(
      'refuse only where the script has seen too little for this request: numbers compared as numbers, and nothing counted but what this user was sold',
      { of: ['false-refusal'] },
    ),
    once(
      'let the script take what is sold and no more, so that nothing stays with a process or in a key that nobody looks at',
      { of: ['stranded'] },
    ),
    ...BY_ITSELF,
  ],
  'code-by-itself': [
    once('put on sale exactly what there is, where purchases look for it', {
      of: ['oversell', 'stranded', 'false-refusal'],
    }),
    ...BY_ITSELF,
  ],
};
