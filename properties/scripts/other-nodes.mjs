// Runs the suite with other versions of Node than the one that is installed, each brought by npm. `npm run other-nodes`.
//   node properties/scripts/other-nodes.mjs [22 24 26] [-- what vitest is told, as the names of some files]
// Exits 1 if any of them fails.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const words = process.argv.slice(2);
const end = words.includes('--') ? words.indexOf('--') : words.length;
const versions = end === 0 ? ['22', '24', '26'] : words.slice(0, end);
const folder = mkdtempSync(join(tmpdir(), 'oversell-nodes-'));
let failed = false;
try {
  for (const version of versions) {
    const prefix = join(folder, version);
    execFileSync('npm', ['install', '--silent', '--prefix', prefix, `node@${version}`], { stdio: 'inherit' });
    const bin = join(prefix, 'node_modules/node/bin');
    const told = execFileSync(join(bin, 'node'), ['--version'], { encoding: 'utf8' }).trim();
    console.log(`\n== Node ${told}`);
    // The suite starts programs by the name of node, too.
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
    const run = spawnSync(join(bin, 'node'), [vitest, 'run', ...words.slice(end + 1)], {
      cwd: root,
      env,
      stdio: 'inherit',
    });
    failed ||= run.status !== 0;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
