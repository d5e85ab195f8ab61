import { ANSWERS, RETRY_AFTER_S, type StorefrontAnswer } from '../../documents/storefront.ts';
import type { Told } from '../shop.ts';

/** An answer as it goes out: JSON, with its status and its words. */
export function respond(told: Told, detail?: string): Response {
  const { status, says } = ANSWERS[told.code];
  const message = detail === undefined ? says : `${says}: ${detail}`;
  return jsonResponse({ ...told, message } satisfies StorefrontAnswer, status, headersOf(told));
}

/** The same as the article's client expects it: a status, and words. */
export function respondInWords(told: Told): Response {
  const { status, says } = ANSWERS[told.code];
  return new Response(says, { status, headers: headersOf(told) });
}

/** Made so that Node's adapter writes it as it is; `Response.json` would go through a web stream. */
export const jsonResponse = (body: object, status: number, headers: Record<string, string>): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
  });

function headersOf({ code }: Told): Record<string, string> {
  const seconds = RETRY_AFTER_S[code];
  // What is told of a sale is true now, and for who asked.
  return {
    'cache-control': 'no-store',
    ...(seconds !== undefined && { 'retry-after': String(seconds) }),
    // The rest of it is not read.
    ...(code === 'too-large' && { connection: 'close' }),
  };
}
