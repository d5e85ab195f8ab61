import type { PurchaseOutcome, PurchaseRequest } from '../../strategies/contract.ts';
import type { AnswerName, Service } from '../documents/service.ts';
import { systemClock as clock } from '../ground/ambient.ts';
import { meaningsOf, type Meaning } from './answers.ts';
import { NotSent, type HttpConnection } from './http/connection.ts';
import { requestTextOf, type RequestText } from './http/request.ts';
import { headerOf, type HttpResponse } from './http/response.ts';
import type { Route } from './steps.ts';
import type { Values } from './template.ts';

export interface BuyerOptions {
  service: Pick<Service, 'buy' | 'answers'>;
  route: Route;
  /** Of the sale, and of the login of all. */
  values: Values;
  /** What the login of one user kept. */
  keptOf: (userId: string) => Values | undefined;
  /** How long a buyer who is told to come back goes on asking, in milliseconds. */
  patienceMs: number;
  /** Who gets no clear answer asks again, too, with the same token, as long as the patience lasts. */
  asksAgain: boolean;
  /** Told of each sale. */
  onSale: () => void;
  /** Told of each pause before somebody asks again. */
  onPause: () => void;
}

const KINDS = {
  sold: 'sold',
  soldOut: 'sold-out',
  limitReached: 'limit-reached',
  alreadyYours: 'already-yours',
} as const satisfies Record<Exclude<AnswerName, 'busy'>, PurchaseOutcome['kind']>;

const FIRST_PAUSE_MS = 5;
const MOST_PAUSE_MS = 500;

/** Buys over HTTP, as a patient buyer does: who is told to come back, and who finds nobody, asks again with the same token. */
export class HttpBuyers {
  readonly #options: BuyerOptions;
  readonly #text: RequestText;
  readonly #meaningOf: Meaning;

  constructor(options: BuyerOptions) {
    this.#options = options;
    this.#text = requestTextOf(options.service.buy, options.route.host);
    this.#meaningOf = meaningsOf(options.service.answers);
  }

  /** @throws what leaves the outcome unknown: no answer, or one that nothing is known of */
  async purchase(request: PurchaseRequest, connection: HttpConnection): Promise<PurchaseOutcome> {
    const { values, keptOf, patienceMs, asksAgain, onSale, onPause } = this.#options;
    const { requestId, userId, quantity } = request;
    const own = {
      ...values,
      ...keptOf(userId),
      user: userId,
      request: requestId,
      quantity: String(quantity),
    };
    const text = this.#text(own);
    const startNs = clock.monotonicNs();
    let unclear: Error | undefined;
    for (let attempts = 1; ; attempts++) {
      const { meaning, error, response } = await this.#ask(text, connection);
      if (error) {
        if (!asksAgain) throw error;
        unclear = error;
      } else if (meaning !== 'busy') {
        // A refusal tells nothing of an earlier attempt, which may have bought.
        if (unclear && meaning !== 'sold') throw unclear;
        if (meaning === 'sold') onSale();
        return { kind: KINDS[meaning] };
      }
      if (clock.monotonicNs() - startNs > patienceMs * 1e6) {
        if (unclear) throw unclear;
        return { kind: 'gave-up', attempts };
      }
      onPause();
      await clock.sleep(pauseMs(attempts, response));
    }
  }

  async #ask(text: string, connection: HttpConnection): Promise<Heard> {
    let response: HttpResponse | undefined;
    try {
      response = await connection.send(text, this.#options.route.timeoutMs);
      return { meaning: this.#meaningOf(response), response };
    } catch (error) {
      // Surely without effect, as an answer that means `busy`.
      if (error instanceof NotSent) return { meaning: 'busy' };
      return { meaning: 'busy', error: error as Error, ...(response && { response }) };
    }
  }
}

/** What an attempt came to. With an error nobody knows. */
interface Heard {
  meaning: AnswerName;
  error?: Error;
  response?: HttpResponse;
}

/** As long as the service says, but no longer than a test can wait. */
function pauseMs(attempt: number, response: HttpResponse | undefined): number {
  const said = Number((response && headerOf(response, 'retry-after')) ?? NaN) * 1_000;
  return Math.min(MOST_PAUSE_MS, said > 0 ? said : FIRST_PAUSE_MS * 2 ** (attempt - 1));
}
