// Runs test files one after another, in the order given, up to so many failures (0: all). Prints one line of JSON.
// Started in a copy of the project: node run-tests.mjs <failures> <file> …
import { resolve } from 'node:path';
import { startVitest } from 'vitest/node';

const [bail, ...names] = process.argv.slice(2);
const files = names.map((file) => resolve(file));

const place = ({ moduleId }) => files.indexOf(moduleId);

class AsGiven {
  shard(specs) {
    return specs;
  }
  sort(specs) {
    return specs.toSorted((a, b) => place(a) - place(b));
  }
}

const vitest = await startVitest(
  'test',
  files,
  { watch: false, bail: Number(bail), maxWorkers: 1, reporters: [], sequence: { sequencer: AsGiven } },
  // The packages are shared with the project that this is a copy of, and what is cached is not.
  { cacheDir: resolve('.cache') },
);
const modules = vitest.state.getTestModules();
const failed = modules.flatMap((module) => [
  ...(module.errors().length > 0 ? [module.relativeModuleId] : []),
  ...[...module.children.allTests('failed')].map((test) => `${module.relativeModuleId} > ${test.fullName}`),
]);
const stray = vitest.state.getUnhandledErrors().map(String);
const durations = modules.map((module) => [
  module.relativeModuleId,
  Math.round(module.diagnostic().duration),
]);
console.log(JSON.stringify({ failed: [...failed, ...stray], durations: Object.fromEntries(durations) }));
await vitest.exit();
