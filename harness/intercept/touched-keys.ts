import { CannotExplore } from '../explorer/cannot-explore.ts';
import type { RedisTarget } from '../redis/target.ts';
import { RawConnection } from '../wire/raw-connection.ts';
import { readable } from '../wire/resp.ts';

/** Whose command it is: one that is left out, or one that is explored. */
export type Side = 'ignored' | 'sale';

/** These depend on all keys, or change all of them. */
const ALL_KEYS = new Set(['KEYS', 'SCAN', 'DBSIZE', 'RANDOMKEY', 'FLUSHDB', 'FLUSHALL', 'SWAPDB']);

/** Commands that were seen before are not asked about again; this many are remembered. */
const MOST_SEEN = 10_000;

/**
 * To leave commands out is sound only where no command that is explored touches a key of theirs. Which keys a command names is
 * asked of the server; what scripts touch besides is shown by MONITOR.
 */
export class TouchedKeys {
  readonly #server: RawConnection;
  readonly #monitors: Monitor[];
  readonly #onFault: (fault: CannotExplore) => void;
  readonly #touched: Record<Side, Map<string, string>> = { ignored: new Map(), sale: new Map() };
  /** The first that touches all keys. */
  readonly #all: Partial<Record<Side, string>> = {};
  readonly #seen: Record<Side, Set<string>> = { ignored: new Set(), sale: new Set() };
  readonly #asked = new Set<Promise<void>>();

  private constructor(server: RawConnection, monitors: Monitor[], onFault: (fault: CannotExplore) => void) {
    this.#server = server;
    this.#monitors = monitors;
    this.#onFault = onFault;
  }

  /** @param servers where commands of each side run */
  static async open(
    servers: { ignored: RedisTarget; sale?: RedisTarget },
    onFault: (fault: CannotExplore) => void,
  ): Promise<TouchedKeys> {
    const monitors: Monitor[] = [];
    const server = await RawConnection.open(servers.ignored.options);
    const touched = new TouchedKeys(server, monitors, onFault);
    for (const side of ['ignored', 'sale'] as const) {
      const target = servers[side];
      if (target) monitors.push(await Monitor.open(target, (args) => touched.note(side, args)));
    }
    return touched;
  }

  /** @param args as the client sent them, in latin1 */
  note(side: Side, args: readonly string[]): void {
    const line = shownLine(args);
    const seen = this.#seen[side];
    // A line leaves out what comes late in it, and where an argument ends.
    const whole = JSON.stringify(args);
    if (seen.has(whole)) return;
    if (seen.size >= MOST_SEEN) seen.clear();
    seen.add(whole);
    if (touchesAll(args)) {
      this.#all[side] ??= line;
      this.#compareAll();
      return;
    }
    const asked = this.#keysOf(args).then((keys) => {
      for (const key of keys) this.#touch(side, key, line);
      this.#asked.delete(asked);
    });
    asked.catch(() => undefined); // told by `settled`
    this.#asked.add(asked);
  }

  /** All that has run until now was compared. */
  async settled(): Promise<void> {
    for (const monitor of this.#monitors) await monitor.heardAll();
    while (this.#asked.size > 0) await Promise.all(this.#asked);
  }

  close(): void {
    this.#server.close();
    for (const monitor of this.#monitors) monitor.close();
  }

  async #keysOf(args: readonly string[]): Promise<string[]> {
    // One without keys is answered with an error.
    const keys = await this.#server.call(['COMMAND', 'GETKEYS', ...args]).catch((error: Error) => {
      if (/on the private server/.test(error.message)) return { items: [] };
      throw error;
    });
    return (keys as { items: unknown[] }).items.map(String);
  }

  #touch(side: Side, key: string, line: string): void {
    this.#touched[side].set(key, this.#touched[side].get(key) ?? line);
    const [ignored, sale] = [this.#touched.ignored.get(key), this.#touched.sale.get(key)];
    if (ignored !== undefined && sale !== undefined) this.#onFault(shared(readable(key), ignored, sale));
    this.#compareAll();
  }

  #compareAll(): void {
    const [ignored] = this.#touched.ignored;
    const [sale] = this.#touched.sale;
    if (this.#all.ignored !== undefined && sale)
      this.#onFault(shared(readable(sale[0]), this.#all.ignored, sale[1]));
    if (this.#all.sale !== undefined && ignored)
      this.#onFault(shared(readable(ignored[0]), ignored[1], this.#all.sale));
  }
}

/** SORT reads keys that are named by what others hold. */
function touchesAll([name = '', ...rest]: readonly string[]): boolean {
  if (ALL_KEYS.has(name.toUpperCase())) return true;
  return /^SORT(_RO)?$/i.test(name) && rest.some((word) => /^(BY|GET)$/i.test(word));
}

const MOST_SHOWN = 120;

/** A command in one line, as an expression is compared with it: its name in capitals, and one space before each argument. */
export const lineOf = ([name = '', ...args]: readonly string[]): string =>
  [name.toUpperCase(), ...args.map(readable)].join(' ');

const shownLine = (args: readonly string[]): string => lineOf(args).slice(0, MOST_SHOWN);

const shared = (key: string, ignored: string, sale: string): CannotExplore =>
  new CannotExplore(
    `${key} is touched by ${ignored}, which --ignore leaves out, and by ${sale} of the sale: what the one does changes what the other finds`,
    'let the expression match commands alone whose keys have nothing to do with the sale, as ^(GET|SETEX) session:',
  );

/** What scripts call inside a server. */
class Monitor {
  readonly #monitor: RawConnection;
  readonly #marker: RawConnection;
  #mark = 0;
  #heard: (() => void) | undefined;

  private constructor(monitor: RawConnection, marker: RawConnection) {
    this.#monitor = monitor;
    this.#marker = marker;
  }

  static async open({ options }: RedisTarget, onCall: (args: string[]) => void): Promise<Monitor> {
    const monitor = new Monitor(await RawConnection.open(options), await RawConnection.open(options));
    monitor.#monitor.onUnasked = (line) => {
      if (line.includes(monitor.#said)) monitor.#heard?.();
      const called = /^\+\d+\.\d+ \[\d+ lua\] (.*)\r\n$/s.exec(line)?.[1];
      if (called !== undefined) onCall(wordsIn(called));
    };
    await monitor.#monitor.call(['MONITOR']);
    return monitor;
  }

  /** All that has run until now was told. */
  async heardAll(): Promise<void> {
    this.#mark++;
    const heard = new Promise<void>((resolve) => (this.#heard = resolve));
    await this.#marker.call(['ECHO', this.#said]);
    await heard;
  }

  close(): void {
    this.#monitor.close();
    this.#marker.close();
  }

  get #said(): string {
    return `oversell:touched:${this.#mark}`;
  }
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', a: '\u0007', b: '\b' };

/** Words as MONITOR quotes them. Source: sdscatrepr of Redis. */
const wordsIn = (line: string): string[] =>
  [...line.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map(([, word]) =>
    word!.replaceAll(/\\(?:x([\da-f]{2})|(.))/gs, (_, hex?: string, one?: string) =>
      hex === undefined ? (ESCAPES[one!] ?? one!) : String.fromCharCode(Number.parseInt(hex, 16)),
    ),
  );
