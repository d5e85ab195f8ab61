import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The command as it was compiled. */
export const CLI = fileURLToPath(new URL('../../dist/harness/cli.js', import.meta.url));

export interface Ended {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  child: ChildProcessWithoutNullStreams;
  /** Settles with the text when it has been said, on stdout or stderr; rejects when the command ends before. */
  said: (text: string) => Promise<void>;
  ended: Promise<Ended>;
}

/** Starts a program and listens to it. */
export function start(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  cwd?: string,
): Running {
  // What runs the tests may want colours; what is tested is asked by each test.
  const plain = { ...process.env, FORCE_COLOR: undefined, NO_COLOR: undefined };
  const child = spawn(program, args, { env: { ...plain, ...env }, cwd });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, 'close').then(([exitCode]) => ({
    exitCode: exitCode as number | null,
    stdout,
    stderr,
  }));
  const said = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const listen = (): void => {
        if ((stdout + stderr).includes(text)) resolve();
      };
      listen();
      child.stdout.on('data', listen);
      child.stderr.on('data', listen);
      void ended.then(() => reject(new Error(`ended without saying "${text}": ${stdout}${stderr}`)));
    });
  return { child, said, ended };
}

export const oversell = (args: readonly string[], env?: NodeJS.ProcessEnv): Running =>
  start(process.execPath, [CLI, ...args], env);
