/** What WebCrypto works on in a thread of its own. */
const METHODS = [
  'decrypt',
  'deriveBits',
  'deriveKey',
  'digest',
  'encrypt',
  'exportKey',
  'generateKey',
  'importKey',
  'sign',
  'unwrapKey',
  'verify',
  'wrapKey',
] as const;

type Method = (this: typeof crypto.subtle, ...args: unknown[]) => Promise<unknown>;

/**
 * WebCrypto whose results come as events: while it works, whatever else the process was asked for goes on, so what it
 * answers arrives like a timer, before or after anything else.
 *
 * @param isExplored whether explored code is running
 * @returns what takes the place of each method, and its name
 */
export function* eventfulSubtle(isExplored: () => boolean): Generator<[Method, (typeof METHODS)[number]]> {
  for (const name of METHODS) {
    const real = crypto.subtle[name] as unknown as Method;
    async function later(this: typeof crypto.subtle, ...args: unknown[]): Promise<unknown> {
      if (!isExplored()) return real.apply(this, args);
      try {
        return await real.apply(this, args);
      } finally {
        // The virtual one, of the process whose code this is.
        await new Promise<void>((resolve) => void globalThis.setTimeout(() => resolve(), 0));
      }
    }
    yield [later, name];
  }
}
