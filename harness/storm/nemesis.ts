import type { ServiceRedis } from '../service/redis-for-service.ts';
import type { RunningService } from '../service/running-service.ts';
import type { ServiceFile } from '../service/service-file.ts';

/** What a nemesis can get hold of: what the storm itself has started. */
export interface Victims {
  service: RunningService;
  redis?: ServiceRedis;
}

/**
 * One fault, inflicted once in the middle of a sale. Each step settles only when what it is for was seen, and answers the
 * proof, for people: who, how, with what. What is not seen in time did perhaps not happen, and the storm proves nothing.
 */
export interface Nemesis {
  /** Kebab-case: its file, its word on the command line. */
  name: string;
  /** For people: one line. */
  summary: string;
  /** What the service's file lacks for it. */
  lacks(file: ServiceFile): string | undefined;
  /** Waits until what it hits is where it is to be hit. */
  start(victims: Victims): Promise<string>;
  /** Hits it. */
  act(victims: Victims): Promise<string>;
  /** Brings back what it took. */
  undo(victims: Victims): Promise<string>;
}
