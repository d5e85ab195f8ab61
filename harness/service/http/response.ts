/** An HTTP/1.1 response, read from the bytes of a connection. Source: RFC 9112. */

export interface HttpResponse {
  status: number;
  /** Names in small letters and values, in turns, as they came. */
  headers: readonly string[];
  body: Buffer;
  /** Another request may be sent over the same connection. */
  keepsAlive: boolean;
}

/** The bytes are no response, or none that we would take. */
export class MalformedResponse extends Error {
  readonly code = 'MALFORMED_RESPONSE';

  constructor(message: string) {
    super(`the answer is no HTTP: ${message}`);
    this.name = 'MalformedResponse';
  }
}

const MOST_HEAD_BYTES = 65_536;
const MOST_BODY_BYTES = 256 << 20;

/** The first value of that name. @param name in small letters */
export function headerOf({ headers }: Pick<HttpResponse, 'headers'>, name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) if (headers[i] === name) return headers[i + 1];
  return undefined;
}

/** All values of that name. */
export const headersOf = ({ headers }: Pick<HttpResponse, 'headers'>, name: string): string[] =>
  headers.flatMap((one, i) => (i % 2 === 0 && one === name ? [headers[i + 1]!] : []));

interface Head {
  status: number;
  headers: string[];
  keepsAlive: boolean;
}

/** How the end of a body is known. */
type Framing = { by: 'length'; left: number } | { by: 'chunks' } | { by: 'close' };

/** Reads one response after the other from what a connection brings. */
export class ResponseReader {
  #pending: Buffer | undefined;
  #head: Head | undefined;
  #framing: Framing | undefined;
  #body: Buffer[] = [];
  #bytes = 0;
  /** Of the chunk that is being read; undefined: its size comes next; −1: after the last one, trailers. */
  #chunkLeft: number | undefined;

