import { as, GIVES_UP, LOOK_FIRST, once, type Remedy } from './remedy.ts';
import type { CALM_CAUSES } from './violation-path.ts';

const watch = as('strategies/watch-retry.ts');
const lock = as('strategies/lock-guarded.ts');

/** What needs no ledger and no limit, and nobody who is patient. */
const COUNTED = ['oversell', 'stranded', 'false-refusal', 'double-sale'] as const;

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

/** Part of the table of `remedies.ts`: of what goes wrong where nothing disturbs it. */
export const CALM_REMEDIES: Readonly<Record<(typeof CALM_CAUSES)[number], readonly Remedy[]>> = {
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
