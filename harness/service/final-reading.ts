import type { RecordedSale } from '../../strategies/contract.ts';
import type { Service } from '../documents/service.ts';
import { systemClock as clock } from '../ground/ambient.ts';
import { UsageError } from '../ground/errors.ts';
import { answerTest } from './answers.ts';
import { HttpConnection } from './http/connection.ts';
import { requestTextOf } from './http/request.ts';
import { NOTHING_THERE, valueAt } from './json.ts';
import type { RunningService } from './running-service.ts';
import { askOf, parsed, requestIn, scalarIn } from './steps.ts';
import { fillOf, inRegex, type Values } from './template.ts';

/** How long orders may be on their way to where they are kept. */
const SETTLING_MS = 300_000;
const POLL_MS = 50;

/** Orders may still be on their way, so that nothing can be said of the ledger. */
export class NotSettled extends Error {
  readonly code = 'NOT_SETTLED';
}

/** What a service says of a sale at rest. */
export interface Reading {
  /** Units that can still be bought. */
  left: number;
  /** Null: it keeps no ledger. */
  recorded: RecordedSale[] | null;
}

/**
 * Waits until the service has settled, and reads what is left and who holds what.
 * @param values of the sale
 * @throws NotSettled if it does not settle; UsageError if what it says is not what its file says
 */
export async function readAtRest(
  running: RunningService,
  values: Values,
  signal?: AbortSignal,
): Promise<Reading> {
  const { service } = running.file;
  if (service.settled) await settled(service.settled, { running, values, signal });
  return {
    recorded: service.ledger ? await ledgerOf(service.ledger, running, values) : null,
    left: await leftOf(service.left, running, values),
  };
}

interface Within {
  running: RunningService;
  values: Values;
  signal: AbortSignal | undefined;
}

async function settled(
  { ask, until }: NonNullable<Service['settled']>,
  { running: { route }, values, signal }: Within,
): Promise<void> {
  const text = requestTextOf(requestIn(ask), route.host)(values);
  const isSettled = answerTest(until, values);
  const connection = new HttpConnection(route.address);
  const startNs = clock.monotonicNs();
  try {
    for (;;) {
      signal?.throwIfAborted();
      const response = await connection.send(text, route.timeoutMs).catch(() => undefined);
      if (response && isSettled(response)) return;
      if (clock.monotonicNs() - startNs > SETTLING_MS * 1e6) {
        throw new NotSettled(
          `what \`settled\` asks for had not come ${SETTLING_MS / 1_000} s after the sale`,
        );
      }
      await clock.sleep(POLL_MS);
    }
  } finally {
    connection.close();
  }
}

const leftOf = async (
  left: Service['left'],
  { route, place }: RunningService,
  values: Values,
): Promise<number> => unitsIn(left, await askOf(left.ask, route, place)(values), values);

/** The units that can still be bought, by what was answered to who asked. @throws UsageError if it is no number */
export function unitsIn({ json, regex }: Service['left'], text: string, values: Values): number {
  const found =
    regex === undefined ? text.trim() : (new RegExp(fillOf(regex, inRegex)(values)).exec(text)?.[1] ?? '');
  const units = Number(json === undefined ? found || NaN : (scalarIn(text, json) ?? NaN));
  if (Number.isSafeInteger(units)) return units;
  throw wrong('left', `finds no number of units in ${JSON.stringify(text.slice(0, 200))}`);
}

const ledgerOf = async (
  ledger: NonNullable<Service['ledger']>,
  { route, place }: RunningService,
  values: Values,
): Promise<RecordedSale[]> => ordersIn(ledger, await askOf(ledger.ask, route, place)(values));

/** Who holds units, by what was answered to who asked. @throws UsageError if it is not what the file says */
export function ordersIn(ledger: NonNullable<Service['ledger']>, text: string): RecordedSale[] {
  const orders = valueAt(parsed(text), ledger.orders);
  if (!Array.isArray(orders)) throw wrong('ledger', `finds no list in ${JSON.stringify(text.slice(0, 200))}`);
  return orders.map((order: unknown): RecordedSale => {
    const userId = wordAt(order, ledger.user);
    const quantity = ledger.quantity === undefined ? 1 : Number(wordAt(order, ledger.quantity));
    if (!Number.isSafeInteger(quantity))
      throw wrong('ledger', `has no whole quantity in ${JSON.stringify(order)}`);
    const requestId = ledger.request === undefined ? undefined : wordAt(order, ledger.request);
    return { ...(requestId !== undefined && { requestId }), userId, quantity };
  });
}

function wordAt(order: unknown, pointer: string): string {
  const value = valueAt(order, pointer);
  if (value !== NOTHING_THERE && (typeof value === 'string' || typeof value === 'number'))
    return String(value);
  throw wrong('ledger', `finds nothing at ${pointer} of ${JSON.stringify(order)}`);
}

const wrong = (part: keyof Service, what: string): UsageError =>
  new UsageError('STEP_FAILED', `${part} ${what}`, `correct the service, or \`${part}\` in its file`);
