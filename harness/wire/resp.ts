/**
 * RESP as the explorer needs it: where one message ends, so that its bytes can be passed on verbatim, and what it
 * says, for people and for comparisons. Bytes are held as latin1 strings: one character a byte, cheap to compare
 * and to use as map keys.
 * Source: https://redis.io/docs/latest/develop/reference/protocol-spec/
 */

/** A decoded reply; maps and sets keep their kind because their order means nothing. */
export type Reply =
  | null
  | number
  | string
  | { kind: 'error'; message: string }
  | { kind: 'array' | 'set' | 'map' | 'push'; items: Reply[] };

/** End of the message that starts at `from`, or -1 while it is incomplete. */
export function messageEnd(bytes: string, from: number): number {
  let at = from;
  for (let open = 1; open > 0; open--) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return -1;
    const length = Number(bytes.slice(at + 1, lineEnd));
    const type = bytes[at];
    at = lineEnd + 2;
    if (type === '$' || type === '=' || type === '!') {
      if (length >= 0) at += length + 2;
      if (at > bytes.length) return -1;
    } else if (type === '*' || type === '~' || type === '>') {
      if (length > 0) open += length;
    } else if (type === '%' || type === '|') {
      open += 2 * length + (type === '|' ? 1 : 0);
    }
  }
  return at;
}

/** How many complete messages these bytes are. */
export function messagesIn(bytes: string): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at = messageEnd(bytes, at)) count++;
  return count;
}

/** Decodes one complete message. */
export function decode(bytes: string): Reply {
  return decodeAt(bytes, { at: 0 });
}

function decodeAt(bytes: string, cursor: { at: number }): Reply {
  const lineEnd = bytes.indexOf('\r\n', cursor.at);
  const type = bytes[cursor.at]!;
  const line = bytes.slice(cursor.at + 1, lineEnd);
  cursor.at = lineEnd + 2;
  switch (type) {
    case '+':
    case '(':
      return line;
    case '-':
      return { kind: 'error', message: line };
    case ':':
    case ',':
      return Number(line);
    case '#':
      return line === 't' ? 1 : 0;
    case '_':
      return null;
    case '$':
    case '=':
    case '!': {
      const length = Number(line);
      if (length < 0) return null;
      const text = bytes.slice(cursor.at, cursor.at + length);
      cursor.at += length + 2;
      if (type === '!') return { kind: 'error', message: text };
      return type === '=' ? text.slice(4) : text;
    }
    case '|':
      for (let i = 0; i < 2 * Number(line); i++) decodeAt(bytes, cursor);
      return decodeAt(bytes, cursor);
    case '*':
    case '~':
    case '>':
    case '%': {
      const length = Number(line);
      if (length < 0) return null;
      const items: Reply[] = [];
      for (let i = 0; i < (type === '%' ? 2 * length : length); i++) items.push(decodeAt(bytes, cursor));
      const kind = type === '*' ? 'array' : type === '~' ? 'set' : type === '%' ? 'map' : 'push';
      return { kind, items };
    }
    default:
      throw new Error(`these bytes are not RESP: ${JSON.stringify(bytes.slice(0, 40))}`);
  }
}

/**
 * The same message with the members of sets and the entries of maps in byte order. Redis promises no order for
 * them, and a restored set may come in another one.
 */
export function sortUnordered(bytes: string): string {
  if (!/[~%]/.test(bytes)) return bytes;
  const sortAt = (from: number): { text: string; end: number } => {
    const type = bytes[from]!;
    if (!'*~>%'.includes(type)) {
      const end = messageEnd(bytes, from);
      return { text: bytes.slice(from, end), end };
    }
    const lineEnd = bytes.indexOf('\r\n', from);
    const length = Math.max(0, Number(bytes.slice(from + 1, lineEnd)));
    const entries: string[] = [];
    let end = lineEnd + 2;
    for (let i = 0; i < length; i++) {
      let entry = '';
      for (let part = type === '%' ? 2 : 1; part > 0; part--) {
        const sorted = sortAt(end);
        entry += sorted.text;
        end = sorted.end;
      }
      entries.push(entry);
    }
    if (type === '~' || type === '%') entries.sort(byBytes);
    return { text: bytes.slice(from, lineEnd + 2) + entries.join(''), end };
  };
  return sortAt(0).text;
}

/** Order of strings by their characters, never by locale. */
export const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A command as a client sends it: an array of bulk strings (arguments as latin1). */
export function encodeCommand(args: readonly string[]): string {
  let text = `*${args.length}\r\n`;
  for (const arg of args) text += `$${arg.length}\r\n${arg}\r\n`;
  return text;
}

/** The arguments (latin1) of a command's bytes. @throws Error if the bytes are no command */
export function decodeCommand(bytes: string): string[] {
  const reply = decode(bytes);
  if (typeof reply !== 'object' || reply === null || reply.kind !== 'array') {
    throw new Error(`these bytes are not a command: ${JSON.stringify(bytes.slice(0, 40))}`);
  }
  return reply.items.map(String);
}

/** For people: utf-8 where the bytes are. */
export const readable = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');

/** Deeper than people read, and than a script has any reason to nest. */
const DEEPEST = 20;

/** A reply in one line, for people. */
export function showReply(reply: Reply, depth = 0): string {
  if (reply === null) return 'nil';
  if (typeof reply === 'number') return String(reply);
  if (typeof reply === 'string') return readable(reply);
  if (reply.kind === 'error') return `(error) ${readable(reply.message)}`;
  if (depth === DEEPEST) return '[…]';
  return `[${reply.items.map((item) => showReply(item, depth + 1)).join(', ')}]`;
}
