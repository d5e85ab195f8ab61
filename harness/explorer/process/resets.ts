import { CannotExplore } from '../cannot-explore.ts';

/** Whether a command makes the server forget all that it knows of the connection. */
export const isReset = (bytes: string): boolean => /^\*1\r\n\$5\r\nreset\r\n$/i.test(bytes);

/** A client that the code was given was introduced by us. */
export const OF_GIVEN = new CannotExplore(
  'it sends RESET by the client that it is handed, which cannot be explored: that changes the protocol under it',
  'send UNWATCH or DISCARD, or use a client that the code makes itself',
);
