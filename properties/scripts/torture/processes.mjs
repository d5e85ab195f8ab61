import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Process ids of the servers whose folders are in there. */
export function serversIn(temporary) {
  return readdirSync(temporary).flatMap((name) => {
    try {
      const pid = Number(readFileSync(join(temporary, name, 'server.pid'), 'utf8'));
      return pid > 0 ? [pid] : [];
    } catch {
      return [];
    }
  });
}

/** Processes that were started with this mark, and those that they started; not those that have ended. */
export function marked(mark) {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      if (!readFileSync(`/proc/${name}/environ`, 'latin1').includes(`OVERSELL_TORTURE=${mark}\0`)) return [];
      return /\) Z /.test(readFileSync(`/proc/${name}/stat`, 'utf8')) ? [] : [Number(name)];
    } catch {
      return []; // it has ended, or is another user's
    }
  });
}

/** For people. */
export function titleOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 80);
  } catch {
    return 'it has ended';
  }
}
