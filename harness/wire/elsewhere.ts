/** Where code could connect without a socket of `net`: by datagrams, by other processes and threads, in native code. */
import childProcess from 'node:child_process';
import dgram from 'node:dgram';
import threads from 'node:worker_threads';
import type { Address } from './refusal.ts';

/** No datagram is Redis', and none is needed to sell: not even a metric leaves, as it would tell of sales that are none. */
export function hookDatagrams(refusesServer: (address: Address, what: string) => boolean): void {
  const { prototype } = dgram.Socket as unknown as {
    prototype: Record<'send' | 'connect', (...args: unknown[]) => unknown>;
  };
  const { send, connect } = prototype;
  const what = 'sends a datagram to';
  prototype.connect = function (this: unknown, ...args) {
    const [port, host] = args;
    if (!refusesServer({ host: hostIn([host]), port: Number(port) }, what))
      return Reflect.apply(connect, this, args);
  };
  prototype.send = function (this: unknown, ...args) {
    const numbers = args.slice(1).filter((one) => typeof one === 'number');
    // (message, port, …), or (message, offset, length, port, …); without a port it is connected already.
    const port = numbers.length >= 3 ? numbers[2] : numbers.length === 1 ? numbers[0] : undefined;
    const isRefused = port !== undefined && refusesServer({ host: hostIn(args.slice(1)), port }, what);
    if (!isRefused) return Reflect.apply(send, this, args);
  };
}

const hostIn = (args: readonly unknown[]): string | undefined => args.find((one) => typeof one === 'string');

/** @param requireSeen throws where the code must not start what it does */
export function hookProcesses(requireSeen: (what: string) => void): void {
  const { prototype } = childProcess.ChildProcess as unknown as {
    prototype: { spawn: (options: { file?: string }) => unknown };
  };
  const { spawn } = prototype;
  prototype.spawn = function (this: unknown, options) {
    requireSeen(`starts a child process (${options.file})`);
    return Reflect.apply(spawn, this, [options]);
  };
  for (const name of ['spawnSync', 'execSync', 'execFileSync'] as const) {
    const real = childProcess[name] as (...args: unknown[]) => unknown;
    const seen = (...args: unknown[]): unknown => {
      requireSeen(`starts a child process (${String(args[0])})`);
      return real(...args);
    };
    Object.assign(childProcess, { [name]: seen });
  }
  threads.Worker = new Proxy(threads.Worker, {
    construct(target, args: [string | URL, threads.WorkerOptions?], newTarget) {
      if (!args[1]?.argv?.includes(OUR_WORKER))
        requireSeen(`starts a worker thread (${String(args[0]).slice(0, 200)})`);
      return Reflect.construct(target, args, newTarget) as object;
    },
  });
  const dlopen = process.dlopen.bind(process);
  process.dlopen = (module: object, file: string, ...rest: []) => {
    if (/valkey-glide/.test(file))
      requireSeen(`loads Valkey GLIDE, which connects outside of Node (${file})`);
    dlopen(module, file, ...rest);
  };
}

/** An argument of worker threads that keep themselves to named servers; pools start them when they like. */
export const OUR_WORKER = '--oversell-instance';
