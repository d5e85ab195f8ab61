import { CannotExplore } from '../explorer/cannot-explore.ts';

/** Told of what must end the run, whoever is asked for something then. */
export type OnFault = (fault: Error) => void;

/** What a service does that leaves nobody sure what its code does: each ends the run. */

/** It came when nobody had told the service anything. */
export const late = (what: string): CannotExplore =>
  new CannotExplore(
    `${what} came from the service by itself, after it had come to rest: by a timer of its own, or a pause`,
    'let a purchase wait for Redis alone; give each buyer a process (--instances) where several wait in one',
  );

const NO_TIME_LIMIT =
  'give neither the client (commandTimeout, ReadTimeout) nor the request a time limit for the run; `oversell serve` has --command-timeout-ms 0';

/** It was told nothing, and a command of it was held. */
export const gaveUpWaiting = (command: string): CannotExplore =>
  new CannotExplore(
    `the service answered a request by itself while ${command} was held: a time limit passed`,
    NO_TIME_LIMIT,
  );

/**
 * One history had two results, each in a process of its own.
 * @param message which
 * @param undeclared statuses of answers that are not declared
 */
export function differs(message: string, undeclared: Iterable<number>): CannotExplore {
  const statuses = [...undeclared].join(', ');
  return new CannotExplore(
    statuses === ''
      ? message
      : `${message}; and it gave answers that are not declared (status ${statuses}), as where a time limit passes`,
    'what a service sends may depend on its requests and on the replies alone: for the run, let it draw nothing at random, put no time into commands, and let one purchase not race itself; ' +
      NO_TIME_LIMIT,
  );
}

/** Its connection ended while a command of it was held. */
export const gaveUp = (command: string): CannotExplore =>
  new CannotExplore(
    `a client of the service closed its connection while ${command} was held: its time limit passed, or it does not wait for replies`,
    'give the client no time limit for the run (socket_timeout, commandTimeout, ReadTimeout), and let it wait for its replies',
  );

/** Which of the two is which differs from run to run. */
export const alike = (command: string): CannotExplore =>
  new CannotExplore(
    `two connections of one process begin with the same command at once (${command}), and nobody can tell them apart`,
    'give each buyer a process (--instances), or let the process use one connection for it',
  );

/** Where answers are named. */
export const HOW_TO_DECLARE = '--sold, --sold-out, --limit-reached and --busy, or answers in a service file';

/** A right service, too, would be accused of what nobody knows of its sale. */
export const unclearAlone = (what: string): CannotExplore =>
  new CannotExplore(
    `one buyer alone, with nothing else going on, was not told whether they bought: ${what}`,
    `declare that answer (${HOW_TO_DECLARE}), or correct the request (--buy, --header, --body) or the service`,
  );

/** A key that is deleted when all is sold holds no number any more. */
export const leftUnknown = (message: string): CannotExplore =>
  new CannotExplore(
    `${message}, when one buyer alone had been served`,
    `let --left, or left in the file, find a number at any time, as by --left "EVAL 'return redis.call([[GET]], KEYS[1]) or 0' 1 stock" where the key may be gone`,
  );

/** @param pid who serves, and is none of the processes that can be watched */
export const hidden = (pid: number): CannotExplore =>
  new CannotExplore(
    `process ${pid} serves its requests, and has left its start command and the environment that this gave it: nobody can tell whether it runs, nor end it`,
    `let the start command stay in the foreground, without a daemon; end what is left over yourself: kill ${pid}`,
  );

/** What it sells is nowhere that anybody looks. */
export const silent = (): CannotExplore =>
  new CannotExplore(
    'a buyer was served, and no command came to the Redis that the service was given: there is nothing to explore',
    'let it connect to REDIS_URL, or to REDIS_HOST and REDIS_PORT, put {redis_port} into its start command, or give the port that is written into its code (--redis-port 6379)',
  );

/** @param peers as host:port */
export const elsewhere = (peers: readonly string[]): CannotExplore =>
  new CannotExplore(
    `it sent nothing to the Redis that it was given, and talks to ${peers.join(', ')}: it may have sold there, once`,
    'let it connect to REDIS_URL, to REDIS_HOST and REDIS_PORT, put {redis_port} into its start command or env, or give the port that is written into its code (--redis-port 6379)',
  );
