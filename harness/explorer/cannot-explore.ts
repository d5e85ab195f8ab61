import { UsageError } from '../ground/errors.ts';

/** The strategy does something that cannot be explored soundly; it is refused by name, never silently passed. */
export class CannotExplore extends UsageError {
  constructor(message: string, remedy: string) {
    super('CANNOT_EXPLORE', message, remedy);
  }
}

/** A process could not make its seller, as when the product is gone. */
export class SellerFailed extends CannotExplore {}

/** The code chose (`env.pick`), or the server drew, where no answer was given: run the event again with each of them. */
export class OpenPick extends Error {
  readonly given: readonly number[];
  readonly choices: number;

  constructor(given: readonly number[], choices: number) {
    super(`a choice among ${choices} needs an answer`);
    this.name = 'OpenPick';
    this.given = given;
    this.choices = choices;
  }
}

/**
 * What was assumed to make the search smaller turned out wrong for this strategy (a key watched that was not
 * observed, buyers that are not interchangeable, replies that matter together, an order or a time that
 * matters, packages or processes of a service that keep state, no confirm, nobody who asks for replicas): search again without the assumption.
 */
export class StartAgain extends Error {
  override readonly cause:
    | 'watched-key'
    | 'symmetry'
    | 'chunks'
    | 'shared-chunks'
    | 'too-many-chunks'
    | 'clock'
    | 'clock-read'
    | 'ticks'
    | 'orders'
    | 'packages'
    | 'confirms'
    | 'waits'
    | 'kept-by-service';

  constructor(cause: StartAgain['cause'], message: string) {
    super(message);
    this.name = 'StartAgain';
    this.cause = cause;
  }
}
