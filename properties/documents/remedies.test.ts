import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { asCounterexample } from '../../harness/documents/counterexample.ts';
import { EXPLORED } from '../../harness/documents/environments.ts';
import { eventOf, FAULTS } from '../../harness/documents/faults.ts';
import { explained, GENERAL } from '../../harness/documents/explanation.ts';
import { REMEDIES } from '../../harness/documents/remedies.ts';
import type { Remedy } from '../../harness/documents/remedy.ts';
import { SERVICE_WORDS, toServices } from '../../harness/documents/service-words.ts';
import { CALM_CAUSES, DISTURBANCES, type CauseName } from '../../harness/documents/violation-path.ts';
import { PROPERTIES, type Environment } from '../../strategies/contract.ts';
import { badAdvice, declares, keepersOf } from '../helpers/remedies.ts';

/** A word without which the remedy speaks of something else. */
const WORDS: Readonly<Record<CauseName, RegExp>> = {
  'sent-again': /sends again/,
  'mark-sent-again': /finds itself taken/,
  'request-renamed': /with every attempt/,
  'exec-without-watch': /autoResendUnfulfilledCommands/,
  'error-heard': /error proves nothing/,
  'stays-broken': /stay rejected/,
  'timed-out': /timed out/,
  'second-step-undone': /proves nothing: look/,
  'second-step-failed': /found again/,
  'died-between': /by halves/,
  'mark-left-behind': /NX PX/,
  'told-too-early': /wait for the reply/,
  'asked-again': /may come twice/,
  'asked-twice-at-once': /only where they are taken/,
  'server-forgot': /appendonly/,
  'scripts-flushed': /NOSCRIPT/,
  'key-evicted': /noeviction/,
  'key-expired': /no time to live/,
  'filled-on-a-miss': /treat a missing key as an error/,
  'failed-over': /before every replica has it/,
  'wait-unheeded': /below the number/,
  'waits-for-too-few': /every replica: any/,
  'waits-elsewhere': /one packet/,
  'repeat-writes-nothing': /repeat write again/,
  'time-passed': /time may pass/,
  'lease-ended': /comes too late/,
  'left-to-a-deadline': /without a word/,
  'stopped-waiting': /stops waiting/,
  'given-back-twice': /release may come twice/,
  'given-back-unheld': /before its purchase/,
  'given-back': /undo in one script/,
  restocked: /command that adds/,
  'paid-twice': /acknowledge a payment/,
  'paid-late': /sells for good/,
  'paid-elsewhere': /any process/,
  paid: /write its order/,
  'job-between': /background work/,
  crossed: /WATCH over a connection/,
  'looked-before': /no longer be true by then/,
  'watched-in-vain': /before it is read/,
  'exec-unread': /what EXEC answers/,
  'took-before-it-looked': /before anything is taken/,
  'taken-in-advance': /keeps for later/,
  'lost-every-race': /cannot be disturbed/,
  'looked-in-several-places': /under one key/,
  'answered-from-memory': /ask Redis each time/,
  'replies-in-one-tick': /before an await/,
  'lock-held': /finds a lock taken/,
  'unlocked-by-another': /is your own/,
  'one-lock-value': /this attempt alone/,
  'locks-of-their-own': /the same lock/,
  'invalid-request': /checkRequest/,
  'error-reply': /undoes nothing/,
  'opened-again': /whenever a process starts/,
  'after-the-answer': /a timer sets off/,
  'reply-misread': /the reply proves/,
  'script-by-itself': /let the script compare/,
  'code-by-itself': /exactly what there is/,
};

/** Where nothing fails. */
const UNDISTURBED = ['calm', 'several-units', 'release-restock'] as const;
/** Where a connection breaks and comes back. */
const BROKEN = ['lost-reply', 'retry', 'restart'] as const;

