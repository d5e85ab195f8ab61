import { CALM_REMEDIES } from './calm-remedies.ts';
import { as, asNobody, GIVES_UP, LOOK_FIRST, LOST, once, type Remedy } from './remedy.ts';
import type { CauseName } from './violation-path.ts';

const hold = as('strategies/hold-then-confirm.ts');
const all = as('strategies/lua-then-wait-all.ts');
const functions = as('strategies/function-reserve-once.ts');

/** Of units, whoever is told what. */
const LOSSES = ['stranded', 'lost-sale'] as const;
const BUT_LOSSES = ['oversell', 'false-refusal', 'double-sale', 'user-limit', 'progress'] as const;

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
  'second-step-undone': [
    asNobody(
      'an error of the second step proves nothing: look whether it took effect (find) before anything of it is undone, and where nobody knows, undo nothing',
    ),
  ],
  'second-step-failed': [
    asNobody(
      'what the second step leaves undone has to be found again: give the units back where it surely had no effect (find), or let a sweep compare what was taken with what was written',
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
  ...CALM_REMEDIES,
};
