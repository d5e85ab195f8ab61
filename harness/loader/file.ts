import { existsSync, statSync, type Stats } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { extname, isAbsolute, parse } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { whyUnreadable } from '../documents/read-json.ts';
import { systemClock as clock } from '../ground/ambient.ts';
import { lentThread } from '../ground/busy.ts';
import { brokenBuiltIn } from '../ground/built-ins.ts';
import { EnvironmentError, onReplaced, UsageError } from '../ground/errors.ts';
import { IMPORT_MS, patientMs, WaitedMs } from '../ground/patience.ts';
import { isOfClosedConnection, onStray } from '../ground/strays.ts';
import { namedThrown, thrownWords } from '../ground/thrown.ts';
import { notingGlobals } from '../ground/user-globals.ts';
import { holdingConnections, isThreadLed, underTest } from '../wire/network.ts';
import { inFile, trackOrigins } from '../wire/refusal.ts';
import { hookThread } from './hook.ts';
import { lineOfImport, lineThat } from './lines.ts';
import { strategiesIn, type ExportedStrategy } from './strategy-shape.ts';
import { placeOf } from '../ground/places.ts';
import { awaitAtTop, compile, isCommonJs, placeInStack, STRATEGY_EXTENSIONS } from './source.ts';

/**
 * Imports a file of strategies as Node imports any module, TypeScript included.
 *
 * @param file absolute path
 * @throws UsageError that names file, line and remedy, whatever is wrong with the file, and where it connects to
 */
export async function importStrategies(file: string, options: Loading = {}): Promise<Imported> {
  const { exports, packagesConnect } = await importModule(file, options);
  return { strategies: strategiesIn(exports, file, await textOf(file)), packagesConnect };
}

/** For lines, which are hints: somebody may have removed the file meanwhile. */
const textOf = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');

/** The same of a file that exports whatever it does. */
export async function importModule(
  file: string,
  { importLimitMs: limitMs = patientMs(IMPORT_MS), connections = 'refused' }: Loading = {},
): Promise<{ exports: Record<string, unknown>; packagesConnect: boolean }> {
  checkFile(file);
  // An await at the top, which may wait for such a connection for ever, is refused where a file is evaluated again.
  if (connections === 'held') compile(file, 'cjs');
  registerHooks();
  using _ = trackOrigins();
  const load = (): Promise<Record<string, unknown>> => notingGlobals(() => importWithin(file, limitMs));
  const areHeld = connections === 'held' || (connections === 'led' && isThreadLed());
  const loading = areHeld
    ? unlessAwaited(file, connections, (opens) => holdingConnections(load, opens))
    : underTest([], load).then((result) => ({ result, packagesConnect: false }));
  const { result, packagesConnect } = await loading.catch((error: unknown) => {
    throw inFile(error, file);
  });
  return { exports: asWritten(result, file), packagesConnect };
}

/** How a file is imported. */
export interface Loading {
  /** How long a top-level await of it may take; default 30 000, or as long as `--patience` says. */
  importLimitMs?: number;
  /**
   * What becomes of those that it opens at import: refused; never made, as it is evaluated again where it may have them; or made
   * once there is a server to which they are led, and refused where nothing is led.
   */
  connections?: 'refused' | 'held' | 'led';
}

/** What a file exports. */
interface Imported {
  strategies: ExportedStrategy[];
  /** A package that it imports has opened connections, which are held. */
  packagesConnect: boolean;
}

/** Of CommonJS, Node tells the names that it sees in the text; what counts is what is there. */
function asWritten(exports: Record<string, unknown>, file: string): Record<string, unknown> {
  const whole = exports['default'];
  const isWhole = (typeof whole === 'object' && whole !== null) || typeof whole === 'function';
  return isWhole && isCommonJs(file) ? (whole as Record<string, unknown>) : exports;
}

/**
 * @param extensions that it may have
 * @throws UsageError if that can be no file of strategies, whatever is in it
 */
export function checkFile(file: string, extensions = STRATEGY_EXTENSIONS): void {
  const found = lookedAt(file);
  if (!found) throw gone(file);
  if (found.isDirectory()) {
    throw new UsageError(
      'UNSUPPORTED_FILE',
      `${file} is a folder`,
      'name the file in it that exports a strategy',
    );
  }
  // To open a pipe waits for somebody who writes into it.
  if (!found.isFile()) {
    throw new UsageError('UNSUPPORTED_FILE', `${file} is a pipe, a socket or a device`, 'give a file');
  }
  if (!extensions.includes(extname(file))) {
    throw new UsageError(
      'UNSUPPORTED_FILE',
      `${file} is not a JavaScript or TypeScript file`,
      `give a ${STRATEGY_EXTENSIONS.join(', ')} file`,
    );
  }
}

const gone = (file: string): UsageError =>
  new UsageError('NO_SUCH_FILE', `${file} does not exist`, 'check the path');

function lookedAt(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch (cause) {
    const why = whyUnreadable(cause);
    throw new UsageError('UNSUPPORTED_FILE', `${file} cannot be read: ${why}`, 'check the path', { cause });
  }
}

