import { isLone } from '../scope/layout.ts';
import { idsIn } from '../scope/ids.ts';
import { LOCALS_AT, SERVER_AT, type Shape } from './vector-shape.ts';
import type { Space } from './space.ts';

/**
 * Brings a state into its canonical form: interchangeable instances are sorted by their local states and spans, and
 * the server's content and the back office are renamed along. Ties stay as they are: then fewer states merge, which
 * is safe.
 */
export class Canonical {
  readonly #space: Space;
  readonly #shape: Shape;
  /** Instances of each class that has several. */
  readonly #places: readonly (readonly number[])[];
  readonly #renamed = new Map<string, number>();
  readonly #renamedOffice = new Map<string, number>();
  readonly #named: boolean[] = [];
  /** Told what has to be found out first, where something is not known yet. */
  readonly #asks: (find: () => Promise<void>) => void;

  constructor(space: Space, shape: Shape, asks: (find: () => Promise<void>) => void) {
    this.#space = space;
    this.#shape = shape;
    this.#asks = asks;
    const { classes } = space;
    this.#places = [...new Set(classes)]
      .map((c) => classes.flatMap((other, i) => (other === c ? [i] : [])))
      .filter((places) => places.length > 1);
  }

  /** Changes the vector in place. @returns false if something is not known yet: then find it out, and try again */
  bring(vector: Int32Array): boolean {
    if (!this.#space.reductions.symmetry || this.#isSorted(vector)) return true;
    const { officeAt, spans, spansAt } = this.#shape;
    const office = officeAt < 0 ? -1 : vector[officeAt]!;
    if (!this.#namesBuyers(vector[SERVER_AT]!) && office < 0) {
      this.#sort(vector);
      return true;
    }
    const to = this.#order(vector);
    const server = this.#rename(vector[SERVER_AT]!, to);
    const renamedOffice = server === undefined || office < 0 ? office : this.#renameOffice(office, to);
    if (server === undefined || renamedOffice === undefined) return false;
    const before = vector.slice();
    to.forEach((place, from) => {
      vector[LOCALS_AT + place] = before[LOCALS_AT + from]!;
      if (spans > 0) vector[spansAt + place] = before[spansAt + from]!;
    });
    vector[SERVER_AT] = server;
    if (office >= 0) vector[officeAt] = renamedOffice;
    return true;
  }

  #isSorted(vector: Int32Array): boolean {
    for (const places of this.#places) {
      for (let i = 1; i < places.length; i++)
        if (this.#precedes(vector, places[i]!, places[i - 1]!)) return false;
    }
    return true;
  }

  /** Sorts each class in place: by insertion, as all but the instance that moved are in order. */
  #sort(vector: Int32Array): void {
    for (const places of this.#places) {
      for (let i = 1; i < places.length; i++) {
        for (let j = i; j > 0 && this.#precedes(vector, places[j]!, places[j - 1]!); j--)
          this.#swap(vector, places[j]!, places[j - 1]!);
      }
    }
  }

  #swap(vector: Int32Array, a: number, b: number): void {
    const local = vector[LOCALS_AT + a]!;
    vector[LOCALS_AT + a] = vector[LOCALS_AT + b]!;
    vector[LOCALS_AT + b] = local;
    const { spans, spansAt } = this.#shape;
    if (spans === 0) return;
    const span = vector[spansAt + a]!;
    vector[spansAt + a] = vector[spansAt + b]!;
    vector[spansAt + b] = span;
  }

  #precedes(vector: Int32Array, a: number, b: number): boolean {
    const byLocal = vector[LOCALS_AT + a]! - vector[LOCALS_AT + b]!;
    if (byLocal !== 0 || this.#shape.spans === 0) return byLocal < 0;
    const { spansAt } = this.#shape;
    return vector[spansAt + a]! < vector[spansAt + b]!;
  }

  /** Whether the server's content holds ids of buyers, so that renaming them makes another content. */
  #namesBuyers(server: number): boolean {
    return (this.#named[server] ??= idsIn(this.#space.memo.content(server)).size > 0);
  }

  /** For each instance, the place it takes when each class is sorted. */
  #order(vector: Int32Array): number[] {
    const to = Array.from(this.#space.classes, (_, i) => i);
    for (const places of this.#places) {
      const members = places.toSorted((a, b) =>
        this.#precedes(vector, a, b) ? -1 : this.#precedes(vector, b, a) ? 1 : a - b,
      );
      members.forEach((member, i) => (to[member] = places[i]!));
    }
    return to;
  }

  #rename(server: number, to: readonly number[]): number | undefined {
    const key = `${server} ${to.join()}`;
    const known = this.#renamed.get(key);
    if (known !== undefined) return known;
    this.#asks(async () => {
      this.#renamed.set(key, await this.#space.rename(server, this.#buyersTo(to)));
    });
    return undefined;
  }

  #renameOffice(local: number, to: readonly number[]): number | undefined {
    const key = `${local} ${to.join()}`;
    const known = this.#renamedOffice.get(key);
    if (known !== undefined) return known;
    this.#asks(async () => {
      this.#renamedOffice.set(key, await this.#space.renameOffice(local, this.#buyersTo(to)));
    });
    return undefined;
  }

  /** A lone buyer's number is its instance's; buyers that share an instance are never exchanged. */
  #buyersTo(to: readonly number[]): number[] {
    const { scope, layout } = this.#space;
    return Array.from({ length: scope.buyers }, (_, b) =>
      b < layout.instances && isLone(scope, b) ? to[b]! : b,
    );
  }
}
