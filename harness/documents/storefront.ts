/** What the storefront takes and tells over HTTP: every body that goes in, every answer, every code. */
import { z } from 'zod';

/**
 * What an answer comes to, and its status. The code is for programs, and stays; the words are for people.
 *
 * 503 had surely no effect; after a 504 nobody knows, until the same token is asked again.
 */
export const ANSWERS = {
  success: { status: 200, says: 'Success' },
  created: { status: 201, says: 'the product is on sale' },
  'same-product': { status: 200, says: 'the product was on sale already, with this stock and limit' },
  released: { status: 200, says: 'the units are for sale again' },
  cancelled: { status: 200, says: 'nothing was sold to the token, and nothing will be' },
  reopened: { status: 200, says: 'the product is on sale again' },
  'sold-out': { status: 404, says: 'Sold Out' },
  'unknown-product': { status: 404, says: 'there is no such product' },
  'unknown-order': { status: 404, says: 'there is no such order' },
  'unknown-path': { status: 404, says: 'there is nothing at this path' },
  'method-not-allowed': { status: 405, says: 'not by this method' },
  'too-slow': { status: 408, says: 'the request did not arrive in time' },
  'limit-reached': { status: 409, says: 'the user holds as many units as one may' },
  'already-yours': { status: 409, says: 'the user holds units already' },
  'other-product': {
    status: 409,
    says: 'a product of this name is on sale with another stock or limit, which is never reset',
  },
  'not-closed': { status: 409, says: 'the product is on sale: only one that was closed can be opened again' },
  'token-released': { status: 410, says: 'the token was released or cancelled: make a new one to buy again' },
  'too-large': { status: 413, says: 'the body is larger than any request needs' },
  'not-json': { status: 415, says: 'send the body as application/json' },
  'bad-input': { status: 422, says: 'the request makes no sense' },
  'other-request': { status: 422, says: 'the token is that of another user, or of another quantity' },
  'admin-only': { status: 401, says: 'this needs the token of the administrator' },
  overloaded: { status: 429, says: 'too many requests are under way: ask again in a moment' },
  'not-supported': { status: 501, says: 'the strategy that sells here cannot do that' },
  contention: { status: 503, says: 'too many buyers at once, nothing was sold: ask again' },
  'stock-lost': { status: 503, says: 'the stock was lost: the product is closed until it is opened by hand' },
  'not-open': { status: 503, says: 'the product is about to be opened: ask again in a moment' },
  unavailable: { status: 503, says: 'not now, and nothing was sold: ask again in a moment' },
  unknown: { status: 504, says: 'nobody knows whether it took effect: ask again with the same token' },
} as const;
export type AnswerCode = keyof typeof ANSWERS;

/** How one can ask again: after so many seconds. */
export const RETRY_AFTER_S: Partial<Record<AnswerCode, number>> = {
  overloaded: 1,
  contention: 1,
  'not-open': 1,
  unavailable: 1,
  unknown: 1,
};

/** The name of a product: it is part of paths and of keys. */
export const productName = z
  .string()
  .regex(
    /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u,
    'give 1 to 64 letters, digits, blanks and . _ - that begin with a letter or digit',
  );
/** A token or a user: anything that can be shown. */
const word = z
  .string()
  .regex(/^[^\p{C}]{1,128}$/u, 'give 1 to 128 characters, none of them control characters');
const units = (least: number): z.ZodInt => z.int().min(least).max(Number.MAX_SAFE_INTEGER);

export const productRequestSchema = z.strictObject({
  name: productName,
  /** Units on sale. */
  stock: units(0),
  /** Most units that one user may hold. */
  perUserLimit: units(1).exactOptional(),
});
export type ProductRequest = z.infer<typeof productRequestSchema>;

/** How a product whose stock was lost is opened again: with so many units, beside those that are sold. */
export const reopenRequestSchema = z.strictObject({ stock: units(0) });

export const purchaseRequestSchema = z.strictObject({
  product: productName,
  user: word,
  /** Made by the client, and the same on every retry of one purchase. */
  token: word,
  quantity: units(1),
});
export type PurchaseBody = z.infer<typeof purchaseRequestSchema>;

/** The form of the article: `?product_name=phone&token=abc`. The token is the user, too, and buys one unit. */
export const articleFormSchema = z.strictObject({ product_name: productName, token: word });
export const releaseFormSchema = z.strictObject({ product: productName, user: word });
export const orderFormSchema = z.strictObject({ product: productName });
export const tokenSchema = word;

/** Where an order is: in the stream, in the order book, or given back. */
const ORDER_STATES = ['queued', 'stored', 'released'] as const;

const orderSchema = z.strictObject({
  product: z.string(),
  token: z.string(),
  user: z.string(),
  quantity: z.int(),
});

const productSchema = z.strictObject({
  name: z.string(),
  /** Units that were put on sale. */
  stock: z.int(),
  perUserLimit: z.int().exactOptional(),
  state: z.enum(['opening', 'open', 'closed']),
  /** Units left, as the store says; absent where it does not say. */
  left: z.int().exactOptional(),
  /** The product's data is read through a cache: how old what is shown here is, and how old it may become. */
  catalogue: z.strictObject({ ageMs: z.number(), maxAgeMs: z.number() }),
});

/** Any answer of the storefront but its pages. */
export const answerSchema = z.strictObject({
  code: z.enum(Object.keys(ANSWERS) as [AnswerCode, ...AnswerCode[]]),
  message: z.string(),
  order: orderSchema.exactOptional(),
  /** The order was sold before, and is the same again. */
  again: z.literal(true).exactOptional(),
  /** Units left right after the sale. */
  left: z.int().exactOptional(),
  product: productSchema.exactOptional(),
});
export type StorefrontAnswer = z.infer<typeof answerSchema>;

/** What `GET /orders/:token` answers; no units where the token was cancelled before it bought any. */
export const orderStateSchema = z.strictObject({
  product: z.string(),
  token: z.string(),
  quantity: z.int(),
  state: z.enum(ORDER_STATES),
});
export type OrderState = z.infer<typeof orderStateSchema>;

/** What `GET /products/:name/orders` answers: whoever holds units, by the order book and the stream together. */
export const ledgerSchema = z.strictObject({
  product: z.string(),
  orders: z.array(z.strictObject({ token: z.string(), user: z.string(), quantity: z.int() })),
});
export type Ledger = z.infer<typeof ledgerSchema>;

/** What `serve --json` prints when it has ended. */
export const serveReportSchema = z.strictObject({ description: z.string(), url: z.string().exactOptional() });
export type ServeReport = z.infer<typeof serveReportSchema>;