  /**
   * @returns the response, once it is whole; what came behind it would answer nothing that was asked
   * @throws MalformedResponse
   */
  push(bytes: Buffer): HttpResponse | undefined {
    let rest = this.#pending === undefined ? bytes : Buffer.concat([this.#pending, bytes]);
    this.#pending = undefined;
    while (this.#framing === undefined) {
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0 || end > MOST_HEAD_BYTES) {
        if (rest.length > MOST_HEAD_BYTES)
          throw new MalformedResponse(`its head is longer than ${MOST_HEAD_BYTES} bytes`);
        this.#pending = rest;
        return undefined;
      }
      this.#takeHead(rest.toString('latin1', 0, end));
      rest = rest.subarray(end + 4);
    }
    const left = this.#takeBody(rest);
    if (left === undefined) return undefined;
    return this.#whole(left.length === 0);
  }

  /** The connection has ended: so has a body that has no other end. @returns undefined if a response was cut short */
  end(): HttpResponse | undefined {
    return this.#framing?.by === 'close' ? this.#whole(false) : undefined;
  }

  #takeHead(text: string): void {
    const [first = '', ...lines] = text.split('\r\n');
    const [, minor, code] = /^HTTP\/1\.(\d) ([1-9]\d\d)(?: |$)/.exec(first) ?? [];
    if (minor === undefined)
      throw new MalformedResponse(`it begins with ${JSON.stringify(first.slice(0, 40))}`);
    const status = Number(code);
    // An interim one: the response is still to come.
    if (status < 200) {
      if (status === 101) throw new MalformedResponse('it switches to another protocol');
      return;
    }
    const headers: string[] = [];
    for (const line of lines) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon);
      if (colon <= 0 || /[\s]/.test(name))
        throw new MalformedResponse(`a header line is ${JSON.stringify(line.slice(0, 40))}`);
      headers.push(name.toLowerCase(), line.slice(colon + 1).trim());
    }
    const head = { status, headers, keepsAlive: false };
    this.#framing = framingOf(head);
    head.keepsAlive = this.#framing.by !== 'close' && staysOpen(head, minor);
    this.#head = head;
  }

  /** @returns what comes behind the body; undefined: it is not over yet */
  #takeBody(bytes: Buffer): Buffer | undefined {
    const framing = this.#framing!;
    if (framing.by === 'chunks') return this.#takeChunks(bytes);
    const own = framing.by === 'close' ? bytes : bytes.subarray(0, framing.left);
    this.#keep(own);
    if (framing.by === 'close') return undefined;
    framing.left -= own.length;
    return framing.left === 0 ? bytes.subarray(own.length) : undefined;
  }

  #takeChunks(bytes: Buffer): Buffer | undefined {
    let rest = bytes;
    for (;;) {
      if (this.#chunkLeft !== undefined && this.#chunkLeft > 0) {
        const own = rest.subarray(0, this.#chunkLeft);
        this.#keep(own);
        this.#chunkLeft -= own.length;
        rest = rest.subarray(own.length);
        if (this.#chunkLeft > 0) return undefined;
      }
      const end = rest.indexOf('\r\n');
      if (end < 0) {
        if (rest.length > MOST_HEAD_BYTES) throw new MalformedResponse('a chunk has no size');
        this.#pending = rest;
        return undefined;
      }
      const line = rest.toString('latin1', 0, end);
      rest = rest.subarray(end + 2);
      if (this.#chunkLeft === 0) {
        if (line !== '') throw new MalformedResponse('a chunk is longer than its size');
        this.#chunkLeft = undefined;
      } else if (this.#chunkLeft === undefined) {
        this.#chunkLeft = chunkSize(line) || -1;
      } else if (line === '') {
        return rest; // what came before were trailers, which say nothing to us
      }
    }
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#bytes += bytes.length;
    if (this.#bytes > MOST_BODY_BYTES)
      throw new MalformedResponse(`its body is longer than ${MOST_BODY_BYTES} bytes`);
    this.#body.push(bytes);
  }

  #whole(clean: boolean): HttpResponse {
    const { status, headers, keepsAlive } = this.#head!;
    const body = this.#body.length === 1 ? this.#body[0]! : Buffer.concat(this.#body);
    this.#head = undefined;
    this.#framing = undefined;
    this.#chunkLeft = undefined;
    this.#body = [];
    this.#bytes = 0;
    return { status, headers, body, keepsAlive: keepsAlive && clean };
  }
}

function framingOf(head: Head): Framing {
  if (head.status === 204 || head.status === 304) return { by: 'length', left: 0 };
  const codings = headersOf(head, 'transfer-encoding').join(',').toLowerCase();
  if (codings !== '') {
    if (codings.trim() === 'chunked') return { by: 'chunks' };
    throw new MalformedResponse(`its transfer-encoding is ${codings}, which was not asked for`);
  }
  const lengths = new Set(headersOf(head, 'content-length').flatMap((value) => value.split(/\s*,\s*/)));
  if (lengths.size === 0) return { by: 'close' };
  const [length = ''] = lengths;
  if (lengths.size > 1 || !/^\d{1,15}$/.test(length)) {
    throw new MalformedResponse(`its content-length is ${[...lengths].join(', ')}`);
  }
  return { by: 'length', left: Number(length) };
}

/** HTTP/1.1 keeps a connection unless it is told otherwise, HTTP/1.0 the other way round. */
function staysOpen(head: Head, minor: string): boolean {
  const said = headersOf(head, 'connection').join(',').toLowerCase();
  if (/(^|[\s,])close($|[\s,])/.test(said)) return false;
  return minor !== '0' || /(^|[\s,])keep-alive($|[\s,])/.test(said);
}

function chunkSize(line: string): number {
  // What follows a semicolon is an extension of the chunk.
  const [, digits] = /^([\da-fA-F]{1,12})[ \t]*(?:;|$)/.exec(line) ?? [];
  if (digits === undefined)
    throw new MalformedResponse(`the size of a chunk is ${JSON.stringify(line.slice(0, 40))}`);
  return Number.parseInt(digits, 16);
}
