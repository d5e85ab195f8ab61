import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const OPERATIONS = 150_000;

/** A small disk, nearly full. */
const DISK_BYTES = 64 << 10;
const LEFT_BYTES = 8 << 10;

/** Where tries have their folders, with what their commands need. */
export async function openYard() {
  const home = mkdtempSync(join(tmpdir(), 'oversell-torture-'));
  const history = largeHistory();
  const canFill = mounts(join(home, 'trial-disk'));
  let places = 0;
  return {
    home,
    canFill,
    hasNetworks: hasNetworks(),
    /** A folder of one try: `work`, where it is started, and `tmp`. */
    place(full) {
      const place = join(home, String(++places));
      const [work, tmp, runs] = ['work', 'tmp', 'work/runs'].map((name) => join(place, name));
      for (const folder of [work, tmp]) mkdirSync(folder, { recursive: true });
      const example = join(ROOT, 'reports/example');
      cpSync(
        join(example, 'counterexamples/lua-decrement-buyer-crash-stranded.json'),
        join(work, 'counterexample.json'),
      );
      mkdirSync(join(work, 'base'));
      cpSync(join(example, 'result.json'), join(work, 'base/result.json'));
      writeFileSync(join(work, 'large.jsonl'), history);
      writeFileSync(join(work, 'shop.json'), shop());
      writeFileSync(join(work, 'intercepted.json'), JSON.stringify(INTERCEPTED));
      writeFileSync(
        join(work, 'in-networks.json'),
        JSON.stringify({ ...INTERCEPTED, ports: { redis: 6379 } }),
      );
      if (full) {
        mkdirSync(runs);
        mount(runs);
        writeFileSync(join(runs, 'filler'), Buffer.alloc(DISK_BYTES - LEFT_BYTES));
      }
      const leave = () => {
        if (full) execFileSync('umount', [runs]);
        rmSync(place, { recursive: true, force: true });
      };
      return { work, tmp, runs, leave };
    },
    close: () => rmSync(home, { recursive: true, force: true }),
  };
}

const mount = (folder) =>
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', folder], { stdio: 'ignore' });

/** Whether this user may. */
function mounts(folder) {
  mkdirSync(folder);
  try {
    mount(folder);
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One that needs no package. */
const INTERCEPTED = {
  start: ['node', join(ROOT, 'properties/helpers/decrement-shop.mjs')],
  ready: { accepts: 'connections' },
  open: [{ redis: ['SET', 'stock', '{stock}'] }],
  buy: { path: '/buy?token={request}' },
  left: { ask: { redis: ['GET', 'stock'] } },
  answers: { sold: { status: 200 }, soldOut: { status: 409 } },
};

/** Whether a process may have a network of its own here. */
function hasNetworks() {
  const ways = [['--net'], ['--user', '--map-current-user', '--keep-caps', '--net']];
  return ways.some((way) => spawnSync('unshare', [...way, 'ip', 'link', 'set', 'lo', 'up']).status === 0);
}

function shop() {
  const services = join(ROOT, 'properties/services');
  const sample = JSON.parse(readFileSync(join(services, 'shop.json'), 'utf8'));
  return JSON.stringify({ ...sample, cwd: services });
}

/** One that holds, of so many purchases by one process each. */
function largeHistory() {
  const lines = [`{"oversell":1,"sale":{"sku":"tea","stock":${OPERATIONS}}}`];
  for (let i = 0; i < OPERATIONS; i++) {
    lines.push(
      `{"process":${i % 64},"request":"r${i}","attempt":1,"user":"u${i}","op":"purchase","quantity":1,` +
        `"invoked":${i * 100},"completed":${i * 100 + 90},"outcome":"sold"}`,
    );
  }
  lines.push('{"op":"drained","value":0}', '');
  return lines.join('\n');
}
