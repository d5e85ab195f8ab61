/** Whether a service connects again by itself once a connection of it broke, or with the next command. Found out once for all its processes. */
export class Habit {
  connectsByItself: boolean | undefined;
}

/**
 * A process whose connection broke. Clients connect again by a timer, and some fail what comes before: a request that comes at once
 * would race that timer. As timers run while nothing else can move, it is waited for.
 */
export class ConnectingAgain {
  readonly #habit: Habit;
  #isAwaited = false;

  constructor(habit: Habit) {
    this.#habit = habit;
  }

  /** It has no connection in place of the broken one yet, and may get one by itself. */
  get isAwaited(): boolean {
    return this.#isAwaited;
  }

  onCut(): void {
    this.#isAwaited = this.#habit.connectsByItself ?? true;
  }

  onConnected(): void {
    if (this.#isAwaited) this.#habit.connectsByItself = true;
    this.#isAwaited = false;
  }

  /** It was waited for as long as anybody waits. */
  onQuiet(): void {
    if (this.#isAwaited) this.#habit.connectsByItself ??= false;
    this.#isAwaited = false;
  }
}
