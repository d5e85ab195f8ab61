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

function isRunError(error: unknown): error is RunError {
  try {
    return error instanceof RunError;
  } catch {
    return false; // a proxy that was revoked
  }
}

/**
 * What people and programs are told of a fault, without what nobody may be told. Whatever is not a RunError is a bug
 * in oversell.
 */
export function explain(error: unknown): { code: string; message: string; remedy: string } {
  if (isRunError(error)) {
    const { code, message, remedy } = error;
    return { code: withoutSecrets(code), message: withoutSecrets(message), remedy: withoutSecrets(remedy) };
  }
  return {
    code: 'UNEXPECTED',
    message: withoutSecrets(thrownWords(error).stack || namedThrown(error)),
    remedy: 'this is a bug in oversell: report it with these lines and the command',
  };
}
