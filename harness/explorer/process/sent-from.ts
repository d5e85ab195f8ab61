import { createHook, executionAsyncId } from 'node:async_hooks';
import { userPositions } from '../../ground/places.ts';
import type { ClientSide } from '../../wire/transport.ts';
import { asSentAgain } from './as-sent-again.ts';
import type { Histories } from './histories.ts';
import { watchWriting } from './instance-clients.ts';
import type { Observation } from './instance-events.ts';
import type { InstanceSpec } from './spec.ts';
import { currentWorld } from './worlds.ts';
import { stackText } from '../../ground/thrown.ts';

/** A history that was run while stacks were kept. */
export interface SentFrom {
  /**
   * Where the code stood when it asked for each command: by connection, in the order in which they were written; '' where
   * nobody knows. A command that waits for a connection, in a pipeline, or is sent once more, is written when nothing of the
   * user's is on the stack; so it is asked where it was made.
   */
  stacks: readonly (readonly string[])[];
  /** How its calls ended; an error that Redis answered has the stack of its command. */
  settled: Observation['settled'];
}

/**
 * Runs a history again to find out where its code sent what. To keep stacks takes several times as long as to go without.
 * @throws Nondeterministic if the code does something else
 */
export async function sentFrom(histories: Histories, node: number): Promise<SentFrom> {
  const found = await followed(histories, node);
  if (!found.lacks) return found;
  using origins = new Origins();
  return await followed(histories, node, origins);
}

/** @param origins where the code stood that put something off, where that is kept */
async function followed(
  histories: Histories,
  node: number,
  origins?: Origins,
): Promise<SentFrom & { lacks: boolean }> {
  const stacks: string[][] = [];
  const sent: Sent[] = [];
  let lacks = false;
  using _ = watchWriting((bytes, stack) => void sent.push({ bytes, stack }));
  const take = (bytes: string): string => {
    const at = sent.findIndex((one) => one.bytes === bytes);
    return sent.splice(0, at + 1).at(-1)?.stack ?? '';
  };
  const made = new MadeByOwn();
  const note = (connection: number, bytes: string, client: ClientSide | undefined): void => {
    // Whoever asks a store beside Redis does so at once.
    const given = client ? take(bytes) : stackText(new Error('asked'));
    const own = client?.own;
    const stack = own
      ? made.where(bytes, [given, stackText(new Error('written')), origins?.here ?? ''])
      : given;
    lacks ||= own !== undefined && stack === '';
    (stacks[connection] ??= []).push(stack);
  };
  const process = await histories.again(node, (spec) => ({
    client: { ...spec.client, showFriendlyErrorStack: true },
    transport: noting(() => spec.transport(), note),
  }));
  return { stacks, settled: process.look().settled, lacks };
}

interface Sent {
  bytes: string;
  stack: string;
}

/**
 * Commands of clients that the code makes itself, which keep no stacks: one that is sent when nothing of the user's is on the
 * stack, and is the same as one before, is that one sent again.
 */
class MadeByOwn {
  readonly #first = new Map<string, string>();

  where(bytes: string, stacks: readonly string[]): string {
    const key = asSentAgain(bytes);
    const stack = stacks.find((one) => userPositions(one).length > 0) ?? this.#first.get(key) ?? '';
    this.#first.set(key, stack);
    return stack;
  }
}

/** Where the code stood when it put off what runs now: some clients write their commands later, all of a turn together. */
class Origins implements Disposable {
  readonly #stacks = new Map<number, string>();
  readonly #hook = createHook({
    init: (id, type) => {
      const stack = currentWorld() ? stackText(new Error('made')) : '';
      // What a stream writes a tick later is of whoever had it written.
      const origin = userPositions(stack).length > 0 ? stack : type === 'TickObject' ? this.here : undefined;
      if (origin !== undefined) this.#stacks.set(id, origin);
    },
  }).enable();

  get here(): string | undefined {
    return this.#stacks.get(executionAsyncId());
  }

  [Symbol.dispose](): void {
    this.#hook.disable();
  }
}

function noting(
  make: InstanceSpec['transport'],
  note: (connection: number, bytes: string, client: ClientSide | undefined) => void,
): InstanceSpec['transport'] {
  return () => {
    const transport = make();
    const open: typeof transport.open = (connection, client) =>
      transport.open(connection, {
        ...client,
        onCommand: (bytes) => {
          note(connection, bytes, client);
          client.onCommand(bytes);
        },
      });
    const ask = (connection: number, bytes: string): void => {
      note(connection, bytes, undefined);
      transport.ask?.(connection, bytes);
    };
    return { ...transport, open, ask };
  };
}
