import { spawnSync } from 'node:child_process';
import { isHere, TOOLCHAINS } from './toolchains.ts';

/** Installs what Debian has of the languages that are missing, where it may; tests of those that stay missing are skipped by name. */
export function setup(): void {
  const missing = Object.values(TOOLCHAINS).filter((toolchain) => !isHere(toolchain));
  const packages = missing.flatMap((toolchain) => toolchain.packages);
  if (packages.length === 0) return;
  const why = process.getuid?.() === 0 ? installed(packages) : 'only root may install it';
  if (why !== undefined) process.stderr.write(`${packages.join(', ')}: ${why}\n`);
}

/** @returns what is in the way */
function installed(packages: readonly string[]): string | undefined {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const words of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
    const { error, status, stderr } = spawnSync('apt-get', words, { env, encoding: 'utf8' });
    if (error) return 'apt-get is not installed';
    if (status !== 0) return `apt-get ${words[0]}: ${stderr.trim()}`;
  }
  return undefined;
}
