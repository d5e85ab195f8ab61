import type { Sale } from '../../strategies/contract.ts';
import type { OperationColumns } from '../history/columns.ts';
import type { Evidence } from './checker.ts';
import { contextOf } from './context.ts';
import { orderByTime } from './order.ts';
import { CONFIRM, DONE, RESTOCK, SOLD, UNKNOWN, type Requests } from './requests.ts';

/**
 * Units that are acknowledged and not yet being released, through time. A unit counts from its acknowledgement to
 * the first invocation of a release: while both are true, somebody surely has it.
 */
class Timeline {
  readonly #times: number[] = [];
  readonly #units: number[] = [];
  readonly #requests: number[] = [];

  /** @param request of an acknowledgement; −1 where units only become free */
  add(time: number, units: number, request: number): void {
    this.#times.push(time);
    this.#units.push(units);
    this.#requests.push(request);
  }

  /** In the order of time; what makes room comes first, because at the same time the order is unknown. */
  *inOrder(): Generator<{ units: number; request: number }> {
    const count = this.#times.length;
    const rows = orderByTime(Float64Array.from(this.#times), count);
    for (let from = 0, to = 0; from < count; from = to) {
      while (to < count && this.#times[rows[to]!] === this.#times[rows[from]!]) to++;
      for (const makesRoom of [true, false]) {
        for (let i = from; i < to; i++) {
          const units = this.#units[rows[i]!]!;
          if (units < 0 === makesRoom) yield { units, request: this.#requests[rows[i]!]! };
        }
      }
    }
  }
}

/** Whether more was acknowledged and not given back than was put on sale, at any instant. */
export function oversoldAtSomeInstant(
  sale: Sale,
  operations: OperationColumns,
  requests: Requests,
): Evidence | undefined {
  const everAcknowledged = requests.quantity.reduce(
    (sum, quantity, r) => (requests.acknowledgedAt[r] === Infinity ? sum : sum + quantity),
    0,
  );
  if (everAcknowledged <= sale.stock) return undefined;
  const timeline = new Timeline();
  for (let r = 0; r < requests.count; r++) addHolding(timeline, requests, r);
  for (let row = 0; row < operations.length; row++) {
    const outcome = operations.outcome[row];
    if (operations.op[row] === RESTOCK && (outcome === DONE || outcome === UNKNOWN)) {
      timeline.add(operations.invoked[row]!, -operations.quantity[row]!, -1);
    }
  }
  let out = 0;
  let most = sale.stock;
  let first = -1;
  for (const { units, request } of timeline.inOrder()) {
    out += units;
    if (out <= sale.stock) continue;
    if (first === -1) first = request;
    most = Math.max(most, out);
  }
  if (first === -1) return undefined;
  const name = operations.strings.text(requests.name[first]!);
  return {
    property: 'oversell',
    message:
      `${name} was acknowledged when everything on sale had already been acknowledged to others; ` +
      `at the worst instant ${most - sale.stock} too many`,
    units: most - sale.stock,
    requests: [name],
    operations: contextOf(operations, rowOfAcknowledgement(operations, requests, first)),
  };
}

/** Whether a user had more acknowledged and not given back than the limit, at any instant. */
export function overLimitAtSomeInstant(
  sale: Sale,
  operations: OperationColumns,
  requests: Requests,
): Evidence | undefined {
  const limit = sale.perUserLimit;
  if (limit === undefined) return undefined;
  const ever = new Float64Array(operations.strings.size);
  for (let r = 0; r < requests.count; r++) {
    if (requests.acknowledgedAt[r] !== Infinity) ever[requests.user[r]!]! += requests.quantity[r]!;
  }
  const timeline = new Timeline();
  for (let r = 0; r < requests.count; r++) {
    if (ever[requests.user[r]!]! > limit) addHolding(timeline, requests, r);
  }
  const held = new Float64Array(operations.strings.size);
  for (const { units, request } of timeline.inOrder()) {
    const user = requests.user[request]!;
    held[user]! += units;
    if (held[user]! <= limit) continue;
    const name = operations.strings.text(requests.name[request]!);
    return {
      property: 'user-limit',
      message: `${operations.strings.text(user)} was acknowledged ${held[user]} units with ${name}; the limit is ${limit}`,
      units: held[user]! - limit,
      requests: [name],
      operations: contextOf(operations, rowOfAcknowledgement(operations, requests, request), user),
    };
  }
  return undefined;
}

function addHolding(timeline: Timeline, requests: Requests, r: number): void {
  const from = requests.acknowledgedAt[r]!;
  const until = requests.releasedAt[r]!;
  if (from >= until) return;
  timeline.add(from, requests.quantity[r]!, r);
  if (until !== Infinity) timeline.add(until, -requests.quantity[r]!, r);
}

const acknowledges = ({ op, outcome }: OperationColumns, row: number, { confirmed }: Requests): boolean =>
  confirmed ? op[row] === CONFIRM && outcome[row] === DONE : outcome[row] === SOLD;

/** There is one: that is where the instant is from. */
const rowOfAcknowledgement = (operations: OperationColumns, requests: Requests, r: number): number =>
  requests.ofOperation.findIndex(
    (of, row) =>
      of === r &&
      acknowledges(operations, row, requests) &&
      operations.completed[row] === requests.acknowledgedAt[r],
  );
