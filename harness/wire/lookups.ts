import dns from 'node:dns';

type Lookup = (...args: unknown[]) => unknown;

const isAll = (options: unknown): boolean =>
  typeof options === 'object' && options !== null && 'all' in options && options.all === true;

/**
 * Names are looked up nowhere, and whatever one means is this machine, for code whose connections lead to nothing but us. Once
 * per thread, for good.
 */
export function hookLookups(isLinked: () => boolean): void {
  const here = { address: '127.0.0.1', family: 4 };
  const module = dns as unknown as { lookup: Lookup; promises: { lookup: Lookup } };
  const { lookup } = module;
  module.lookup = (name, ...args) => {
    const done = args.at(-1);
    if (!isLinked() || typeof done !== 'function') return lookup(name, ...args);
    const found = isAll(args[0]) ? [[here]] : [here.address, here.family];
    process.nextTick(done, null, ...found);
    return {};
  };
  const { promises } = module;
  const promised = promises.lookup;
  promises.lookup = (name, options) =>
    isLinked() ? Promise.resolve(isAll(options) ? [here] : { ...here }) : promised(name, options);
}
