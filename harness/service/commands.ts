import { execFile } from 'node:child_process';
import { EnvironmentError } from '../ground/errors.ts';
import { startable } from './process-tree.ts';

/** Where a service's commands run. */
export interface CommandPlace {
  cwd: string;
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal;
}

const MOST_BYTES = 256 << 20;

/** Runs a program to its end. @returns what it said on stdout. @throws EnvironmentError if it fails */
export function runCommand(
  [program = '', ...args]: readonly string[],
  { cwd, env, signal }: CommandPlace,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env, maxBuffer: MOST_BYTES, ...(signal && { signal }) };
    startable(() =>
      execFile(program, args, options, (error, stdout, stderr) => {
        if (!error) resolve(stdout);
        else reject(commandFailed([program, ...args].join(' '), error, stderr));
      }),
    );
  });
}

const commandFailed = (
  command: string,
  cause: Error & { code?: unknown },
  stderr: string,
): EnvironmentError => {
  const why = typeof cause.code === 'number' ? `exit code ${cause.code}` : cause.message;
  const said = stderr.trim().split('\n').slice(-5).join('\n');
  return new EnvironmentError(
    'COMMAND_FAILED',
    `${command}: ${why}${said && `\n${said}`}`,
    'run it by hand, and correct it',
    {
      cause,
    },
  );
};
