import type { Live } from '../../documents/live.ts';
import type { Clock } from '../../ground/ambient.ts';

const EVERY_MS = 1_000;
/** Pages that watch; more are told to come back. */
const MOST_WATCHING = 200;

/** Sends what a page shows, once a second, to all that watch. Where nobody watches, nothing is read. */
export class Feed {
  readonly #look: () => Promise<Live>;
  readonly #clock: Clock;
  readonly #watching = new Set<ReadableStreamDefaultController<Uint8Array>>();
  #running = false;
  #closed = false;

  constructor(look: () => Promise<Live>, clock: Clock) {
    this.#look = look;
    this.#clock = clock;
  }

  get watching(): number {
    return this.#watching.size;
  }

  /** Server-sent events; undefined where too many watch already. */
  watch(): Response | undefined {
    if (this.#closed || this.#watching.size >= MOST_WATCHING) return undefined;
    let own: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          own = controller;
          this.#watching.add(controller);
          void this.#run();
        },
        cancel: () => void this.#watching.delete(own),
      },
      { highWaterMark: 4 },
    );
    return new Response(body, {
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
    });
  }

  close(): void {
    this.#closed = true;
    for (const controller of this.#watching) end(controller);
    this.#watching.clear();
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    while (this.#watching.size > 0) {
      // What cannot be read now may be read in a second; the page tells how old it is.
      const live = await this.#look().catch(() => undefined);
      if (live !== undefined) this.#send(live);
      await this.#clock.sleep(EVERY_MS);
    }
    this.#running = false;
  }

  #send(live: Live): void {
    const event = new TextEncoder().encode(`data: ${JSON.stringify(live)}\n\n`);
    for (const controller of this.#watching) {
      // Who does not read is let go, and may come again.
      if ((controller.desiredSize ?? 0) > 0) controller.enqueue(event);
      else {
        this.#watching.delete(controller);
        end(controller);
      }
    }
  }
}

/** A page that has gone has ended it already. */
function end(controller: ReadableStreamDefaultController<Uint8Array>): void {
  try {
    controller.close();
  } catch {
    return;
  }
}
