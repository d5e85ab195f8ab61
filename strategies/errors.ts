/**
 * A failure that surely had no effect on the sale. Everything else that a purchase throws counts as
 * *unknown*: it may have taken units.
 *
 * Recognised by `isDefinite`, not by `instanceof`: each explored instance evaluates its modules afresh, as
 * separate processes do, so the same class exists many times.
 */
export class DefiniteError extends Error {
  readonly definite = true;
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The request or the sale makes no sense; nothing was sent to the store. */
export class InvalidInputError extends DefiniteError {
  constructor(message: string) {
    super('INVALID_INPUT', message);
  }
}

/** The product's stock key is not there: never opened, expired or evicted. Nothing was taken. */
export class MissingProductError extends DefiniteError {
  constructor(sku: string) {
    super(
      'MISSING_PRODUCT',
      `product "${sku}" has no stock in Redis: open the sale first, or find out what removed it`,
    );
  }
}

/** The token belongs to a request of another user, or for another quantity: nothing was sold, and nothing released. */
export class OtherRequestError extends DefiniteError {
  constructor(requestId: string) {
    super(
      'OTHER_REQUEST',
      `"${requestId}" is the token of another user, or of another quantity: make a new one for each purchase`,
    );
  }
}

/** The request gave its units back, for good: nothing was sold to it again. */
export class ReleasedError extends DefiniteError {
  constructor(requestId: string) {
    super('RELEASED', `"${requestId}" was released: make a new token to buy again`);
  }
}

/** @throws what a script's answer means, where it is none of a sale: `missing`, `given-back` or `other-request` */
export function requireFit(answer: string, sku: string, requestId: string): void {
  if (answer === 'missing') throw new MissingProductError(sku);
  if (answer === 'given-back') throw new ReleasedError(requestId);
  if (answer === 'other-request') throw new OtherRequestError(requestId);
}

/** The buyer confirms what has run out and is sold to others: nothing is taken, and the buyer is refunded. */
export class TooLateError extends DefiniteError {
  constructor(requestId: string) {
    super('TOO_LATE', `the hold of "${requestId}" ran out, and its units are sold: refund the buyer`);
  }
}

/** The strategy cannot do what the sale asks for; thrown by `open`, before anything is sold. */
export class UnsupportedError extends DefiniteError {
  constructor(strategy: string, feature: string) {
    super(
      'UNSUPPORTED',
      `${strategy} does not support ${feature}: choose a strategy that lists it (oversell list)`,
    );
  }
}

/** The store has the sale, and too few of its replicas do: whether it lasts is unknown, so this is no DefiniteError. */
export class NotReplicatedError extends Error {
  constructor(requestId: string) {
    super(`"${requestId}" may be sold: too few replicas have it yet. Ask again with the same requestId`);
    this.name = new.target.name;
  }
}

/** A row of this id is in the table beside Redis: nothing was written. The purchase may have taken units by then. */
export class RowExistsError extends Error {
  readonly code = 'ROW_EXISTS';

  constructor(store: string, id: string) {
    super(`${store} has a row "${id}" already`);
    this.name = new.target.name;
  }
}

/** A call of a store beside Redis failed: whether it took effect is unknown, so this is no DefiniteError. */
export class OutsideError extends Error {
  readonly code = 'OUTSIDE';

  constructor(store: string, call: string, options?: ErrorOptions) {
    super(`${store} did not answer: its ${call} may have taken effect`, options);
    this.name = new.target.name;
  }
}

/** Whether a thrown value proves that the purchase had no effect. */
export function isDefinite(error: unknown): error is DefiniteError {
  return error instanceof Error && (error as Partial<DefiniteError>).definite === true;
}
