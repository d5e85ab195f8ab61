import type { Property } from '../../strategies/contract.ts';
import type { CounterexampleStep } from './counterexample.ts';

/** What to do about a violated property where no interleaving shows what brought it about. */
export const REMEDIES: Record<Property, string> = {
  oversell:
    'check and decrement in one step that nothing can come between: one script, as strategies/lua-decrement.ts does, or WATCH over a connection of its own',
  stranded:
    'record who bought in the same script that takes the units, and let a sweep or a retry find it, as strategies/lua-reserve-once.ts does',
  'false-refusal':
    'refuse only in the step that has seen too few units: never take first and give back later',
  'double-sale':
    'remember the requestId in the same script that takes the units, as strategies/lua-reserve-once.ts does',
  'user-limit':
    'check the limit in the same script that takes the units, as strategies/lua-reserve-once.ts does',
  'lost-sale': 'write the order in the same script that takes the units, before anybody is told',
  progress:
    'take the units in one step that cannot be disturbed, instead of trying again until nobody interferes',
};

const REMEMBERS = 'as strategies/lua-reserve-once.ts does';

/** By what came last of all that disturbs a sale; the names are those of steps. Each names a strategy that does it right. */
const BY_CAUSE: Readonly<Record<string, string>> = {
  cancel: `give back only what the request still holds, in the one script that also forgets it, ${REMEMBERS}`,
  release: `give back only what the request still holds, in the one script that also forgets it, ${REMEMBERS}`,
  timeout: `whoever hears an error does not know whether the command has run: remember the requestId in the script that takes the units, and ask again with it, ${REMEMBERS}`,
  retry: `the same request may come twice: remember the requestId in the script that takes the units, ${REMEMBERS}`,
  cut: `a client sends again what had no reply: remember the requestId in the script that takes the units, ${REMEMBERS}`,
  crash: `a process may die between any two writes: take the units and record who bought them in one script, ${REMEMBERS}`,
  restart: `a server that restarts breaks every connection, and clients send again: remember the requestId in the script that takes the units, ${REMEMBERS}`,
  'restart-without-aof':
    'no code brings back what the server forgot: run it with appendonly yes and appendfsync always, and put the orders back before anybody buys, as oversell serve does',
  failover:
    'tell nobody that they bought before every replica has it: WAIT for all of them on the same connection, and take fewer for unknown, as strategies/lua-then-wait-all.ts does',
  evict:
    'keep the sale on a server with maxmemory-policy noeviction: no code can tell a key that was evicted from one that never was',
  expire:
    'whatever holds for a time may end between two steps: let the step that writes look whether it still holds, in one script, as strategies/lua-decrement.ts does without a lock',
  slow: 'time may pass between any two steps: let the step that writes look whether what it relies on still holds, in one script, as strategies/hold-then-confirm.ts does',
  'script-flush':
    'a server may forget its scripts: send the text again when it answers NOSCRIPT, as strategies/script.ts does',
  job: 'background work comes between any two steps of a purchase: let each write look for itself, in one script, as strategies/hold-then-confirm.ts does',
};
const CAUSES: ReadonlySet<string> = new Set(Object.keys(BY_CAUSE));

/** Of a transaction that is sent again: the WATCH before it is not. */
const WITHOUT_WATCH =
  'a client sends a transaction again without its WATCH when its connection breaks: set autoResendUnfulfilledCommands to false on that connection, or do it in one script, as strategies/lua-decrement.ts does';

/** Only a script can be at fault, where nothing but one was run and nothing disturbed it. */
const OWN_SCRIPT: Partial<Record<Property, string>> = {
  oversell:
    'the script itself sells more than there is: compare with what is left before it takes anything, as strategies/lua-decrement.lua does',
};

/**
 * What to do about this interleaving: what disturbed it last decides, and what the code does already is not recommended.
 *
 * @param steps of its counterexample; none: what cures the property in general
 */
export function remedyFor(property: Property, steps: readonly CounterexampleStep[] = []): string {
  const names = new Set(steps.flatMap(({ command }) => command?.slice(0, 1) ?? []));
  const cause = steps.findLast(({ event }) => CAUSES.has(event))?.event;
  if ((cause === 'cut' || cause === 'restart') && names.has('WATCH')) return WITHOUT_WATCH;
  if (cause !== undefined) return BY_CAUSE[cause]!;
  const scripts = [...names].filter((name) => SCRIPTS.has(name));
  return (
    (scripts.length > 0 && scripts.length === names.size ? OWN_SCRIPT[property] : undefined) ??
    REMEDIES[property]
  );
}

const SCRIPTS: ReadonlySet<string> = new Set(['EVAL', 'EVALSHA', 'FCALL']);
