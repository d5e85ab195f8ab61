/** Numbers the turns of the event loop, as far as somebody asks. */
export class Turns {
  #turn = 0;
  #ends = false;

  /** The same number throughout a turn. */
  get current(): number {
    if (!this.#ends) {
      this.#ends = true;
      setImmediate(() => {
        this.#turn++;
        this.#ends = false;
      });
    }
    return this.#turn;
  }
}