/** Where each comes about: there its built-ins have to hold. */
const WHERE: Readonly<Record<CauseName, readonly Environment[]>> = {
  'sent-again': BROKEN,
  'mark-sent-again': BROKEN,
  'request-renamed': BROKEN,
  'exec-without-watch': ['lost-reply', 'restart'],
  'error-heard': BROKEN,
  'stays-broken': BROKEN,
  'timed-out': ['timeout'],
  'second-step-undone': [],
  'second-step-failed': [],
  'died-between': ['buyer-crash', 'retry'],
  'mark-left-behind': ['buyer-crash', 'retry'],
  'told-too-early': ['buyer-crash'],
  'asked-again': ['retry'],
  'asked-twice-at-once': ['hostile-input'],
  'server-forgot': ['restart-without-aof'],
  'scripts-flushed': ['script-flush', 'restart'],
  'key-evicted': ['eviction'],
  'key-expired': ['expiry', 'retry'],
  'filled-on-a-miss': ['calm', 'eviction', 'expiry', 'restart-without-aof'],
  'failed-over': ['failover'],
  'wait-unheeded': ['failover'],
  'waits-for-too-few': ['failover'],
  'waits-elsewhere': ['failover'],
  'repeat-writes-nothing': ['failover'],
  'time-passed': ['slow'],
  'lease-ended': [...UNDISTURBED, 'expiry', 'slow'],
  'left-to-a-deadline': [...UNDISTURBED, 'expiry'],
  'stopped-waiting': UNDISTURBED,
  'given-back-twice': ['cancel', 'release-restock'],
  'given-back-unheld': ['cancel'],
  'given-back': ['release-restock', 'cancel'],
  restocked: ['release-restock', 'cancel'],
  'paid-twice': ['calm', 'buyer-crash'],
  'paid-late': ['calm', 'buyer-crash', 'slow'],
  'paid-elsewhere': ['calm', 'buyer-crash'],
  paid: ['calm', 'buyer-crash'],
  'job-between': ['calm', 'slow'],
  crossed: UNDISTURBED,
  'looked-before': [...UNDISTURBED, 'hostile-input'],
  'watched-in-vain': UNDISTURBED,
  'exec-unread': UNDISTURBED,
  'took-before-it-looked': UNDISTURBED,
  'taken-in-advance': UNDISTURBED,
  'lost-every-race': [...UNDISTURBED, 'cancel'],
  'looked-in-several-places': UNDISTURBED,
  'answered-from-memory': UNDISTURBED,
  'replies-in-one-tick': UNDISTURBED,
  'lock-held': [...UNDISTURBED, 'cancel', 'expiry', 'slow'],
  'unlocked-by-another': UNDISTURBED,
  'one-lock-value': [...UNDISTURBED, 'expiry', 'slow'],
  'locks-of-their-own': UNDISTURBED,
  'invalid-request': ['hostile-input'],
  'error-reply': UNDISTURBED,
  'opened-again': UNDISTURBED,
  'after-the-answer': UNDISTURBED,
  'reply-misread': UNDISTURBED,
  'script-by-itself': UNDISTURBED,
  'code-by-itself': UNDISTURBED,
};

const CAUSES: readonly CauseName[] = [...DISTURBANCES, ...CALM_CAUSES];
type Table = Readonly<Record<CauseName, readonly Remedy[]>>;

/** Where the table says what is not so. */
const liesOf = (table: Table): string[] =>
  CAUSES.flatMap((cause) => {
    const remedies = table[cause];
    const said = remedies.map(({ says }) => says).join('\n');
    const covered = remedies.flatMap(({ of, advises }) => (advises ? [] : (of ?? PROPERTIES)));
    return [
      ...(WORDS[cause].test(said) ? [] : [`${cause} is answered as something else is`]),
      ...remedies.flatMap(({ as, of = PROPERTIES }) =>
        of.flatMap((property) =>
          WHERE[cause].flatMap((environment) => {
            if (as === undefined)
              return keepersOf(property, environment).map((file) => `${cause}: ${file} does it`);
            const isKept = declares(as, property, environment) === 'holds';
            return isKept ? [] : [`${cause}: ${as} breaks ${property} in ${environment}`];
          }),
        ),
      ),
      // Whatever the code does already, something is left to be said of each property that can break there.
      ...PROPERTIES.filter(
        (property) => !covered.includes(property) && !UNSAID[cause]?.includes(property),
      ).map((property) => `${cause}: nothing is said of ${property}`),
    ];
  });

/** Where what is said of the property in general is meant. */
const UNSAID: Partial<Record<CauseName, readonly string[]>> = {
  'filled-on-a-miss': ['stranded', 'lost-sale'],
  // Whoever waits is asked what they wait for.
  'failed-over': PROPERTIES,
};

describe('the table of remedies', () => {
  test('names for each cause, property and environment a built-in that declares to hold there, or that there is none', () => {
    expect(liesOf(REMEDIES)).toEqual([]);
    for (const property of PROPERTIES)
      expect(declares(GENERAL[property].as!, property, 'calm')).toBe('holds');
  });

  test('lies as soon as any two rows beside each other are swapped', () => {
    const unnoticed = CAUSES.slice(1).filter((cause, i) => {
      const before = CAUSES[i]!;
      const swapped: Table = { ...REMEDIES, [cause]: REMEDIES[before], [before]: REMEDIES[cause] };
      return liesOf(swapped).length === 0;
    });
    expect(unnoticed).toEqual([]);
  });

  test('lies where the built-in of one row is another one', () => {
    const lying = REMEDIES['sent-again'].map((remedy) => ({ ...remedy, as: 'strategies/lua-decrement.ts' }));
    expect(liesOf({ ...REMEDIES, 'sent-again': lying })).toContain(
      'sent-again: strategies/lua-decrement.ts breaks double-sale in lost-reply',
    );
  });
});

