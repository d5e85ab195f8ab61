let own = 0;

/** Whether the harness itself is at work, and not the code under test, in whatever context. */
export const isOurs = (): boolean => own > 0;

/** What the harness opens or starts here, at once, is nobody's to judge: see `wire/network.ts`. */
export function ours<T>(body: () => T): T {
  own++;
  try {
    return body();
  } finally {
    own--;
  }
}
