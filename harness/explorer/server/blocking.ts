import { decodeCommand, encodeCommand } from '../../wire/resp.ts';

/**
 * Commands that wait at the server for what is not there yet. What such a command does is what it does within a
 * transaction, where it never waits: so it runs as one, as soon as that answers something.
 *
 * To have waited at the server cannot be told from having been on the way: nothing of it is seen until it is served, and
 * who was served first, of two that wait, may as well have been the one that came in time. So it is an event like any other
 * command, which can come only while there is something for it, and its time limit is a timer.
 */

/** Where a command that may wait says for how long, and in which unit. */
const LIMITS: Readonly<Record<string, (args: readonly string[]) => number>> = {
  BLPOP: (args) => Number(args.at(-1)) * 1000,
  BRPOP: (args) => Number(args.at(-1)) * 1000,
  BZPOPMIN: (args) => Number(args.at(-1)) * 1000,
  BZPOPMAX: (args) => Number(args.at(-1)) * 1000,
  BRPOPLPUSH: (args) => Number(args.at(-1)) * 1000,
  BLMOVE: (args) => Number(args.at(-1)) * 1000,
  BLMPOP: (args) => Number(args[1]) * 1000,
  BZMPOP: (args) => Number(args[1]) * 1000,
  XREAD: (args) => Number(optionOf(args, 'BLOCK') ?? NaN),
  XREADGROUP: (args) => Number(optionOf(args, 'BLOCK') ?? NaN),
};

/** A look before a command is taken apart: most do not wait. */
const MAY_WAIT = /\r\n(?:B[LRZ]|XREAD)/i;

/** What follows an option of a command that reads streams: its options stand before STREAMS. */
function optionOf(args: readonly string[], name: string): string | undefined {
  const upper = args.map((arg) => arg.toUpperCase());
  const end = upper.indexOf('STREAMS');
  const at = upper.indexOf(name);
  return at >= 0 && at < end ? args[at + 1] : undefined;
}

const known = new Map<string, number | undefined>();

/** For how long the command may wait, in milliseconds, Infinity for ever; undefined: it does not wait, or is none. */
export function mostWaitMs(bytes: string): number | undefined {
  if (!MAY_WAIT.test(bytes)) return undefined;
  if (!known.has(bytes)) known.set(bytes, limitOf(decodeCommand(bytes)));
  return known.get(bytes);
}

function limitOf(args: readonly string[]): number | undefined {
  const ms = LIMITS[args[0]!.toUpperCase()]?.(args);
  // What is no time to wait is an error, at once.
  if (ms === undefined || Number.isNaN(ms) || ms < 0) return undefined;
  // A time too short for a clock of whole milliseconds is one: 0 is for ever.
  return ms === 0 ? Infinity : Math.max(1, Math.trunc(ms));
}

const EXEC = encodeCommand(['EXEC']);
const MULTI = encodeCommand(['MULTI']);

/** How it is run where it must not wait. */
export const asTransaction = (command: string): { command: string; queued: readonly string[] } => ({
  command: EXEC,
  queued: [command],
});

/** The same over a connection: what is sent before, and then. */
export const sentInTransaction = (command: string): { command: string; before: readonly string[] } => ({
  command: EXEC,
  before: [MULTI, command],
});

/** Its own answer, out of the transaction's. */
export const answerIn = (reply: string): string =>
  reply.startsWith('*1\r\n') ? reply.slice('*1\r\n'.length) : reply;

/** Whether there was nothing for it. */
export const isInVain = (answer: string): boolean =>
  answer === '_\r\n' || answer === '*-1\r\n' || answer === '$-1\r\n';
