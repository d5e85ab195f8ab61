import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { firstFault } from '../../documents/read-json.ts';
import type { AnswerCode } from '../../documents/storefront.ts';

/** What keeps a request from being understood. */
export class Refusal extends Error {
  readonly code: AnswerCode;

  constructor(code: AnswerCode, detail?: string) {
    super(detail);
    this.name = 'Refusal';
    this.code = code;
  }
}

/** No request needs more. */
const MOST_BYTES = 4_096;

/**
 * The request's body, as the schema has it. Read from Node's own stream: as a web stream it would cost more than the sale.
 * @throws Refusal
 */
export async function bodyOf<T extends z.ZodType>(incoming: IncomingMessage, schema: T): Promise<z.infer<T>> {
  const { 'content-type': type = '', 'content-length': length } = incoming.headers;
  if (Number(length ?? 0) > MOST_BYTES) throw new Refusal('too-large');
  // Not what a form on a foreign page can send: a browser asks before it sends JSON elsewhere.
  if (!/^application\/json\s*(;|$)/i.test(type)) throw new Refusal('not-json');
  const text = await textOf(incoming);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Refusal('bad-input', 'the body is no JSON');
  }
  return read(body, schema);
}

/** @throws Refusal if it does not come whole, or does not end */
function textOf(incoming: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MOST_BYTES) chunks.push(chunk);
      else reject(new Refusal('too-large'));
    });
    const broken = (): void => reject(new Refusal('too-slow'));
    incoming.once('error', broken);
    incoming.once('close', broken);
    incoming.once('end', () => {
      incoming.off('close', broken); // each request closes, and an error is dear to make
      resolve(Buffer.concat(chunks).toString());
    });
  });
}

/** What stands in the query, each name once. @throws Refusal */
export function queryOf<T extends z.ZodType>(query: URLSearchParams, schema: T): z.infer<T> {
  const names = [...query.keys()];
  if (new Set(names).size < names.length) throw new Refusal('bad-input', 'a name stands twice in the query');
  return read(Object.fromEntries(query), schema);
}

/** @throws Refusal */
export function read<T extends z.ZodType>(value: unknown, schema: T): z.infer<T> {
  const { success, data, error } = schema.safeParse(value);
  if (!success) throw new Refusal('bad-input', firstFault(error));
  return data;
}
