import { FAULTS, faultRow, type Fault } from '../documents/faults.ts';
import type { Scope } from '../documents/scope.ts';
import { UsageError } from '../ground/errors.ts';
import type { ServiceFile } from '../service/service-file.ts';

/** What cannot be explored of a service yet is refused by name, before anything is started. */

/**
 * Whether a fault comes to a service from outside. Its clients and its clock are its own, it has no till, and nobody has looked yet
 * at one whose server is replaced.
 */
function isPossible(fault: Fault): boolean {
  const { hits, releases, promotes } = faultRow(fault);
  return hits !== 'client' && hits !== 'call' && hits !== 'clock' && !releases && !promotes;
}

/** @throws UsageError where nobody tells whether processes run */
export function requireLinux(platform: NodeJS.Platform = process.platform): void {
  if (platform === 'linux') return;
  throw new UsageError(
    'NO_PROC',
    'intercept tells by /proc of Linux when a service is done with what it was told, and this system has none',
    'run it on Linux, in a container for example',
  );
}

/** @throws UsageError if the file has what intercept does not do */
export function requireInterceptable({ name, service }: ServiceFile): void {
  if (service.start === undefined)
    refuse(name, 'intercept starts each process itself, and the file has no start', 'give `start`');
  if (service.tls !== undefined || service.baseUrl.startsWith('https:'))
    refuse(name, 'intercept speaks plain HTTP to a service', 'start it without TLS for the run');
  for (const part of ['prepare', 'login'] as const)
    if (service[part].length > 0)
      refuse(
        name,
        `intercept does nothing before a purchase, and the file has ${part}`,
        'let a purchase need no login for the run, or put a fixed token into the headers of `buy`',
      );
  for (const part of ['consumers', 'settled', 'stop'] as const)
    if (service[part] !== undefined)
      refuse(name, `intercept does not know ${part} yet`, `leave ${part} out of the file for intercept`);
}

const refuse = (flag: string, why: string, remedy: string): never => {
  throw new UsageError('NOT_INTERCEPTABLE', `${flag}: ${why}`, remedy);
};

/** @throws UsageError if the scope asks for what a service cannot be asked for yet */
export function requireServiceScope(scope: Scope, { service }: ServiceFile): void {
  for (const fault of FAULTS)
    if (scope.faults[fault] > 0 && !isPossible(fault))
      refuse(
        `--faults ${fault}`,
        'a service has its own clients, clock and till, so that intercept cannot bring it about',
        `leave it out: intercept knows ${FAULTS.filter(isPossible).join(', ')}`,
      );
  if (scope.releases > 0 && service.release === undefined)
    refuse(
      '--releases',
      'nobody said by which request a buyer gives back what they bought',
      "give --release, as 'POST /cancel?token={request}', or `release` in the file; or leave out --releases",
    );
  for (const flag of ['restocks', 'jobs', 'confirms'] as const)
    if ((scope[flag] ?? 0) > 0)
      refuse(`--${flag}`, 'intercept asks a service for purchases and releases alone', `leave out --${flag}`);
  if (scope.client !== 'default')
    refuse(`--client ${scope.client}`, 'a service makes its clients itself', 'leave out --client');
}
