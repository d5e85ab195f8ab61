import { EnvironmentError } from '../ground/errors.ts';

/** What only the storefront needs: optional dependencies, as an installation may leave them out. */
const VERSIONS = {
  hono: '4',
  '@hono/node-server': '2',
  libsql: '0.5.29',
  postgres: '3',
  'prom-client': '15',
} as const;
export type OptionalPackage = keyof typeof VERSIONS;

/** @throws EnvironmentError that names the packages that are missing, and the command that brings them */
export function requirePackages(names: readonly OptionalPackage[]): void {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length > 0) throw missingPackages(missing);
}

/**
 * Loads a package, which may be there without the part that is compiled for this machine.
 * @throws EnvironmentError as requirePackages
 */
export async function loadPackage<T>(name: OptionalPackage, load: () => Promise<T>): Promise<T> {
  requirePackages([name]);
  try {
    return await load();
  } catch (error) {
    throw missingPackages([name], error);
  }
}

function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}

function missingPackages(names: readonly OptionalPackage[], cause?: unknown): EnvironmentError {
  const why = cause instanceof Error ? `: ${cause.message.split('\n')[0]}` : '';
  return new EnvironmentError(
    'MISSING_PACKAGE',
    `serve needs ${names.join(', ')}, which is not installed here${why}`,
    `npm install ${names.map((name) => `${name}@${VERSIONS[name]}`).join(' ')}`,
    { cause },
  );
}
