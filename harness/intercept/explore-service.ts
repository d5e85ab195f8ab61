import type { Property } from '../../strategies/contract.ts';
import type { ServiceFacts } from '../documents/exploration.ts';
import type { Scope } from '../documents/scope.ts';
import { explore, type Exploration, type ExploreOptions } from '../explorer/explore.ts';
import { systemClock as clock, yearAhead } from '../ground/ambient.ts';
import { openTarget, type TargetOptions } from '../redis/open.ts';
import type { ServiceFile } from '../service/service-file.ts';
import { interceptService } from './intercept.ts';

export interface ExploreServiceOptions
  extends Omit<TargetOptions, 'onProgress'>, Pick<ExploreOptions, 'maxStates' | 'merging'> {
  file: ServiceFile;
  scope: Scope;
  signal: AbortSignal;
  /** The only property that is asked about. */
  property?: Property;
  /** As `interceptService` has them. */
  processes?: number;
  fresh?: true;
  onLine: (line: string) => void;
  onCovered: NonNullable<ExploreOptions['onProgress']>;
}

/**
 * Explores a service on a private server of its own.
 * @throws as interceptService, openTarget and explore
 */
export async function exploreService(
  options: ExploreServiceOptions,
): Promise<{ exploration: Exploration; service: ServiceFacts }> {
  const { file, scope, signal, property, maxStates, merging, onCovered, onLine } = options;
  const { processes, fresh } = options;
  const target = await openTarget({ ...options, onProgress: onLine });
  try {
    await using intercepted = await interceptService({
      file,
      scope,
      signal,
      target,
      provision: { ...options, onProgress: onLine },
      ...(processes !== undefined && { processes }),
      ...(fresh !== undefined && { fresh }),
    });
    const exploration = await explore({
      scope,
      subject: intercepted.subject,
      target,
      signal,
      ...(property !== undefined && { properties: [property] }),
      ...(maxStates !== undefined && { maxStates }),
      ...(merging !== undefined && { merging }),
      onProgress: onCovered,
      now: () => clock.monotonicNs() / 1e6,
      epochMs: yearAhead(clock),
    });
    return { exploration, service: intercepted.facts() };
  } finally {
    await target.close();
  }
}