/** Whoever awaits at the top what there is no server for yet would do so for ever: told as soon as it connects. */
function unlessAwaited<T>(
  file: string,
  connections: Loading['connections'],
  load: (opens: () => void) => Promise<T>,
): Promise<T> {
  if (connections !== 'led') return load(() => {});
  return new Promise((resolve, reject) => {
    const opens = (): void => {
      const at = awaitAtTop(file);
      if (at === undefined) return;
      reject(
        new UsageError(
          'AWAITS_CONNECTION',
          `${at}: it has a top-level await beside a connection that it opens, which is made only once it is loaded`,
          'move the await into open() or seller()',
        ),
      );
    };
    load(opens).then(resolve, reject);
  });
}

let registered = false;

/** Once per thread: Node keeps hooks for each apart. */
function registerHooks(): void {
  if (registered) return;
  const hook = import.meta.resolve('#strategy-hook');
  if (!existsSync(fileURLToPath(hook))) {
    throw new EnvironmentError('NOT_BUILT', `${fileURLToPath(hook)} is missing`, 'npm run build');
  }
  if (!hookThread()) register(hook);
  registered = true;
}

/** A thread that an import holds for good is the watchdog's matter; here, one that waits for good. */
async function importWithin(file: string, limitMs: number): Promise<Record<string, unknown>> {
  using late = new Late(limitMs);
  let floating: Promise<UsageError> | undefined;
  using _ = onStray((reason) => {
    // Of an earlier run in this thread.
    if (isOfClosedConnection(reason)) return false;
    floating ??= faultOf(reason, file);
    return true;
  });
  const loading = import(pathToFileURL(file).href).catch(async (error: unknown) => {
    await requireBuiltIns();
    throw await faultOf(error, file);
  });
  const exports = (await Promise.race([loading, late.come])) as Record<string, unknown> | undefined;
  await requireBuiltIns();
  if (exports === undefined) throw await neverSettles(file, limitMs);
  // By the end of this turn, Node has told of promises that were rejected without anybody looking.
  await new Promise((resolve) => setImmediate(resolve));
  if (floating) throw await floating;
  return exports;
}

/** @throws UsageError if that file has left nothing of them that a fault could be told with, or a turn waited for */
async function requireBuiltIns(): Promise<void> {
  const broken = await brokenBuiltIn();
  if (broken !== undefined) throw onReplaced([broken]);
}

/** The thread is lent to the file, with a limit of the time in which it was free to go on: a file that is compiled on a busy machine waits for nobody. */
class Late implements Disposable {
  readonly come: Promise<undefined>;
  readonly #looking: NodeJS.Timeout;
  readonly #lent: Disposable;

  constructor(limitMs: number) {
    const everyMs = Math.min(100, limitMs / 4);
    this.#lent = lentThread(everyMs);
    const waited = new WaitedMs(() => clock.monotonicNs() / 1e6, everyMs);
    let come!: (nothing: undefined) => void;
    this.come = new Promise((resolve) => (come = resolve));
    this.#looking = setInterval(() => {
      if (waited.look() > limitMs) come(undefined);
    }, everyMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#looking);
    this.#lent[Symbol.dispose]();
  }
}

async function neverSettles(file: string, limitMs: number): Promise<UsageError> {
  const at = lineThat(await textOf(file), /^\S.*\bawait\b|^await\b/);
  return new UsageError(
    'IMPORT_TIMED_OUT',
    `${placeOf(file, at)}: the file was not loaded within ${limitMs} ms: a top-level await never settled`,
    'move the await into open() or seller(), or find out why it never settles',
  );
}

/** What an import rejected with, told as the user's fault that it is. */
async function faultOf(error: unknown, file: string): Promise<UsageError> {
  const ours = oursOf(error);
  if (ours) return ours;
  const { message, stack, code } = thrownWords(error);
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') return notFound(message, file);
  const place = (await placeInStack(stack, 'esm').catch(() => undefined)) ?? {
    file,
    line: lineThat(await textOf(file), /\bthrow\b|\breject\(/),
  };
  const what = error instanceof SyntaxError ? message : `it failed at import: ${namedThrown(error)}`;
  return new UsageError(
    error instanceof SyntaxError ? 'SYNTAX_ERROR' : 'IMPORT_FAILED',
    `${placeOf(place.file, place.line)}: ${what}`,
    'correct that line, or move what may fail into open() or seller()',
    { cause: error },
  );
}

/** One of ours, from the hooks' thread: errors lose their class on the way, and keep what it gave them. */
function oursOf(error: unknown): UsageError | undefined {
  if (error instanceof UsageError) return error;
  const { code, message } = thrownWords(error);
  const remedy = error instanceof Error && 'remedy' in error ? error.remedy : undefined;
  return code !== undefined && typeof remedy === 'string' ? new UsageError(code, message, remedy) : undefined;
}

/** Node says what was not found and from where, but not the line. */
function notFound(message: string, file: string): UsageError {
  const [, missing = message, importer = file] =
    /^Cannot find (?:module|package) '([^']+)' imported from (.+)$/m.exec(message) ?? [];
  const from = importer.startsWith('file:') ? fileURLToPath(importer) : importer;
  // Somebody has removed it since it was looked at.
  if (missing === file) return gone(file);
  const isFile = isAbsolute(missing);
  const name = isFile ? parse(missing).name : missing;
  const line = lineOfImport(from, name);
  return new UsageError(
    'MODULE_NOT_FOUND',
    `${placeOf(from, line)}: it imports what cannot be found: ${missing}`,
    isFile ? 'correct the path' : `npm install ${missing} beside the file, or do without it`,
  );
}
