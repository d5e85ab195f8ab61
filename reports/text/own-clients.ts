import type { OwnClient } from '../../harness/documents/own-clients.ts';

/** By which clients code speaks to Redis that makes its own. */
export const ownClientsText = (clients: readonly OwnClient[]): string =>
  `${clients.map(({ name, version }) => `${name} ${version}`).join(', ')} of the project`;
