import { basename, relative } from 'node:path';
import { type Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { asRunError, explain, UsageError } from '../ground/errors.ts';
import { parseRedisUrl } from '../ground/redis-url.ts';
import { withoutSecrets } from '../ground/secrets.ts';
import { withoutLogins } from './logins.ts';
import { EXIT_CODES } from './exit-codes.ts';

/** For an option or argument: a whole number from `least` to `most`, by default 2^53−1. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    const upTo = most === Number.MAX_SAFE_INTEGER ? '2^53−1' : most;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${upTo}.`);
  };
}

/** An option whose value is such a number. */
export const whole = (flags: string, text: string, least: number, most?: number): Option =>
  new Option(flags, most === undefined ? text : `${text} (${least} to ${most})`).argParser(
    wholeNumber(least, most),
  );

/** Which server: every command knows these flags, and those that ask no server refuse them. */
export const SERVER_OPTIONS: readonly Option[] = [
  new Option(
    '--redis <url>',
    'use this running server: redis://[[user]:password@]host[:port][/db], rediss://… for TLS, unix://[[user]:password@]/path; REDIS_URL: what that says in the environment',
  ),
  new Option('--tls-ca <file>', 'trust the authority of this certificate (PEM), for a rediss:// server'),
  new Option('--redis-server <path>', 'start this redis-server'),
  new Option('--redis-version <version>', 'download, compile and start this version of Redis'),
  whole(
    '--patience <seconds>',
    'how long a server may be silent (default: 5), and code may hold its thread or keep others waiting (default: 10)',
    1,
    86_400,
  ),
];

/** @throws UsageError if a flag was given that the command takes no notice of. `flags`: by their names in code */
export function refuseIgnored(command: string, options: readonly Option[], flags: object): void {
  for (const option of options) {
    if (!Object.hasOwn(flags, option.attributeName())) continue;
    throw ignoredFlag(option.long!, `${command} asks no server`);
  }
}

/** @throws UsageError if there is a certificate, and no connection that is encrypted */
export function requireTls({ redis, tlsCa }: { redis?: string; tlsCa?: string }): void {
  if (tlsCa === undefined) return;
  if (redis === undefined) throw ignoredFlag('--tls-ca', 'it belongs to a server that --redis names');
  if (parseRedisUrl(redis).tls) return;
  throw ignoredFlag('--tls-ca', 'the URL of a server that speaks TLS begins with rediss://');
}

/**
 * Offers these options, and notes in `given` which of them is typed, by its long name, and with what.
 * Reading the words @throws UsageError if one is typed twice: only the last would count
 */
export function offer(command: Command, options: readonly Option[], given: Map<string, unknown>): void {
  for (const option of options) {
    const flag = option.long!;
    command.addOption(option).on(`option:${option.name()}`, (value: unknown) => {
      if (given.has(flag) && given.get(flag) !== value) {
        const remedy = 'give it once, with commas where it takes a list';
        throw new UsageError('GIVEN_TWICE', `${flag} is given twice, and only the last would count`, remedy);
      }
      given.set(flag, value);
    });
  }
}

/** @throws UsageError if one of these flags was typed, as it would do nothing */
export function refuseGiven(given: ReadonlySet<string>, flags: readonly string[], why: string): void {
  for (const flag of flags) if (given.has(flag)) throw ignoredFlag(flag, why);
}

/** Whoever gives a flag means something by it. */
export const ignoredFlag = (flag: string, why: string): UsageError =>
  new UsageError('IGNORED_FLAG', `${flag} would do nothing: ${why}`, `leave out ${flag}`);

export const seedOption = (): Option =>
  whole('--seed <n>', 'repeat the random choices of a run (default: a fresh seed, which is printed)', 0);

export const runsOption = (text: string): Option => new Option('--runs <folder>', text).default('runs');

export const summaryOption = (): Option =>
  new Option('--github-summary', 'append report.md to the summary of the GitHub Actions job');

export const junitOption = (): Option =>
  new Option('--junit <file>', 'write the verdicts as JUnit XML, for services that show tests');

export const bencherOption = (): Option =>
  new Option(
    '--bencher <file>',
    "write the figures in Bencher's Metric Format, for services that follow them",
  );

/**
 * The command that repeats a run, to be pasted where it was typed; the login of a server is left out.
 *
 * @param script as in process.argv[1]
 * @param args as they were typed
 */
export function repeatCommand(script: string, args: readonly string[], seed: number): string {
  const program = basename(script) === 'oversell' ? ['npx', 'oversell'] : ['node', relative('', script)];
  const seeded = args.some((word) => /^--seed(=|$)/.test(word)) ? [] : ['--seed', String(seed)];
  return [...program, ...withoutLogins(args), ...seeded].map(quoted).join(' ');
}

function quoted(word: string): string {
  if (/^[\w./:@%+=,-]+$/.test(word)) return word;
  const isPlain = !/\p{Cc}/u.test(word); // a terminal would obey it
  if (isPlain) return `'${word.replaceAll("'", `'\\''`)}'`;
  // As shells and JSON both write them.
  return `$'${JSON.stringify(word).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** What to tell of an error that ends a command, and the exit code; undefined: it was help, or the version. */
export function faultOf(
  error: unknown,
): { exitCode: number; fault: { code: string; message: string; remedy: string } } | undefined {
  if (!(error instanceof CommanderError)) {
    const known = asRunError(error);
    return { exitCode: known?.exitCode ?? EXIT_CODES['no-verdict'], fault: explain(known ?? error) };
  }
  if (error.exitCode === 0) return undefined;
  const message =
    error.code === 'commander.help'
      ? 'no command was given'
      : withoutSecrets(error.message.replace(/^error: /, ''));
  return { exitCode: EXIT_CODES.usage, fault: { code: 'USAGE', message, remedy: 'see oversell --help' } };
}
