import { UsageError } from '../errors.ts';

/** The strategy does something that cannot be explored soundly; it is refused by name, never silently passed. */
export class CannotExplore extends UsageError {
  constructor(message: string, remedy: string) {
    super('CANNOT_EXPLORE', message, remedy);
  }
}

/**
 * What was assumed to make the search smaller turned out wrong for this strategy (a key watched that was not
 * observed, buyers that are not interchangeable): search again without the assumption.
 */
export class StartAgain extends Error {
  override readonly cause: 'watched-key' | 'symmetry';

  constructor(cause: 'watched-key' | 'symmetry', message: string) {
    super(message);
    this.name = 'StartAgain';
    this.cause = cause;
  }
}
