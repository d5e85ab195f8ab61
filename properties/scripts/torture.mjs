// Interrupts the compiled command in every way at seeded moments, and counts what it leaves and loses. `npm run torture`.
//   --tries N     so many (50)
//   --seed S      what they are drawn by (1)
//   --only WORD   only tries with this word: the name of a command or of an attack
//   --verbose     says each try as it ends
// Exits 1 if anything was left, lost, half-written, hung or told with a wrong exit code.
import { parseArgs } from 'node:util';
import { drawnTries } from './torture/draw.mjs';
import { openYard } from './torture/yard.mjs';
import { tried } from './torture/trial.mjs';
import { tableOf } from './torture/table.mjs';

const { values } = parseArgs({
  options: {
    tries: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    verbose: { type: 'boolean', default: false },
  },
});

const yard = await openYard();
const results = [];
try {
  for (const one of drawnTries({ tries: Number(values.tries), seed: Number(values.seed), ...values, yard })) {
    const result = await tried(one, yard);
    results.push(result);
    if (values.verbose || result.faults.length > 0) console.error(told(result, results.length));
  }
} finally {
  yard.close();
}
console.log(tableOf(results));
process.exitCode = results.some(({ faults }) => faults.length > 0) ? 1 : 0;

function told({ command, attack, atMs, exitCode, tookMs, faults }, number) {
  const what = `${number}. ${command.name}, ${attack.name} at ${atMs} ms: exit ${exitCode} after ${tookMs} ms`;
  return [what, ...faults.map(({ kind, what: fault }) => `   ${kind}: ${fault}`)].join('\n');
}
