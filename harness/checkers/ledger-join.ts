import type { RecordedSale } from '../../strategies/contract.ts';
import { OUTCOMES, type Outcome } from '../documents/vocabulary.ts';
import type { OperationColumns } from '../history/columns.ts';
import { LedgerColumns } from '../history/ledger.ts';
import type { StringTable } from '../history/string-table.ts';
import {
  beyond,
  claimed,
  dealtByUser,
  outcomeOfAttempts,
  paid,
  type Joined,
  type LedgerEntry,
  type RequestFacts,
} from './facts.ts';
import { ALREADY_YOURS, DONE, had, type Requests } from './requests.ts';

/** The same facts as the explorer gathers at rest, beside the ledger. */
export function joinLedger(
  requests: Requests,
  operations: OperationColumns,
  recorded: Iterable<RecordedSale>,
): Joined {
  const { strings } = operations;
  const ledger = LedgerColumns.from(recorded, strings);
  const numbers = new Int32Array(strings.size).fill(-1);
  for (let r = 0; r < requests.count; r++) numbers[requests.name[r]!] = r;
  /** By request: the units of all its entries, and the user of its first; −1 if there is none. */
  const units = new Float64Array(requests.count);
  const user = new Int32Array(requests.count).fill(-1);
  const unasked: number[] = [];
  const nobody = strings.intern('');
  const users = new Set(requests.user);
  // As in `joinByName`.
  const isOf = (asker: number, named: number): boolean => asker === named || !users.has(named);
  /** Units of lines that name no request, by user. */
  const nameless = new Map<number, number>();
  for (let row = 0; row < ledger.length; row++) {
    const r = numbers[ledger.request[row]!]!;
    if (ledger.request[row] === nobody && users.has(ledger.user[row]!)) {
      const before = nameless.get(ledger.user[row]!) ?? 0;
      nameless.set(ledger.user[row]!, before + ledger.quantity[row]!);
      continue;
    }
    if (r === -1 || !isOf(requests.user[r]!, ledger.user[row]!)) {
      unasked.push(row);
      continue;
    }
    units[r]! += ledger.quantity[row]!;
    if (user[r] === -1) user[r] = ledger.user[row]!;
  }
  const all = new FactsOfUsers(requests, operations);
  for (const [of, lines] of nameless) {
    const own = all.of(of);
    const shares = dealtByUser(
      lines,
      own.map((r) => {
        const { quantity, outcome, released, releasedUnknown } = all.facts(r);
        return beyond({ quantity, outcome, released, releasedUnknown }, units[r]!);
      }),
    );
    own.forEach((r, i) => {
      units[r]! += shares[i]!;
      if (user[r] === -1) user[r] = of;
    });
  }
  function* join(): Generator<readonly [RequestFacts, LedgerEntry | undefined]> {
    for (let r = 0; r < requests.count; r++) {
      const entry = user[r] === -1 ? undefined : new EntryOfRequest(strings, user[r]!, units[r]!);
      yield [all.facts(r), entry];
    }
  }
  const claimants = new Set([...all.claimants].map((of) => strings.text(of)));
  return { requests: join(), claimants, unasked: () => unasked.map((row) => ledger.at(row)) };
}

class EntryOfRequest implements LedgerEntry {
  readonly quantity: number;
  readonly #strings: StringTable;
  readonly #user: number;

  constructor(strings: StringTable, user: number, quantity: number) {
    this.quantity = quantity;
    this.#strings = strings;
    this.#user = user;
  }

  get userId(): string {
    return this.#strings.text(this.#user);
  }
}

/** Names are read when somebody asks for them: of a million, few are. */
class FactsOfRequest implements RequestFacts {
  readonly quantity: number;
  readonly outcome: Outcome;
  readonly resent: boolean;
  readonly released: number;
  readonly releasedUnknown: number;
  readonly soldAnew: boolean;
  readonly stuck: boolean;
  readonly onHold: boolean;
  readonly #requests: Requests;
  readonly #strings: StringTable;
  readonly #r: number;

  constructor(requests: Requests, { strings }: OperationColumns, r: number, isClaimed: boolean) {
    const last = OUTCOMES[requests.last[r]!]!;
    const releases = requests.releases[r]!;
    // A release surely freed the units only if the sale was over before it began.
    const certain = had(releases, DONE) && requests.settledAt[r]! < requests.releasedAt[r]!;
    this.quantity = requests.quantity[r]!;
    const asked = requests.attempts[r]! > 1;
    this.resent = asked || requests.timesConfirmed[r]! > 1;
    const attempts = asked ? [...outcomesIn(requests.outcomes[r]!), last] : [last];
    const { outcome, onHold = false } = requests.confirmed
      ? paid(attempts, outcomesIn(requests.confirms[r]!))
      : { outcome: outcomeOfAttempts(attempts) };
    this.outcome = isClaimed ? 'sold' : outcome;
    this.onHold = onHold;
    this.released = certain ? this.quantity : 0;
    this.releasedUnknown = releases !== 0 && !certain ? this.quantity : 0;
    this.soldAnew = !requests.confirmed && requests.releasedBy[r]! < requests.soldFrom[r]!;
    this.stuck = last === 'gave-up';
    this.#requests = requests;
    this.#strings = strings;
    this.#r = r;
  }

  get requestId(): string {
    return this.#strings.text(this.#requests.name[this.#r]!);
  }

  get userId(): string {
    return this.#strings.text(this.#requests.user[this.#r]!);
  }
}

const outcomesIn = (outcomes: number): Outcome[] => OUTCOMES.filter((_, code) => had(outcomes, code));

/** The requests' facts, where those of one user have to be seen together. */
class FactsOfUsers {
  /** Users who were told `already-yours`. */
  readonly claimants = new Set<number>();
  readonly #requests: Requests;
  readonly #operations: OperationColumns;
  /** Requests that were sold, as somebody who was told `already-yours` has what they took. */
  readonly #claimed = new Set<number>();
  #ofUsers: Map<number, number[]> | undefined;

  constructor(requests: Requests, operations: OperationColumns) {
    this.#requests = requests;
    this.#operations = operations;
    const { outcomes, user, count } = requests;
    for (let r = 0; r < count; r++) if (had(outcomes[r]!, ALREADY_YOURS)) this.claimants.add(user[r]!);
    for (const one of this.claimants) {
      const own = this.of(one);
      const told = own.map((r) => ({
        outcome: this.facts(r).outcome,
        claims: had(outcomes[r]!, ALREADY_YOURS),
        // Nobody recorded whether its client sent it again.
        resent: false,
      }));
      const r = own[claimed(told)];
      if (r !== undefined) this.#claimed.add(r);
    }
  }

  /** The user's requests, in the order in which the history names them. */
  of(user: number): number[] {
    if (!this.#ofUsers) {
      this.#ofUsers = new Map();
      for (let r = 0; r < this.#requests.count; r++) {
        const own = this.#ofUsers.get(this.#requests.user[r]!);
        if (own) own.push(r);
        else this.#ofUsers.set(this.#requests.user[r]!, [r]);
      }
    }
    return this.#ofUsers.get(user) ?? [];
  }

  facts(r: number): FactsOfRequest {
    return new FactsOfRequest(this.#requests, this.#operations, r, this.#claimed.has(r));
  }
}
