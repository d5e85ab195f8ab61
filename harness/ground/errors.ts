import { isDebugged } from './ambient.ts';
import { FROZEN_GLOBALS, restoreBuiltIns, restoredBroken } from './built-ins.ts';
import { withoutSecrets } from './secrets.ts';
import { namedThrown, thrownWords } from './thrown.ts';

/** A fault of the run as a whole, with what to do about it. The command line prints all three and exits. */
export abstract class RunError extends Error {
  abstract readonly exitCode: number;
  /** Stable and machine-readable, as in `{ error: { code, message, remedy } }`. */
  readonly code: string;
  /** What to do, as one sentence or one command. */
  readonly remedy: string;

  constructor(code: string, message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.remedy = remedy;
  }
}

/** Bad usage or configuration: another command line is needed. */
export class UsageError extends RunError {
  readonly exitCode = 2;
}

/** The machine lacks what the run needs: no Redis, no space, no connection. */
export class EnvironmentError extends RunError {
  readonly exitCode = 4;
}

/** Codes of faults after which a server can be asked nothing more, and all that was found before still counts. */
const LOSSES: readonly string[] = ['SERVER_LOST', 'ENDLESS_SCRIPT'];

/** Whether a run was aborted for that reason. */
export const isLoss = (reason: unknown): reason is RunError =>
  reason instanceof RunError && LOSSES.includes(reason.code);

/** Nothing is an instance of anything where it is a proxy that was revoked. */
function isA<T>(error: unknown, kind: abstract new (...args: never[]) => T): error is T {
  try {
    return error instanceof kind;
  } catch {
    return false;
  }
}

const isRunError = (error: unknown): error is RunError => isA(error, RunError);

/** What came first, where something else failed while it was cleared up. */
function first(error: unknown): unknown {
  const isSuppressed = isA(error, Error) && error.name === 'SuppressedError' && 'suppressed' in error;
  return isSuppressed ? first(error.suppressed) : error;
}

/** What was thrown as the RunError that it is, or comes of; undefined: it is a bug in oversell. */
export function asRunError(thrown: unknown): RunError | undefined {
  if (isRunError(thrown)) return thrown;
  const error = first(thrown);
  if (isRunError(error)) return error;
  if (isOfMissingBinding(error)) return withoutBinding(error);
  const broken = restoredBroken();
  const replaced = broken.length > 0 ? broken : restoreBuiltIns();
  return replaced.length > 0 ? onReplaced(replaced, error) : undefined;
}

/** As the loaders of packages say it whose compiled part is a package of its own, which npm may have left out. */
const isOfMissingBinding = (error: unknown): boolean =>
  /^Cannot find native binding\b/.test(thrownWords(error).message);

function withoutBinding(error: unknown): EnvironmentError {
  const [, name = 'a package that oversell needs'] =
    /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(thrownWords(error).stack) ?? [];
  return new EnvironmentError(
    'NO_BINDING',
    `${name} lacks its compiled part for this machine, which npm installs as an optional dependency`,
    'remove node_modules and run npm install on this machine, without --omit=optional',
    { cause: error },
  );
}

/**
 * What people and programs are told of a fault, without what nobody may be told. Whatever is not a RunError is a bug
 * in oversell.
 */
export function explain(thrown: unknown): { code: string; message: string; remedy: string } {
  const known = asRunError(thrown);
  if (known) {
    const { code, message, remedy } = known;
    const { stack } = thrownWords(known.cause);
    const told = isDebugged() && stack !== '' ? `${message}\n${stack}` : message;
    return { code: withoutSecrets(code), message: withoutSecrets(told), remedy: withoutSecrets(remedy) };
  }
  const error = first(thrown);
  return {
    code: 'UNEXPECTED',
    message: withoutSecrets(thrownWords(error).stack || namedThrown(error)),
    remedy: 'this is a bug in oversell: report it with these lines and the command',
  };
}

/** @param names of built-in functions that are not what they were */
export function onReplaced(names: readonly string[], error?: unknown): UsageError {
  const which = names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '');
  const on = error === undefined ? '' : `, on which this failed: ${namedThrown(error)}`;
  return new UsageError(
    'BUILT_IN_REPLACED',
    `code that was loaded here has ${names[0] === FROZEN_GLOBALS ? 'frozen' : 'replaced'} ${which}${on}`,
    'leave the functions that are built in as they are: Node, its libraries and oversell run on them' +
      (error === undefined ? '' : '; if it fails all the same, OVERSELL_DEBUG=1 shows where'),
    { cause: error },
  );
}
