import type { Histories } from './histories.ts';
import { watchWriting } from './instance-clients.ts';
import type { Observation } from './instance.ts';
import type { InstanceSpec } from './spec.ts';

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
  const stacks: string[][] = [];
  const sent: Sent[] = [];
  using _ = watchWriting((bytes, stack) => void sent.push({ bytes, stack }));
  const take = (bytes: string): string => {
    const at = sent.findIndex((one) => one.bytes === bytes);
    return sent.splice(0, at + 1).at(-1)?.stack ?? '';
  };
  const note = (connection: number, bytes: string): void =>
    void (stacks[connection] ??= []).push(take(bytes));
  const process = await histories.again(node, (spec) => ({
    client: { ...spec.client, showFriendlyErrorStack: true },
    transport: noting(() => spec.transport(), note),
  }));
  return { stacks, settled: process.look().settled };
}

interface Sent {
  bytes: string;
  stack: string;
}

function noting(
  make: InstanceSpec['transport'],
  note: (connection: number, bytes: string) => void,
): InstanceSpec['transport'] {
  return () => {
    const transport = make();
    const open: typeof transport.open = (connection, onCommand) =>
      transport.open(connection, (bytes) => {
        note(connection, bytes);
        onCommand(bytes);
      });
    return { ...transport, open };
  };
}
