import { readFileSync } from 'node:fs';
import { isAbsolute, parse } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compileFunction } from 'node:vm';
import {
  checkSale,
  checkUnits,
  type Client,
  type PurchaseOutcome,
  type PurchaseRequest,
  type Sale,
  type Strategy,
} from '../../strategies/contract.ts';
import { Script } from '../../strategies/script.ts';
import { UsageError } from '../ground/errors.ts';
import { placeOf } from '../ground/places.ts';
import { answerText, meaningOf, type Meaning } from './answers.ts';
import { noteFailed, noteUndeclared, type Misfit } from '../ground/misfits.ts';
import { firstLineOfCode, requireAllGiven } from './script-text.ts';
import { argument, commands, OF_SALE, template, type Template, type Values } from './template.ts';

/** How a shop calls its script. */
export interface FromLuaOptions {
  /** KEYS, in their order, as `stock:{sku}`; the first is the stock. */
  keys: readonly string[];
  /** ARGV, in their order: `quantity`, `user`, `request`, `sku`, `stock`, a number, or a text with `{user}` in it. */
  args?: readonly string[];
  /** Answers that mean sold: `1`, `>=0`, `OK`. Default: a number from 1 on. */
  sold?: readonly string[];
  /** Answers that mean sold-out. Default: -1 and nil; where `sold` is given, 0 as well. */
  soldOut?: readonly string[];
  /** Commands that create the sale, separated by semicolons. Default: `SET <first key> {stock}`. */
  open?: string;
  /** The command that reads what is left. Default: `GET <first key>`. */
  left?: string;
  /** Default: the name of the file. */
  name?: string;
  summary?: string;
}

/**
 * A strategy of a Lua script that sells, as a shop of any language sends it: by its digest, and with its text where the server
 * does not know it. The script alone is judged; whoever calls it may check more.
 *
 * @param file a URL, as `new URL('./decrement.lua', import.meta.url)`, or an absolute path; it is read now
 * @throws UsageError that says what to write instead
 * @example export const mine = fromLua(new URL('./decrement.lua', import.meta.url), { keys: ['stock:{sku}'], args: ['quantity'] })
 */
export function fromLua(file: string | URL, options: FromLuaOptions): Strategy {
  const path = pathOf(file);
  const script = scriptIn(path);
  const call = callOf(path, script, options);
  const { name = nameOf(path), summary = `the script ${parse(path).base}` } = options;
  const supports: Strategy['supports'] = call.takesQuantity ? ['several-units'] : [];
  return {
    name,
    summary,
    connection: 'shared',
    supports,
    async open(redis, sale) {
      checkSale(sale, { name, supports });
      for (const command of call.open) await sent(redis, command, valuesOf(sale));
    },
    seller: (redis, sale) => ({
      purchase: (request) => purchase(redis, { call, sale, request }),
      remaining: () => remaining(redis, call, sale),
    }),
  };
}

interface Call {
  path: string;
  script: Script;
  /** Runs this so that what it sends comes from the script, by its file and line. */
  from: (run: () => Promise<unknown>) => Promise<unknown>;
  keys: readonly Template[];
  args: readonly Template[];
  takesQuantity: boolean;
  meaning: (reply: unknown) => Meaning | undefined;
  open: readonly Template[][];
  left: Template[];
}

function callOf(path: string, script: Script, options: FromLuaOptions): Call {
  const { keys: names, args: given = [], sold, soldOut, open, left } = options;
  const [stock] = names;
  if (stock === undefined || names.includes('')) {
    throw new UsageError(
      'BAD_LUA_CALL',
      `${path}: it is not said which keys the script gets`,
      `name them with --keys (keys of fromLua), as 'stock:{sku}', the stock first`,
    );
  }
  const keys = names.map((one) => template(one, 'keys'));
  const args = given.map(argument);
  requireAllGiven(path, script.source, { keys: keys.length, args: args.length });
  if (open === undefined || left === undefined) requireOfSale(keys[0]!, stock);
  const word = /[\s;]/.test(stock) ? `"${stock}"` : stock;
  return {
    path,
    script,
    from: framedBy(path, script.source),
    keys,
    args,
    takesQuantity: [...keys, ...args].some(({ placeholders }) => placeholders.includes('quantity')),
    meaning: meaningOf({ ...(sold && { sold }), ...(soldOut && { soldOut }) }),
    open: commands(open ?? `SET ${word} {stock}`, 'open'),
    left: commands(left ?? `GET ${word}`, 'left')[0]!,
  };
}

/** @throws UsageError if the key that would be set and read belongs to a buyer */
function requireOfSale({ placeholders }: Template, key: string): void {
  if (placeholders.every((one) => OF_SALE.includes(one))) return;
  throw new UsageError(
    'BAD_LUA_CALL',
    `the first of the keys, ${key}, belongs to a buyer, and the stock would be written there`,
    'name the key of the stock first, or say with --open and --left (open and left of fromLua) where it is',
  );
}

/**
 * Messages and counterexamples name the innermost line of the user's that sent a command: here that is the script. So
 * what sends it runs in a function of that file and line.
 */
const framedBy = (path: string, source: string): Call['from'] =>
  compileFunction('return (async () => await run())();', ['run'], {
    filename: path,
    lineOffset: firstLineOfCode(source) - 1,
  }) as Call['from'];

interface Purchase {
  call: Call;
  sale: Sale;
  request: PurchaseRequest;
}

