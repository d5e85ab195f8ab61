import { UsageError } from '../ground/errors.ts';
import type { ServiceFile } from '../service/service-file.ts';
import { killConsumer } from './nemeses/kill-consumer.ts';
import { killRedis } from './nemeses/kill-redis.ts';
import { killService } from './nemeses/kill-service.ts';
import type { Nemesis } from './nemesis.ts';

/** All of them, in the order in which they come. */
export const NEMESES: readonly Nemesis[] = [...killConsumer, killService, killRedis];

/**
 * Those that are named, in the order in which they are named; where none are, all that the service's file allows.
 * @throws UsageError for a name that there is not, and for one for which the file lacks something
 */
export function chosenNemeses(names: readonly string[] | undefined, file: ServiceFile): readonly Nemesis[] {
  if (names === undefined) {
    const possible = NEMESES.filter((nemesis) => nemesis.lacks(file) === undefined);
    if (possible.length > 0) return possible;
    const [why] = NEMESES.map((nemesis) => nemesis.lacks(file));
    throw new UsageError(
      'NO_FAULTS',
      `nothing of ${file.name} can be killed: ${why}`,
      'add start, consumers or {redis_port} to its file',
    );
  }
  return names.map((name) => {
    const nemesis = NEMESES.find((one) => one.name === name);
    const known = NEMESES.map((one) => one.name).join(', ');
    if (!nemesis)
      throw new UsageError('UNKNOWN_FAULT', `--faults: there is no "${name}"`, `choose of ${known}`);
    const lacks = nemesis.lacks(file);
    if (lacks === undefined) return nemesis;
    throw new UsageError(
      'NO_FAULTS',
      `--faults ${name}: ${lacks}`,
      `leave ${name} out, or complete ${file.name}`,
    );
  });
}
