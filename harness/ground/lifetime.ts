/** Something that must not outlive the run: a server, a temporary folder, keys on a borrowed server. */
export interface Resource {
  release(): Promise<void>;
  /** What can be done at once when the process ends without waiting. */
  releaseNow?(): void;
}

/** The register of everything that is live in this process. */
const live = new Set<Resource>();

/** @returns how to take the resource off the register, once it is released */
export function onExit(resource: Resource): () => void {
  if (live.size === 0) process.once('exit', releaseAllNow);
  live.add(resource);
  return () => {
    live.delete(resource);
    if (live.size === 0) process.off('exit', releaseAllNow);
  };
}

/** Runs at every end of the process but kill -9: uncaught exceptions and forced exits too. */
function releaseAllNow(): void {
  for (const resource of live) resource.releaseNow?.();
}

/** Releases everything that is live, the latest first: it may need an earlier one. @throws the first failure */
export async function releaseAll(): Promise<void> {
  const failures: unknown[] = [];
  for (const resource of [...live].toReversed()) await resource.release().catch((e) => failures.push(e));
  if (failures.length > 0) throw failures[0];
}
