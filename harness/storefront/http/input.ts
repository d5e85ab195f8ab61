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

/** The request's body, as the schema has it. @throws Refusal */
export async function bodyOf<T extends z.ZodType>(request: Request, schema: T): Promise<z.infer<T>> {
  const type = request.headers.get('content-type') ?? '';
  // Not what a form on a foreign page can send: a browser asks before it sends JSON elsewhere.
  if (!/^application\/json\s*(;|$)/i.test(type)) throw new Refusal('not-json');
  let body: unknown;
  try {
    body = JSON.parse(await request.text());
  } catch (error) {
    if (error instanceof SyntaxError) throw new Refusal('bad-input', 'the body is no JSON');
    throw new Refusal('too-slow'); // it never came whole
  }
  return read(body, schema);
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