/** Remedies that name it without a word about that. */
const silent = (table: Table): string[] =>
  CAUSES.flatMap((cause) =>
    table[cause].flatMap(({ as, though }) => {
      const breaks = WHERE[cause].filter((environment) =>
        PROPERTIES.some((property) => as !== undefined && declares(as, property, environment) === 'breaks'),
      );
      return breaks.length === 0 || though !== undefined ? [] : [`${cause}: ${as} in ${breaks.join(', ')}`];
    }),
  );

describe('a built-in that is named where it breaks something else', () => {
  test('is not told as if it were safe there', () => {
    expect(silent(REMEDIES)).toEqual([]);
    const [, remedy] = REMEDIES['server-forgot'];
    const steps = [{ actor: 'server', event: 'restart-without-aof', stock: 0 }] as const;
    expect(explained({ property: 'false-refusal', steps }).remedy).toContain(`, though ${remedy!.though}`);
  });

  test('is noticed where nothing is said', () => {
    const bare = REMEDIES['key-evicted'].map(({ says, as: file, of }) => ({
      says,
      ...(file && { as: file }),
      ...(of && { of }),
    }));
    expect(silent({ ...REMEDIES, 'key-evicted': bare })).toEqual([
      'key-evicted: strategies/lua-reserve-once.ts in eviction',
    ]);
  });
});

describe('to the author of a service', () => {
  const all = [...Object.values(REMEDIES).flat(), ...Object.values(GENERAL)].map(({ says }) => says);
  /** What only our strategies have, and what only ioredis has. */
  const OURS = /requestId|recorded|checkRequest|DefiniteError|\bthrow\b|autoResend|\bin open\b/;

  test('no remedy speaks of what only a strategy has', () => {
    expect(all.map(toServices).filter((said) => OURS.test(said))).toEqual([]);
    // As they stand for strategies, some do.
    expect(all.filter((said) => OURS.test(said)).length).toBeGreaterThan(8);
  });

  test('each phrase that is put otherwise is one that some remedy uses', () => {
    const strategies = [...all, 'as strategies/lua-reserve-once.ts does'].join('\n');
    expect(SERVICE_WORDS.filter(([ofStrategies]) => !strategies.includes(ofStrategies))).toEqual([]);
  });

  test('a script is named that any language can send, and that is there', () => {
    const steps = [{ actor: 'A', event: 'retry', stock: 1 }] as Parameters<typeof explained>[0]['steps'];
    const { remedy } = explained({ property: 'double-sale', steps, isOfService: true });
    const [, file] = /as (strategies\/[\w-]+\.lua) does/.exec(remedy)!;
    expect(existsSync(new URL(`../../${file}`, import.meta.url))).toBe(true);
    expect(explained({ property: 'double-sale', steps }).remedy).toContain('requestId');
  });
});

test('whatever disturbs a sale is a cause of its own, and a step that disturbs nothing is none', () => {
  const stock = 1;
  for (const event of FAULTS.map(eventOf).filter((one) => one !== 'lag')) {
    for (const property of PROPERTIES) {
      const steps = [{ actor: 'A', event, stock }] as Parameters<typeof explained>[0]['steps'];
      expect(DISTURBANCES, `${property} after ${event}`).toContain(explained({ property, steps }).cause);
    }
  }
  const { cause } = explained({ property: 'oversell', steps: [{ actor: 'A', event: 'deliver', stock }] });
  expect(cause).toBe('code-by-itself');
});

describe('each counterexample of the example report', () => {
  const folder = new URL('../../reports/example/counterexamples/', import.meta.url);
  // Of what was violated when it was made, only what still is.
  const files = readdirSync(folder).flatMap((file) => {
    const violation = asCounterexample(JSON.parse(readFileSync(new URL(file, folder), 'utf8')), file);
    const rest = file.slice(violation.strategy.length + 1);
    const environment = EXPLORED.toSorted((a, b) => b.length - a.length).find((name) =>
      rest.startsWith(name),
    )!;
    const isDeclared =
      declares(`strategies/${violation.strategy}.ts`, violation.property, environment) === 'breaks';
    return isDeclared ? [{ file, violation, environment }] : [];
  });

  test('is explained, and its remedy is not what the code does, nor a built-in that breaks there, nor itself', () => {
    const bad = files.flatMap(({ file, violation, environment }) => [
      ...badAdvice(violation, environment).map((what) => `${file}: ${what}`),
      ...(explained(violation).remedy.includes(`/${violation.strategy}.ts`)
        ? [`${file}: its own remedy`]
        : []),
    ]);
    expect(bad).toEqual([]);
  });

  test('is told wrongly by a table in which what is sent again is answered as a vain WATCH is', () => {
    const wrong = { ...REMEDIES, 'sent-again': REMEDIES['watched-in-vain'] };
    expect(files.flatMap(({ violation, environment }) => badAdvice(violation, environment, wrong))).toContain(
      'strategies/watch-retry.ts does not keep double-sale in lost-reply',
    );
  });
});
