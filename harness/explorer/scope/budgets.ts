import type { Scope } from '../../documents/scope.ts';
import {
  ASKING,
  ATTEMPT_FAULTS,
  CLOCK_FAULTS,
  DISTURBING,
  EXTRAS,
  faultRow,
  furtherAttempts,
  LOSING_DATA,
  furtherReleases,
  RELEASE_FAULTS,
  type ConnectionEvent,
  type ConnectionFault,
  type Extra,
  type OnItsWay,
} from '../../documents/faults.ts';
import { faultsOfConnection } from '../../documents/fault-events.ts';
import { UsageError } from '../../ground/errors.ts';

/** A packed integer has to be a positive one of 32 bits. */
const MOST_BITS = 30;

/** How often each extra may happen in the scope. */
export const amountsOf = ({
  faults,
  releases,
  restocks,
  jobs,
  confirms = 0,
}: Scope): Record<Extra, number> => ({
  ...faults,
  release: releases,
  restock: restocks,
  job: jobs,
  confirm: confirms,
  // Once is enough to be late.
  late: Math.min(1, confirms),
  lag: 0,
});

/**
 * What may still happen beside the purchases, packed into one integer that is part of each state: as many bits as
 * the scope's own budget takes for each extra that it has at all, so that any number of kinds of faults may exist.
 */
export class Budgets {
  /** Everything that the scope allows. */
  readonly whole: number;
  readonly #attempts: number;
  readonly #fields = new Map<Extra, { shift: number; mask: number }>();
  readonly #disturbing: number;
  readonly #asking: number;
  readonly #paying: number;
  readonly #delaying: number;
  readonly #ofTill: number;
  readonly #striking: number;
  /** The server keeps no log of what is written. */
  readonly #forgets: boolean;
  readonly #releases: number;

  /** @throws UsageError if the scope has more extras than fit: one more would be read as another */
  constructor(scope: Scope) {
    const amounts = amountsOf(scope);
    const had = EXTRAS.filter((extra) => amounts[extra] > 0);
    let shift = 0;
    let whole = 0;
    for (const extra of had) {
      const bits = 32 - Math.clz32(amounts[extra]);
      if (shift + bits > MOST_BITS) {
        throw new UsageError(
          'BAD_SCOPE',
          `the scope has more faults and requests than fit into one exploration: ${had.map((one) => `${one}=${amounts[one]}`).join(', ')}`,
          `explore them separately; the extras up to ${extra} fit together`,
        );
      }
      this.#fields.set(extra, { shift, mask: (1 << bits) - 1 });
      whole |= amounts[extra] << shift;
      shift += bits;
    }
    this.whole = whole;
    this.#attempts = furtherAttempts(scope.faults);
    // Background work concerns a buyer's process where it is done there, too.
    const concerns = (extra: Extra): boolean => extra !== 'job' || scope.workers === 'everywhere';
    this.#disturbing = this.#maskOf(DISTURBING.filter(concerns));
    this.#forgets = LOSING_DATA.some((fault) => scope.faults[fault] > 0);
    this.#striking = this.#maskOf(DISTURBING.filter((extra) => faultRow(extra).hits !== 'office'));
    this.#asking = this.#maskOf(ASKING.filter(concerns));
    this.#paying = this.#maskOf(['confirm', 'late']);
    this.#ofTill = this.#paying | this.#maskOf(RELEASE_FAULTS);
    this.#releases = scope.releases + furtherReleases(scope.faults);
    this.#delaying = this.#maskOf(CLOCK_FAULTS) & ~this.#paying;
  }

  /** How often it may still happen; of a part of a fault, how often that may. */
  left(packed: number, extra: Extra): number {
    const field = this.#fields.get(faultRow(extra).partOf ?? extra);
    return field === undefined ? 0 : (packed >>> field.shift) & field.mask;
  }

  /** What is left after it has happened once more. @throws RangeError if nothing was left of it */
  spend(packed: number, extra: Extra): number {
    if (this.left(packed, extra) === 0) throw new RangeError(`no ${extra} is left to spend`);
    return faultRow(extra).partOf === undefined ? packed - (1 << this.#fields.get(extra)!.shift) : packed;
  }

  /** Of how many further attempts the first so many have been made: they are numbered in that order. */
  attemptsUsed(packed: number): number {
    return ATTEMPT_FAULTS.reduce((used, fault) => used - this.left(packed, fault), this.#attempts);
  }

  /** Whether time may still pass while something is under way. */
  delaying(packed: number): boolean {
    return (packed & this.#delaying) !== 0;
  }

  /** Whether nothing happens but that buyers buy, and confirm. */
  get nothingElse(): boolean {
    return (this.whole & ~this.#paying) === 0;
  }

  /** Whether a crash or a cut may still come between any two steps of an instance. */
  disturbing(packed: number): boolean {
    return (packed & this.#disturbing) !== 0;
  }

  /**
   * Whether a process died, a connection broke or a command timed out, or whoever asks the server what stands behind it may
   * be told so little that they answer with an error. Background work is no reason for one.
   *
   * @param stopped replicas that do not follow any more
   */
  struck(packed: number, stopped: number): boolean {
    return stopped > 0 || this.#forgets || (packed & this.#striking) !== (this.whole & this.#striking);
  }

  /** Whether an instance may still be asked for something after its purchases are answered. */
  asking(packed: number): boolean {
    return (packed & this.#asking) !== 0;
  }

  /** The same, but for what the till may be asked for. */
  askingToo(packed: number): boolean {
    return (packed & this.#asking & ~this.#ofTill) !== 0;
  }

  /** Whether a buyer may still release something. */
  releasing(packed: number): boolean {
    return this.releasesUsed(packed) < this.#releases;
  }

  /** How many releases were asked for, cancellations among them: they are numbered in that order. */
  releasesUsed(packed: number): number {
    return RELEASE_FAULTS.reduce(
      (used, fault) => used - this.left(packed, fault),
      this.#releases - this.left(packed, 'release'),
    );
  }

  /** What can pay for an event of a connection; empty if nothing can. */
  pricesOf(packed: number, event: ConnectionEvent, way: OnItsWay): ConnectionFault[] {
    return faultsOfConnection(event, way).filter((fault) => this.left(packed, fault) > 0);
  }

  #maskOf(extras: readonly Extra[]): number {
    return extras.reduce((bits, extra) => {
      const field = this.#fields.get(extra);
      return field === undefined ? bits : bits | (field.mask << field.shift);
    }, 0);
  }
}
