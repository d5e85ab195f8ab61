import { serviceSchema, type ServiceAnswer } from '../documents/service.ts';
import { firstFault } from '../documents/read-json.ts';
import { UsageError } from '../ground/errors.ts';
import type { ServiceFile } from '../service/service-file.ts';
import { serviceOptions, type ServiceWords } from './intercept-flags.ts';

const REQUEST = /^(GET|POST|PUT|PATCH|DELETE)\s+(\/\S*)$/;

/**
 * The service that flags describe, as its file would.
 * @throws UsageError if one that is needed is missing, or says nothing that can be meant
 */
export function serviceOfFlags(words: ServiceWords, folder: string): ServiceFile {
  const { data: service, error } = serviceSchema.safeParse(documentOfFlags(words));
  if (!service) throw wrong(`the service that the flags describe: ${firstFault(error)}`);
  return { service, name: nameOf(service.start!), folder };
}

/** The same as it stands in a file. @throws UsageError */
export function documentOfFlags(words: ServiceWords): object {
  const { start, ready, open, buy, body, left, sold, soldOut, limitReached, busy, release, ledger } = words;
  const { httpPort: http, redisPort: redis, cluster, ignore } = words;
  const ports = { ...(http !== undefined && { http }), ...(redis !== undefined && { redis }) };
  const needed = {
    '--start': start,
    '--buy': buy,
    '--open': open,
    '--left': left,
    '--sold': sold,
    '--sold-out': soldOut,
  };
  const missing = Object.entries(needed).flatMap(([flag, value]) => (value === undefined ? [flag] : []));
  if (missing.length > 0) throw wrong(`${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing`);
  const request = requestIn('--buy', buy!);
  return {
    start: wordsIn('--start', start!),
    ready: ready === undefined ? { accepts: 'connections' } : { path: ready },
    open: open!.map((step) => stepIn('--open', step)),
    buy: { ...request, headers: headersIn(words.header ?? []), ...(body !== undefined && { body }) },
    left: { ask: stepIn('--left', left!) },
    ...(release !== undefined && { release: requestIn('--release', release) }),
    ...(ledger !== undefined && { ledger: ledgerIn(ledger) }),
    ...(Object.keys(ports).length > 0 && { ports }),
    ...(cluster && { cluster }),
    ...(ignore !== undefined && { ignore }),
    answers: {
      sold: statusesIn('--sold', sold!),
      soldOut: statusesIn('--sold-out', soldOut!),
      ...(limitReached !== undefined && { limitReached: statusesIn('--limit-reached', limitReached) }),
      ...(busy !== undefined && { busy: statusesIn('--busy', busy) }),
    },
  };
}

/** @throws UsageError if flags describe a service and a file does, too */
export function refuseBeside(file: string, given: ReadonlySet<string>): void {
  const both = serviceOptions.flatMap(({ long }) => (given.has(long!) ? [long!] : []));
  if (both.length === 0) return;
  const message = `${both.join(', ')} and ${file}: both say what the service is`;
  throw new UsageError('CONTRADICTION', message, 'give one of them');
}

const wrong = (message: string): UsageError =>
  new UsageError(
    'NO_SERVICE',
    message,
    "give a service file, or as: --start 'node shop.mjs' --buy 'POST /buy?token={request}' --open 'SET stock {stock}' --left 'GET stock' --sold 200 --sold-out 409",
  );

/** After its program, or the file that the program runs. */
const nameOf = (start: readonly string[]): string =>
  (start.findLast((word) => /\.\w+$/.test(word)) ?? start[0]!)
    .split('/')
    .at(-1)!
    .replaceAll(/[^\w.-]/g, '-');

function requestIn(flag: string, text: string): { method: string; path: string } {
  const [, method, path] = REQUEST.exec(text.trim()) ?? [];
  if (method !== undefined && path !== undefined) return { method, path };
  throw wrong(`${flag} is "${text}", and not a method and a path, as GET /buy?token={request}`);
}

/** A request, or else a command of Redis. */
const stepIn = (flag: string, text: string): object =>
  REQUEST.test(text.trim()) ? requestIn(flag, text) : { redis: wordsIn(flag, text) };

const LEDGER_FIELD = /\s+(orders|user|request|quantity)=(\S*)$/;

/** A step, and after it where the list lies, and what is where in each of its lines: JSON pointers. */
function ledgerIn(text: string): object {
  const fields: Record<string, string> = { user: '/user' };
  let step = text.trim();
  for (let field = LEDGER_FIELD.exec(step); field; field = LEDGER_FIELD.exec(step)) {
    fields[field[1]!] = field[2]!;
    step = step.slice(0, field.index);
  }
  return { ask: stepIn('--ledger', step), ...fields };
}

function headersIn(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
      if (name === undefined || value === undefined)
        throw wrong(`--header is "${line}", and not name: value`);
      return [name, value];
    }),
  );
}

function statusesIn(flag: string, text: string): ServiceAnswer {
  const status = text.split(',').map(Number);
  if (status.every((one) => Number.isInteger(one) && one >= 200 && one <= 599)) return { status };
  throw wrong(`${flag} is "${text}", and not statuses from 200 to 599, as 200,201`);
}

/** Words as a shell would read them, where quotes hold together what belongs together and a backslash quotes one character. */
function wordsIn(flag: string, text: string): string[] {
  const parts = text.match(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+|\S/gs) ?? [];
  const words = parts.map((part) =>
    part.replaceAll(
      /\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/gs,
      (_, one?: string, double?: string, single?: string) =>
        one ?? single ?? double!.replaceAll(/\\(.)/gs, '$1'),
    ),
  );
  if (words.length > 0 && !parts.some((part) => /^["'\\]$/.test(part))) return words;
  throw wrong(
    `${flag} is "${text}": ${words.length === 0 ? 'it says nothing' : 'a quote is open at its end'}`,
  );
}
