import { EnvironmentError } from './errors.ts';

/** What only the storefront, strategies with a second step, and services that speak TLS to Redis need: an installation may leave it out. */
const VERSIONS = {
  hono: '4',
  '@hono/node-server': '2',
  libsql: '0.5.29',
  postgres: '3',
  'prom-client': '15',
  selfsigned: '5',
} as const;
export type OptionalPackage = keyof typeof VERSIONS;

/**
 * @param what needs them
 * @throws EnvironmentError that names the packages that are missing, and the command that brings them
 */
export function requirePackages(names: readonly OptionalPackage[], what = 'serve'): void {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length > 0) throw missingPackages(missing, what);
}

/**
 * Loads a package, which may be there without the part that is compiled for this machine.
 * @throws EnvironmentError as requirePackages
 */
export async function loadPackage<T>(
  name: OptionalPackage,
  load: () => Promise<T>,
  what = 'serve',
): Promise<T> {
  requirePackages([name], what);
  try {
    return await load();
  } catch (error) {
    throw missingPackages([name], what, error);
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

function missingPackages(names: readonly OptionalPackage[], what: string, cause?: unknown): EnvironmentError {
  const why = cause instanceof Error ? `: ${cause.message.split('\n')[0]}` : '';
  return new EnvironmentError(
    'MISSING_PACKAGE',
    `${what} needs ${names.join(', ')}, which is not installed here${why}`,
    `npm install ${names.map((name) => `${name}@${VERSIONS[name]}`).join(' ')}`,
    { cause },
  );
}
