import type { Client } from '../../strategies/contract.ts';
import { systemClock as clock } from '../ground/ambient.ts';
import { EnvironmentError, UsageError, type RunError } from '../ground/errors.ts';
import { onExit } from '../ground/lifetime.ts';
import { patientMs, SILENT_MS, WaitedMs } from '../ground/patience.ts';
import { atMost, LATE } from '../ground/waiting.ts';
import { holdCommands } from '../wire/raw-connection.ts';
import { clientOf } from './clients.ts';
import { isStopped, stateOf } from './process-state.ts';
import type { Reachable } from './target.ts';

/** Who is to know that a server of the run is gone. */
export interface LossListener {
  /** Told once, as soon as nothing more can be asked of the server. */
  onLost: (fault: RunError) => void;
  /** What the run does now, for people. */
  doing: () => string | undefined;
}

export interface Watched extends Reachable {
  /** For people. */
  description: string;
  /** Of a private server. */
  pid?: number;
  /** The last lines of a private server's log. */
  lastLines?: () => Promise<string>;
}

const LOOK_MS = 250;
/** A server that works on something is waited for so many times as long as a silent one. */
const BUSY_TIMES = 3;
/** After so long in one script a server answers BUSY, by its default. */
const BUSY_REPLY_MS = 5_000;
/** How long it may take to end a script. */
const KILL_MS = 1_000;

/**
 * Asks the server all the time whether it is there, over a connection of its own. One that answers nothing, as it was
 * stopped, or as a script never ends, is told as lost; a private one is ended then, so that nobody waits for it.
 */
export class ServerWatch {
  readonly #server: Watched;
  readonly #listener: LossListener;
  readonly #client: Client;
  readonly #looking: NodeJS.Timeout;
  readonly #waited = waited();
  readonly #silentMs = patientMs(SILENT_MS);
  readonly #unregister: () => void;
  #asked = false;
  /** Since it answers that a script keeps it busy. */
  #busy: WaitedMs | undefined;
  #cpuBefore = 0;
  #over = false;

  constructor(server: Watched, listener: LossListener) {
    this.#server = server;
    this.#listener = listener;
    this.#client = clientOf(server, { maxRetriesPerRequest: null, retryStrategy: () => LOOK_MS });
    this.#client.on('error', () => undefined); // it is told as silence
    this.#looking = setInterval(() => void this.#look(), LOOK_MS).unref();
    this.#unregister = onExit({ release: async () => this.close() });
  }

