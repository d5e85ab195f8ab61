import type { Address } from './refusal.ts';

/** Of `connect`: its last argument, also where Node has made one list of all. */
export function callbackIn(args: readonly unknown[]): (() => void) | undefined {
  const last = args.flat().findLast((one) => typeof one === 'function');
  return last as (() => void) | undefined;
}

/** Of `connect`: options, a port and a host, a path, or what Node has made of them already. */
export function addressOf(args: readonly unknown[]): Address | undefined {
  const [first, host] = args;
  if (Array.isArray(first)) return addressOf(first as unknown[]);
  if (typeof first === 'object' && first !== null) {
    const { path, port, host: named } = first as Address;
    return path
      ? { path }
      : port === undefined || port === null
        ? undefined
        : { host: named || undefined, port };
  }
  if (typeof first === 'string' && !(Number(first) >= 0)) return { path: first };
  if (first === undefined || first === null) return undefined;
  return { host: typeof host === 'string' ? host : undefined, port: Number(first) };
}