async function purchase(redis: Client, { call, sale, request }: Purchase): Promise<PurchaseOutcome> {
  const { path, script, keys, args, meaning } = call;
  if (!call.takesQuantity) requireOne(path, request);
  const { userId: user, requestId, quantity } = request;
  const values = { ...valuesOf(sale), user, request: requestId, quantity: String(quantity) };
  const fill = (one: Template): string => one.filled(values);
  const reply = await call
    .from(() => script.run(redis, keys.map(fill), args.map(fill)))
    .catch((error: unknown) => {
      // A script may say no by `redis.error_reply`; what nobody has declared is an error as any other.
      if (!(error instanceof Error) || meaning(error) === undefined) throw failedBy(error, path);
      return error;
    });
  const means = meaning(reply);
  if (means !== undefined) return { kind: means };
  throw told(undeclaredReply(path, reply), noteUndeclared);
}

async function remaining(redis: Client, { path, left }: Call, sale: Sale): Promise<number> {
  const reply = await sent(redis, left, valuesOf(sale));
  if (typeof reply === 'number') return reply;
  if (typeof reply === 'string' && /^-?\d+$/.test(reply)) return Number(reply);
  const command = left.map((word) => word.filled(valuesOf(sale))).join(' ');
  throw told(
    {
      message: `${path}: what is left is read by ${command}, which answered ${answerText(reply)}`,
      remedy: "say with --left (left of fromLua) how it is read, as 'HGET product:{sku} stock'",
    },
    noteFailed,
  );
}

/** A script that is not told how many units are bought sells one. */
function requireOne(path: string, { quantity }: PurchaseRequest): void {
  checkUnits('quantity', quantity, 1);
  if (quantity === 1) return;
  const message = `${path}: ${quantity} units are bought at once, and the script is not told how many`;
  const remedy = 'add quantity to --args (args of fromLua), or let everybody buy one unit';
  throw told({ message, remedy }, noteUndeclared);
}

function undeclaredReply(path: string, reply: unknown): Misfit {
  const answer = answerText(reply);
  return {
    message: `${path} answered ${answer}, of which nobody has said what it means`,
    remedy:
      answer === '0'
        ? "give --sold '>=0' if it answers what is left after the sale, or --sold-out 0 if it answers 1 for yes and 0 for no (sold, soldOut of fromLua)"
        : `add it to --sold or to --sold-out (sold, soldOut of fromLua), beside what already means that`,
  };
}

/** What Redis says of a script, in the words of its file. */
function failedBy(error: unknown, path: string): unknown {
  if (!(error instanceof Error)) return error;
  const [, line, why] = /user_script:(\d+): (.*)$/s.exec(error.message) ?? [];
  if (/compiling script/.test(error.message)) {
    const remedy = 'correct the syntax of that line';
    return told(
      { message: `${placeOf(path, Number(line))} does not compile: ${why}`, remedy },
      noteUndeclared,
      error,
    );
  }
  if (isOwnWord(error)) return told(undeclaredReply(path, error), noteUndeclared, error);
  const [, what, at] = /^(.*) script: [\da-f]{40}, on @user_script:(\d+)/s.exec(error.message) ?? [];
  if (what === undefined) return error;
  noteFailed({
    message: `${placeOf(path, Number(at))}: the script failed: ${what}`,
    remedy:
      'correct the script, or say with --keys, --args and --open (keys, args, open of fromLua) what it works on',
  });
  return error;
}

/** What Redis itself may answer instead of running a script. Source: `shared.*err` in its server.c and script.c. */
const OF_REDIS =
  /^(ASK|BUSY|CLUSTERDOWN|CROSSSLOT|LOADING|MASTERDOWN|MISCONF|MOVED|NOAUTH|NOPERM|NOREPLICAS|NOSCRIPT|OOM|READONLY|TRYAGAIN|UNBLOCKED|UNKILLABLE|WRONGPASS|WRONGTYPE)\b/;

/** Whether a script has written it into `redis.error_reply`: then it is an answer, too. */
const isOwnWord = ({ name, message }: Error): boolean =>
  name === 'ReplyError' &&
  !OF_REDIS.test(message) &&
  !/user_script|^ERR (unknown command|wrong number of arguments|Number of keys)/.test(message);

/** An error of a purchase, noted for whoever judges. */
function told(misfit: Misfit, note: (misfit: Misfit) => void, cause?: Error): Error {
  note(misfit);
  return new Error(`${misfit.message}: ${misfit.remedy}`, cause && { cause });
}

const valuesOf = ({ sku, stock }: Sale): Values => ({ sku, stock: String(stock) });

function sent(redis: Client, command: readonly Template[], values: Values): Promise<unknown> {
  const [name = '', ...args] = command.map((word) => word.filled(values));
  return redis.call(name, ...args);
}

/** @throws UsageError */
function pathOf(file: string | URL): string {
  const path =
    file instanceof URL || file.startsWith('file:')
      ? fileURLToPath(file)
      : isAbsolute(file)
        ? file
        : undefined;
  if (path !== undefined) return path;
  throw new UsageError(
    'BAD_LUA_CALL',
    `fromLua was given ${String(file)}, and nobody knows from which folder`,
    `give new URL('./${parse(String(file)).base}', import.meta.url)`,
  );
}

/** @throws UsageError if the file is no text that can be read */
function scriptIn(path: string): Script {
  try {
    readFileSync(path);
  } catch (cause) {
    throw new UsageError('NO_SUCH_FILE', `${path} cannot be read`, 'check the path', { cause });
  }
  return new Script(pathToFileURL(path).href);
}

/** Files are named after it. */
const nameOf = (path: string): string =>
  parse(path)
    .name.replaceAll(/[^\w.-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '') || 'script';