  close(): void {
    this.#over = true;
    clearInterval(this.#looking);
    this.#client.disconnect();
    this.#unregister();
  }

  /** It has ended by itself. @param how as the end of a sentence */
  async ended(how: string): Promise<void> {
    if (this.#over) return;
    this.#stop();
    await this.#tell(how);
    this.close();
  }

  /** Whether it is gone, and nobody has been told yet. */
  get isDead(): boolean {
    const { pid } = this.#server;
    if (this.#over || pid === undefined) return false;
    return !isThere(pid) || /[ZX]/.test(stateOf(pid)?.letter ?? '');
  }

  #stop(): void {
    this.#over = true;
    clearInterval(this.#looking);
  }

  async #look(): Promise<void> {
    if (this.#over) return;
    const waitedMs = this.#waited.look();
    if (!this.#asked) {
      this.#asked = true;
      this.#cpuBefore = this.#cpuTicks();
      this.#waited.reset();
      this.#client.ping().then(
        () => {
          this.#asked = false;
          this.#busy = undefined;
        },
        (error: Error) => void this.#refused(error),
      );
    } else if (waitedMs > this.#silentMs * (this.#isBusy(waitedMs) ? BUSY_TIMES : 1)) {
      this.#stop();
      const { pid } = this.#server;
      const stopped = pid !== undefined && isStopped(pid) ? ': it was stopped (SIGSTOP)' : '';
      await this.#tell(`has answered nothing for ${Math.round(waitedMs / 1_000)} s${stopped}`);
      this.#end();
    }
  }

  /** Any answer is one; but a script that does not end has the server answer nothing else. */
  async #refused({ message }: Error): Promise<void> {
    this.#asked = false;
    if (this.#over || !message.startsWith('BUSY')) return;
    this.#busy ??= waited();
    if (BUSY_REPLY_MS + this.#busy.look() < this.#silentMs) return;
    this.#stop();
    // Whose script is ended sends the next, which would hold the server before it could be asked which one did.
    using _ = holdCommands();
    const what = await atMost(KILL_MS, this.#scriptThatRuns());
    const script = what === LATE || what === undefined ? '' : `: ${what}`;
    const seconds = Math.round(Math.max(BUSY_REPLY_MS, this.#silentMs) / 1_000);
    this.#listener.onLost(
      new UsageError(
        'ENDLESS_SCRIPT',
        `${this.#while()}a Lua script has held the server for ${seconds} s and more${script}`,
        `bound its loops: while a script runs, the server answers nobody${this.#remains()}. --patience waits longer`,
      ),
    );
    this.#end();
  }

  /** Ends the script where it can be ended, and then finds it among what was slow. On a server of our own. */
  async #scriptThatRuns(): Promise<string | undefined> {
    if (this.#server.pid === undefined) return undefined; // it may be its owner's
    const ended = await this.#client
      .script('KILL')
      .catch(() => this.#client.call('FUNCTION', 'KILL'))
      .catch(() => undefined);
    if (ended === undefined) return undefined; // it has written already
    for (;;) {
      const slow = (await this.#client.call('SLOWLOG', 'GET', '1').catch(() => [])) as unknown[][];
      const words = slow[0]?.[3] as string[] | undefined;
      if (words) return shortened(words);
      await clock.sleep(LOOK_MS / 10);
    }
  }

  /** What is to be done about a script on a server that is not ours to end. */
  #remains(): string {
    return this.#server.pid === undefined ? ', and it runs on there until redis-cli SCRIPT KILL ends it' : '';
  }

  async #tell(how: string): Promise<void> {
    const { description, pid, lastLines } = this.#server;
    const log = await lastLines?.();
    const process = pid === undefined ? '' : `, process ${pid},`;
    const said = log === undefined || log === '' ? '' : `. Its last log lines:\n${log}`;
    this.#listener.onLost(
      new EnvironmentError(
        'SERVER_LOST',
        `${this.#while()}the server, ${description}${process} ${how}${said}`,
        'find out who ended or stopped it (out of memory: dmesg), and run again; --patience waits longer',
      ),
    );
  }

  /** Whoever still waits for it hears at once that there is nothing to wait for. */
  #end(): void {
    const { pid } = this.#server;
    if (pid !== undefined) killed(pid);
    this.close();
  }

  #while(): string {
    const doing = this.#listener.doing();
    return doing === undefined ? '' : `${doing}: `;
  }

  /**
   * Whether it has used the processor. One that was stopped, or waits for something, uses none; one that works gets only a
   * share of it where the machine is busy. Unknown is no.
   */
  #isBusy(waitedMs: number): boolean {
    return (this.#cpuTicks() - this.#cpuBefore) * TICK_MS > waitedMs / LEAST_SHARE;
  }

  #cpuTicks(): number {
    const { pid } = this.#server;
    return pid === undefined ? 0 : (stateOf(pid)?.ticks ?? 0);
  }
}

const waited = (): WaitedMs => new WaitedMs(() => clock.monotonicNs() / 1e6, LOOK_MS);

/** One part in so many. */
const LEAST_SHARE = 10;
/** Of the processor's time, as Linux counts it. */
const TICK_MS = 10;
const MOST_WORDS = 160;

const shortened = (words: readonly string[]): string => {
  const text = words.map((word) => word.trim().split('\n')[0]).join(' ');
  return text.length <= MOST_WORDS ? text : `${text.slice(0, MOST_WORDS)}…`;
};

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
