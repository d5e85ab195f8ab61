import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { ours } from '../../ground/ours.ts';
import { atMost, LATE } from '../../ground/waiting.ts';
import { ResponseReader, type HttpResponse } from './response.ts';

/** Where a service is reached. Plain data, so that workers can be told, but for `dial`. */
export interface HttpAddress {
  host: string;
  port: number;
  /** Absent: plain HTTP. */
  tls?: {
    /** PEM of the certificate to trust, beside those that Node trusts. */
    ca?: string;
    verify: boolean;
  };
  /** Connects otherwise, where it stands in a network of its own. */
  dial?: () => Promise<Socket>;
}

/** The request surely never reached the service. */
export class NotSent extends Error {
  readonly code: string;

  constructor(cause: NodeJS.ErrnoException) {
    super(`no connection: ${cause.message}`, { cause });
    this.name = 'NotSent';
    this.code = cause.code ?? 'NOT_SENT';
  }
}

/** The request was sent, or a part of it, and nobody knows what became of it. */
export class NoAnswer extends Error {
  readonly code: 'ANSWER_TOO_LATE' | 'CUT_OFF';

  constructor(code: NoAnswer['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NoAnswer';
    this.code = code;
  }
}

/** Requests, of which each is a round trip. */
interface Sent {
  commands: number;
  roundTrips: number;
}

interface Waiting {
  resolve: (response: HttpResponse) => void;
  reject: (error: Error) => void;
}

/**
 * One connection to a service, for one request at a time. It is kept for the next one as long as the service keeps it, and
 * made anew otherwise. Written over a socket, because a load that costs more than what it loads measures itself: per
 * request undici takes four times as much processor time as this, fetch forty times.
 */
export class HttpConnection {
  readonly #address: HttpAddress;
  readonly #sent: Sent;
  #socket: Socket | undefined;
  #reader = new ResponseReader();
  #waiting: Waiting | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerMs = 0;

  /** `sent`: counts the requests of several connections */
  constructor(address: HttpAddress, sent: Sent = { commands: 0, roundTrips: 0 }) {
    this.#address = address;
    this.#sent = sent;
  }

  /**
   * @param text the whole request
   * @throws NotSent if there was no connection; NoAnswer or MalformedResponse if nobody knows what became of it
   */
  async send(text: string, timeoutMs: number): Promise<HttpResponse> {
    if (this.#socket === undefined) await this.connect(timeoutMs);
    const socket = this.#socket!;
    const answered = new Promise<HttpResponse>((resolve, reject) => (this.#waiting = { resolve, reject }));
    this.#sent.commands++;
    this.#sent.roundTrips++;
    this.#expectWithin(timeoutMs);
    socket.write(text);
    return answered;
  }

  /** Ready for a request. @throws NotSent */
  connect(timeoutMs: number): Promise<void> {
    const { host, port, tls, dial } = this.#address;
    if (dial) return this.#dial(dial, timeoutMs);
    const socket = ours(() => {
      if (tls === undefined) return connectPlain({ host, port, noDelay: true });
      const { ca, verify } = tls;
      const trust = { ...(ca !== undefined && { ca }), rejectUnauthorized: verify };
      return connectTls({ host, port, ...trust, ...(isIP(host) === 0 && { servername: host }) }).setNoDelay();
    });
    this.#reader = new ResponseReader();
    return new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => {
        clearTimeout(timer);
        socket.destroy();
        reject(new NotSent(error));
      };
      const because = (code: string, why: string) => (): void =>
        failed(Object.assign(new Error(why), { code }));
      const timer = setTimeout(because('ETIMEDOUT', 'it took too long'), timeoutMs);
      socket.once('error', failed);
      const closed = because('ECONNRESET', 'it was closed');
      socket.once('close', closed);
      socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
        clearTimeout(timer);
        socket.off('error', failed).off('close', closed);
        this.#use(socket);
        resolve();
      });
    });
  }

  async #dial(dial: () => Promise<Socket>, timeoutMs: number): Promise<void> {
    const dialling = dial();
    const socket = await atMost(timeoutMs, dialling).catch((error: Error) => {
      throw new NotSent(error);
    });
    this.#reader = new ResponseReader();
    if (socket !== LATE) return this.#use(socket.setNoDelay());
    dialling.then(
      (late) => late.destroy(),
      () => undefined,
    );
    throw new NotSent(Object.assign(new Error('it took too long'), { code: 'ETIMEDOUT' }));
  }

  /** What is under way is left without an answer. */
  close(): void {
    clearTimeout(this.#timer);
    this.#fail(new NoAnswer('CUT_OFF', 'the connection was closed here'));
  }

  /** One timer for all requests, which are many. */
  #expectWithin(timeoutMs: number): void {
    if (this.#timer !== undefined && this.#timerMs === timeoutMs) {
      this.#timer.refresh();
      return;
    }
    clearTimeout(this.#timer);
    this.#timerMs = timeoutMs;
    this.#timer = setTimeout(() => {
      if (this.#waiting) this.#fail(new NoAnswer('ANSWER_TOO_LATE', 'no answer came in time'));
    }, timeoutMs).unref();
  }

  #use(socket: Socket): void {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#read(socket, bytes));
    socket.on('end', () => this.#ended(socket));
    socket.on('error', (error) =>
      this.#fail(new NoAnswer('CUT_OFF', `the connection broke: ${error.message}`), socket),
    );
    socket.on('close', () => this.#ended(socket));
  }

  #read(socket: Socket, bytes: Buffer): void {
    if (socket !== this.#socket) return;
    let response: HttpResponse | undefined;
    try {
      response = this.#reader.push(bytes);
    } catch (error) {
      this.#fail(error as Error, socket);
      return;
    }
    if (response !== undefined) this.#answer(socket, response);
  }

  #ended(socket: Socket): void {
    if (socket !== this.#socket) return;
    const response = this.#reader.end();
    if (response !== undefined) this.#answer(socket, response);
    else this.#fail(new NoAnswer('CUT_OFF', 'the connection ended before the answer did'), socket);
  }

  #answer(socket: Socket, response: HttpResponse): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    // An answer to nothing would be taken for the next one's.
    if (!response.keepsAlive || waiting === undefined) this.#drop(socket);
    waiting?.resolve(response);
  }

  #fail(error: Error, socket = this.#socket): void {
    if (socket !== undefined && socket !== this.#socket) return;
    if (socket) this.#drop(socket);
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  #drop(socket: Socket): void {
    if (socket === this.#socket) this.#socket = undefined;
    socket.destroy();
  }
}
