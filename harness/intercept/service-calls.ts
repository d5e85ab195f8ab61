import type { PurchaseOutcome, RecordedSale, Sale } from '../../strategies/contract.ts';
import type { AnswerName, Service, ServiceAction, ServiceRequest } from '../documents/service.ts';
import type { Abilities } from '../explorer/process/seller-abilities.ts';
import type { Call, Settled } from '../explorer/process/instance-events.ts';
import { meaningsOf, type Meaning } from '../service/answers.ts';
import { ordersIn, unitsIn } from '../service/final-reading.ts';
import { HttpConnection, NoAnswer } from '../service/http/connection.ts';
import { requestTextOf } from '../service/http/request.ts';
import type { HttpResponse } from '../service/http/response.ts';
import type { RunningService } from '../service/running-service.ts';
import { askOf, filledWords } from '../service/steps.ts';
import type { Values } from '../service/template.ts';
import { showReply, type Reply } from '../wire/resp.ts';

/** What calls are made with. */
export interface Means {
  /** A process of the service, which is started where there is none yet. */
  process(): Promise<RunningService>;
  /** Sends a command by a connection of its own. */
  command(words: readonly string[]): Promise<Reply>;
  /** Does once more what each process does to start, by that connection. */
  load(): Promise<void>;
  /** An answer came that is not declared. */
  onUndeclared(status: number): void;
}

/** The outcomes that answers mean. Whoever is told to come back has surely bought nothing. */
const OUTCOMES: Record<AnswerName, PurchaseOutcome> = {
  sold: { kind: 'sold' },
  soldOut: { kind: 'sold-out' },
  limitReached: { kind: 'limit-reached' },
  alreadyYours: { kind: 'already-yours' },
  busy: { kind: 'gave-up', attempts: 1 },
};

type OfBuyer = Extract<Call, { method: 'purchase' | 'release' | 'confirm' }>;

/** Commands are held for as long as the search likes: its patience is no time limit of ours. */
const LONGEST_MS = 86_400_000;

/** Asks a service for what the explorer asks of a seller. */
export class ServiceCalls {
  readonly #service: Service;
  readonly #values: Values;
  readonly #means: Means;
  readonly #meaningOf: Meaning;

  constructor(service: Service, sale: Sale, means: Means) {
    this.#service = service;
    this.#means = means;
    this.#meaningOf = meaningsOf(service.answers);
    this.#values = {
      product: sale.sku,
      stock: String(sale.stock),
      ...(sale.perUserLimit !== undefined && { limit: String(sale.perUserLimit) }),
    };
  }

  /** @returns how it ended: only an answer that is declared is certain */
  async perform(call: Call): Promise<Settled> {
    try {
      return await this.#performed(call);
    } catch (error) {
      return { kind: 'threw', definite: false, message: (error as Error).message };
    }
  }

  async #performed(call: Call): Promise<Settled> {
    switch (call.method) {
      case 'seller':
        return { kind: 'returned', value: this.#abilities };
      case 'open':
        await this.#means.load();
        for (const action of this.#service.open) await this.#ask(action);
        return { kind: 'returned', value: undefined };
      case 'remaining':
        return { kind: 'returned', value: await this.#left() };
      case 'recorded':
        return { kind: 'returned', value: await this.#recorded() };
      case 'purchase':
        return this.#purchase(call);
      case 'release':
        return this.#release(call);
      default:
        throw new Error(`a service is not asked for ${call.method}`);
    }
  }

  get #abilities(): Abilities {
    const none = { release: false, restock: false, confirm: false, runJob: false, close: false };
    const { ledger, release } = this.#service;
    return { ...none, recorded: ledger !== undefined, release: release !== undefined };
  }

  async #left(): Promise<number> {
    const { left } = this.#service;
    return unitsIn(left, await this.#ask(left.ask), this.#values);
  }

  async #recorded(): Promise<RecordedSale[]> {
    const ledger = this.#service.ledger!;
    return ordersIn(ledger, await this.#ask(ledger.ask));
  }

  async #ask(action: ServiceAction): Promise<string> {
    if (!Array.isArray(action) && 'redis' in action) {
      const reply = await this.#means.command(filledWords(action.redis)(this.#values));
      if (typeof reply === 'object' && reply?.kind === 'error')
        throw new Error(`Redis refuses ${action.redis.join(' ')}: ${reply.message}`);
      return showReply(reply);
    }
    const { route, place, values } = await this.#means.process();
    return askOf(action, { ...route, timeoutMs: LONGEST_MS }, place)({ ...values, ...this.#values });
  }

  async #purchase(call: OfBuyer): Promise<Settled> {
    return { kind: 'returned', value: this.#outcomeOf(await this.#send(this.#service.buy, call)) };
  }

  async #release(call: OfBuyer): Promise<Settled> {
    const { status } = await this.#send(this.#service.release!, call);
    if (status >= 200 && status < 300) return { kind: 'returned', value: undefined };
    throw new Error(`a release was answered with status ${status}`);
  }

  async #send(asked: ServiceRequest, { request }: OfBuyer): Promise<HttpResponse> {
    const { route, values } = await this.#means.process();
    const { requestId, userId, quantity } = request;
    const own = { ...values, ...this.#values, request: requestId, user: userId, quantity: String(quantity) };
    const text = requestTextOf(asked, route.host)(own);
    const connection = new HttpConnection(route.address);
    try {
      return await connection.send(text, LONGEST_MS);
    } catch (error) {
      // Its words differ from one system to the next.
      if (error instanceof NoAnswer)
        throw new Error('the connection ended without an answer', { cause: error });
      throw error;
    } finally {
      connection.close();
    }
  }

  #outcomeOf(response: HttpResponse): PurchaseOutcome {
    try {
      return OUTCOMES[this.#meaningOf(response)];
    } catch {
      this.#means.onUndeclared(response.status);
      // Of its body the same history may make another one each time.
      throw new Error(`an answer that is not declared: status ${response.status}`);
    }
  }
}
