/**
 * Runs the compiled command for one command line after the other, each in a folder of its own, in one process: most of
 * what a short command takes is loading it. Some functions can be recorded instead of run.
 *
 * On stdin, as JSON: `calls`, each `{ words, folder, env }`; `passed` and `ends`, functions as [module, name]. What is passed
 * answers with a server that nobody can use; what ends a command is its engine.
 * On stdout: of each call `{ exitCode, stdout, stderr, reached }`, where `reached` has the arguments of each recorded
 * function that was called, as far as JSON can say them.
 */
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { join } from 'node:path';
import { isMainThread, workerData } from 'node:worker_threads';

const urlOf = (module) => new URL(`../../dist/harness/${module}`, import.meta.url).href;

let recorded = [];
export const initialize = (functions) => void (recorded = functions);

/** Node's hook, on its own thread: a module is itself but for the functions that are recorded. */
export async function load(url, context, next) {
  const functions = recorded.filter(([module]) => urlOf(module) === url);
  if (functions.length === 0) return next(url, context);
  const instead = functions.map(
    ([, name]) => `export const ${name} = (...given) => globalThis[Symbol.for('record')]('${name}', given);`,
  );
  const source = [`export * from ${JSON.stringify(`${url}?itself`)};`, ...instead].join('\n');
  return { format: 'module', source, shortCircuit: true };
}

/** A server that nobody asks for anything. */
const NO_SERVER = {
  description: 'no server',
  version: '0',
  options: {},
  close: async () => {},
  [Symbol.asyncDispose]: async () => {},
};

async function main() {
  const { UsageError } = await import(urlOf('ground/errors.js'));
  const { calls, passed, ends } = JSON.parse(readFileSync(0, 'utf8'));
  register(import.meta.url, { data: [...passed, ...ends] });
  const answer = process.stdout.write.bind(process.stdout);
  const said = {};
  for (const stream of ['stdout', 'stderr']) {
    process[stream].write = (text, written) => {
      said[stream] += text;
      written?.();
      return true;
    };
  }
  // A command that runs code of users ends its process; here, others follow.
  process.exit = () => {};
  const ran = [];
  for (const [i, { words, folder, env }] of calls.entries()) {
    const reached = {};
    globalThis[Symbol.for('record')] = (name, given) => {
      reached[name] = JSON.parse(JSON.stringify(given));
      if (ends.some(([, end]) => end === name))
        throw new UsageError('ENGINE_REACHED', 'the engine is reached', 'see what it was given');
      return NO_SERVER;
    };
    Object.assign(said, { stdout: '', stderr: '' });
    process.chdir(folder);
    Object.assign(process.env, { GITHUB_STEP_SUMMARY: join(folder, 'summary.md') }, env);
    process.argv = [process.execPath, urlOf('cli.js'), ...words];
    await import(`${urlOf('cli.js')}?${i}`);
    ran.push({ exitCode: process.exitCode, ...said, reached });
  }
  process.exitCode = 0;
  answer(JSON.stringify(ran));
}

if (isMainThread && workerData === null) await main();
