import { ModuleInstance } from './instance.ts';
import type { Instance } from './instance-events.ts';
import type { InstanceSpec } from './spec.ts';

/** A process of the kind that is explored, which has started and was asked nothing yet. */
export const bootInstance = (spec: InstanceSpec): Promise<Instance> =>
  spec.boot?.(spec) ?? ModuleInstance.boot(spec);
