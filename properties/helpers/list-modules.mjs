/** Preloaded into a program, it writes the URL of each module that is loaded to the file named in MODULES. */
import { appendFileSync } from 'node:fs';
import { register } from 'node:module';
import { isMainThread, workerData } from 'node:worker_threads';

export async function load(url, context, next) {
  appendFileSync(process.env.MODULES, `${url}\n`);
  return next(url, context);
}

if (isMainThread && workerData === null) register(import.meta.url);
