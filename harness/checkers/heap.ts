/** Small integers by a key of each, the least key first. */
export class Heap {
  readonly #ids: number[] = [];
  readonly #keyOf: (id: number) => number;

  constructor(keyOf: (id: number) => number) {
    this.#keyOf = keyOf;
  }

  get top(): number | undefined {
    return this.#ids[0];
  }

  push(id: number): void {
    const key = this.#keyOf(id);
    let place = this.#ids.push(id) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.#keyOf(this.#ids[parent]!) <= key) break;
      this.#ids[place] = this.#ids[parent]!;
      place = parent;
    }
    this.#ids[place] = id;
  }

  pop(): void {
    const last = this.#ids.pop();
    if (last === undefined || this.#ids.length === 0) return;
    const key = this.#keyOf(last);
    let place = 0;
    for (let child = 1; child < this.#ids.length; child = 2 * place + 1) {
      if (
        child + 1 < this.#ids.length &&
        this.#keyOf(this.#ids[child + 1]!) < this.#keyOf(this.#ids[child]!)
      ) {
        child++;
      }
      if (key <= this.#keyOf(this.#ids[child]!)) break;
      this.#ids[place] = this.#ids[child]!;
      place = child;
    }
    this.#ids[place] = last;
  }
}

/** A heap for each of many groups, made when it is first needed. */
export class Heaps {
  readonly #heaps = new Map<number, Heap>();
  readonly #keyOf: (id: number) => number;

  constructor(keyOf: (id: number) => number) {
    this.#keyOf = keyOf;
  }

  of(group: number): Heap | undefined {
    return this.#heaps.get(group);
  }

  push(group: number, id: number): void {
    let heap = this.#heaps.get(group);
    if (heap === undefined) this.#heaps.set(group, (heap = new Heap(this.#keyOf)));
    heap.push(id);
  }
}
