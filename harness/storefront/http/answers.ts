import {
  ANSWERS,
  RETRY_AFTER_S,
  type AnswerCode,
  type StorefrontAnswer,
} from '../../documents/storefront.ts';
import type { Told } from '../shop.ts';

type Headers = Readonly<Record<string, string>>;

/** Made so that Node's adapter writes it as it is; `Response.json` would go through a web stream. */
export const jsonResponse = (body: object, status: number, headers: Headers = JSON_HEADERS): Response =>
  new Response(JSON.stringify(body), { status, headers });

/** What is told of a sale is true now, and for who asked. */
const FOR_NOW: Headers = { 'cache-control': 'no-store' };
const JSON_HEADERS: Headers = { 'content-type': 'application/json', ...FOR_NOW };

/** Those of every answer, made once: an answer is part of what each purchase costs. */
const HEADERS = new Map<AnswerCode, { json: Headers; words: Headers }>();
for (const code of Object.keys(ANSWERS) as AnswerCode[]) {
  const seconds = RETRY_AFTER_S[code];
  const own = {
    ...(seconds !== undefined && { 'retry-after': String(seconds) }),
    // The rest of it is not read.
    ...(code === 'too-large' && { connection: 'close' }),
  };
  HEADERS.set(code, { json: { ...JSON_HEADERS, ...own }, words: { ...FOR_NOW, ...own } });
}

/** An answer as it goes out: JSON, with its status and its words. */
export function respond(told: Told, detail?: string): Response {
  const { status, says } = ANSWERS[told.code];
  const message = detail === undefined ? says : `${says}: ${detail}`;
  return jsonResponse({ ...told, message } satisfies StorefrontAnswer, status, HEADERS.get(told.code)!.json);
}

/** The same as the article's client expects it: a status, and words. */
export function respondInWords({ code }: Told): Response {
  const { status, says } = ANSWERS[code];
  return new Response(says, { status, headers: HEADERS.get(code)!.words });
}
