import { findServer, type ServerBinary } from '../../harness/redis/find/find-server.ts';

let found: Promise<ServerBinary> | undefined;

/** The redis-server of this machine; the tests of one process look for it once. */
export const thisServer = (): Promise<ServerBinary> => (found ??= findServer({}));
