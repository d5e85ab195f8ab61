/**
 * Explores files that are named after a built-in, each beside that built-in, for 2 buyers and 1 unit, and tells a line
 * of each: what came of the file, and what of the built-in. Without an audit: what it compares needs none.
 */
import { explore } from '../../dist/harness/explorer/explore.js';
import { subjectOf } from '../../dist/harness/explorer/process/subject.js';
import { loadStrategy } from '../../dist/harness/loader/strategies.js';
import { now, ownServer, scope } from './small-sale.mjs';

const target = await ownServer();

async function explored(ref) {
  const loaded = await loadStrategy(ref);
  const subject = await subjectOf(loaded);
  const { coverage, properties, states, interleavings } = await explore({
    scope,
    subject,
    target,
    auditSamples: 0,
    now,
  });
  const verdicts = Object.entries(properties).map(([name, { verdict }]) => `${name}: ${verdict}`);
  return { name: loaded.strategy.name, coverage, verdicts, states, interleavings: String(interleavings) };
}

try {
  for (const path of process.argv.slice(2)) {
    const copy = await explored({ path });
    const builtIn = await explored({ name: copy.name });
    process.stdout.write(`${JSON.stringify({ copy, builtIn })}\n`);
  }
} finally {
  await target.close();
}
