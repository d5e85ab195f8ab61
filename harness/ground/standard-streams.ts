import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { hasSecrets, withoutSecrets } from './secrets.ts';

const [STDOUT, STDERR] = [1, 2];

/** Calls of `fs` that take a file descriptor and a text or bytes. */
const WRITES = ['write', 'writeSync', 'writeFile', 'writeFileSync', 'appendFile', 'appendFileSync'] as const;

type Write = (file: unknown, data: unknown, ...more: unknown[]) => unknown;

/**
 * From now on, what code of this thread prints on stdout goes to stderr: stdout has the answer, and nothing else. What
 * a thread prints comes to the main one, and so to the same place.
 */
export function strategyOutputToStderr(): Disposable {
  const undo = isMainThread ? [redirectStream()] : [];
  // A thread's stdout has no descriptor: some loggers write to that of the process, then, and past the thread's.
  if (!isMainThread) Object.defineProperty(process.stdout, 'fd', { value: STDERR, configurable: true });
  undo.push(redirectDescriptor());
  return {
    [Symbol.dispose]: () => {
      for (const restore of undo.toReversed()) restore();
    },
  };
}

function redirectDescriptor(): () => void {
  const before = Object.fromEntries(WRITES.map((name) => [name, fs[name]]));
  for (const name of WRITES) {
    const write = fs[name] as Write;
    const redirected: Write = (file, data, ...more) =>
      file === STDOUT || file === STDERR
        ? write(STDERR, hasSecrets() && typeof data === 'string' ? withoutSecrets(data) : data, ...more)
        : write(file, data, ...more);
    // `util.promisify` of the callback kind finds its other result names there.
    Object.assign(fs, {
      [name]: Object.defineProperties(redirected, Object.getOwnPropertyDescriptors(write)),
    });
  }
  syncBuiltinESMExports();
  return () => {
    Object.assign(fs, before);
    syncBuiltinESMExports();
  };
}

/** `console.log` takes whatever stands there when it is called for the first time. */
function redirectStream(): () => void {
  const before = Object.getOwnPropertyDescriptor(process, 'stdout')!;
  // Both are made at first sight, and take of `fs` what is there then: it must be Node's own.
  const [, stderr] = [process.stdout, process.stderr];
  Object.defineProperty(process, 'stdout', { ...before, get: () => stderr });
  return () => void Object.defineProperty(process, 'stdout', before);
}

/** From now on, nothing that is kept secret goes to stderr: whoever writes there, a library that is debugged, too. */
export function hideSecretsOnStderr(): Disposable {
  const { stderr } = process;
  const before = Object.getOwnPropertyDescriptor(stderr, 'write');
  const write = stderr.write.bind(stderr) as (...given: unknown[]) => boolean;
  Object.defineProperty(stderr, 'write', {
    configurable: true,
    writable: true,
    value: (chunk: unknown, ...more: unknown[]) => write(hasSecrets() ? hidden(chunk) : chunk, ...more),
  });
  return {
    [Symbol.dispose]: () => {
      Reflect.deleteProperty(stderr, 'write');
      if (before) Object.defineProperty(stderr, 'write', before);
    },
  };
}

const hidden = (chunk: unknown): unknown =>
  typeof chunk === 'string'
    ? withoutSecrets(chunk)
    : withoutSecrets(Buffer.from(chunk as Uint8Array).toString());
