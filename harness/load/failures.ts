import type { Failure } from '../documents/figures.ts';
import { placeOf } from '../ground/places.ts';
import { withoutSecrets } from '../ground/secrets.ts';
import { thrownWords } from '../ground/thrown.ts';
import { placeInStack } from '../loader/source.ts';

const KIND_LENGTH = 80;
const MOST_KINDS = 100;

/** Counts failures without keeping each of them. */
export class Failures {
  readonly #kinds = new Map<string, Failure>();
  /** Of the first failure of each kind. */
  readonly #stacks = new Map<string, string>();

  /** `where`: set before the kind when it was not a purchase that failed. */
  count(error: unknown, where?: string): void {
    const kind = where === undefined ? kindOf(error) : `${where}: ${kindOf(error)}`;
    const isFirst = !this.#kinds.has(kind);
    this.add({ kind, count: 1, message: messageOf(error) });
    const { stack } = thrownWords(error);
    if (isFirst && this.#kinds.has(kind) && stack !== '') this.#stacks.set(kind, stack);
  }

  /** Beyond a hundred kinds, the rest is counted together: ids in messages must not fill the memory. */
  add(failure: Failure): void {
    const known = this.#kinds.get(failure.kind);
    if (known) known.count += failure.count;
    else if (this.#kinds.size < MOST_KINDS || failure.kind === OTHER) {
      this.#kinds.set(failure.kind, { ...failure });
    } else this.add({ ...failure, kind: OTHER });
  }

  /** Most frequent first. */
  list(): Failure[] {
    return [...this.#kinds.values()].toSorted((a, b) => b.count - a.count);
  }

  /** The same, with the line of the user's code where the first of each kind was thrown, as far as that is known. */
  located(): Promise<Failure[]> {
    return Promise.all(
      this.list().map(async (failure) => {
        const place = await placeInStack(this.#stacks.get(failure.kind) ?? '', 'esm');
        return place ? { ...failure, at: placeOf(place.file, place.line) } : failure;
      }),
    );
  }
}

const OTHER = 'other';

/** A server names its users (NOPERM), and code may throw what it was handed. */
const messageOf = (error: unknown): string => withoutSecrets(thrownWords(error).message);

function kindOf(error: unknown): string {
  const message = messageOf(error);
  const { name, code } = thrownWords(error);
  if (name === '') return shortened(`thrown ${message}`);
  if (code !== undefined) return withoutSecrets(code);
  const firstWord = message.split(' ', 1)[0]!;
  if (name === 'ReplyError' && /^[A-Z]+$/.test(firstWord)) return firstWord;
  return shortened(`${name}: ${message}`);
}

const shortened = (text: string): string => text.replaceAll(/\d+/g, '#').slice(0, KIND_LENGTH);
