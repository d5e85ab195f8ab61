import type { Gate, Passage } from '../../wire/gate.ts';
import type { Transport } from '../../wire/transport.ts';
import { askOutside } from '../outside-store.ts';
import type { ServerMemo } from '../server/memo.ts';

/** One way out of a process: through the gate to the server, or to a store beside it. */
export type Way = Pick<
  Passage,
  | 'answered'
  | 'busy'
  | 'close'
  | 'cut'
  | 'deliver'
  | 'execute'
  | 'isCut'
  | 'isDirty'
  | 'pending'
  | 'replies'
  | 'unanswered'
  | 'wasUsed'
>;

/** Calls of a store beside the server: what a socket would carry waits here. */
export class OutsidePassage implements Way {
  readonly #memo: ServerMemo;
  readonly #executed: string[] = [];
  readonly pending: string[] = [];
  readonly replies: string[] = [];
  readonly busy = false;
  readonly wasUsed = true;
  isCut = false;

  constructor(memo: ServerMemo) {
    this.#memo = memo;
  }

  get answered(): number {
    return this.#executed.length - this.replies.length;
  }

  unanswered(): string[] {
    return [...this.#executed.slice(this.#executed.length - this.replies.length), ...this.pending];
  }

  async execute(): Promise<{ command: string; reply: string }> {
    const command = this.pending.shift();
    if (command === undefined) throw new Error('no call waits there');
    const { reply, content } = askOutside(this.#memo.outside, command);
    this.#memo.outside = content;
    this.#executed.push(command);
    this.replies.push(reply);
    return { command, reply };
  }

  /** Nobody watches anything there. */
  isDirty(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** The process takes it by itself. */
  deliver(): void {}

  cut(): void {
    this.isCut = true;
  }

  close(): void {}
}

/** A call of it is under way. */
export const isUnderWay = ({ pending, replies }: Way): boolean => pending.length + replies.length > 0;

/** Ways of one process: `passages` fills as it connects, and as it asks stores beside the server. */
export function waysOut(gate: Gate, memo: ServerMemo, passages: Way[]): Transport {
  return {
    ...gate.transport(passages as Passage[]),
    ask: (connection, bytes) => (passages[connection] ??= new OutsidePassage(memo)).pending.push(bytes),
  };
}
