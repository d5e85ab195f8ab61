import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What would be published, as it is built now. @returns the path of a tarball in that folder */
export function packedInto(folder: string): string {
  const packing = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const packed = execFileSync('npm', packing, { cwd: root, encoding: 'utf8', stdio: 'pipe' });
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  return join(folder, filename);
}

/** Unpacks a tarball in a folder. @returns the path of the package there */
export function unpackedInto(folder: string, tarball: string): string {
  execFileSync('tar', ['-xzf', tarball, '-C', folder]);
  renameSync(join(folder, 'package'), join(folder, 'oversell'));
  return join(folder, 'oversell');
}

/**
 * Puts into a folder's node_modules what `npm install oversell` leaves there.
 * @param without names of packages that are left out
 * @returns where the package lies
 */
export function installedIn(folder: string, without: readonly string[] = []): string {
  const modules = join(folder, 'node_modules');
  mkdirSync(modules, { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (!without.includes(name)) symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  return unpackedInto(modules, packedInto(folder));
}
