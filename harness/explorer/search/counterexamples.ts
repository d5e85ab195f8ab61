import { epochOfRun } from '../process/virtual.ts';
import type { Property } from '../../../strategies/contract.ts';
import type { Counterexample } from '../../documents/counterexample.ts';
import { explained } from '../../documents/explanation.ts';
import { askedOf, type ExplorationRequest } from '../exploration-request.ts';
import type { Parts } from '../space/setting.ts';
import { asidesOf } from './code-side.ts';
import { minimalCounterexamples } from './minimal.ts';
import type { Path } from './shortest.ts';
import { scheduleOf, stepsOf, toldAtRest } from './story.ts';
import { verifyShown } from './verify.ts';

/**
 * The smallest counterexample to each violated property that is asked about.
 * @param drawn interleavings that will do where no search ends
 */
export async function counterexamplesOf(
  question: ExplorationRequest,
  parts: Required<Parts>,
  violated: ReadonlySet<Property>,
  drawn: ReadonlyMap<Property, Path>,
): Promise<Map<Property, Counterexample>> {
  const { subject, target, path, signal } = question;
  const wanted = new Set(askedOf(question).filter((property) => violated.has(property)));
  const found = await minimalCounterexamples(
    { ...parts, reductions: { ...parts.reductions, merging: true } },
    { properties: wanted, drawn, signal },
  );
  const counterexamples = new Map<Property, Counterexample>();
  for (const one of found) {
    const { property, scope: smaller, path: violation } = one;
    const { message } = violation;
    await verifyShown(violation);
    const steps = await stepsOf({ ...one, asides: await asidesOf(violation, path) });
    const { because, remedy } = explained({
      property,
      message,
      steps,
      isOfService: Boolean(subject.service),
    });
    counterexamples.set(property, {
      oversell: 1,
      kind: 'counterexample',
      strategy: subject.strategy.name,
      ...(path === undefined ? {} : { path }),
      ...(subject.lua && { lua: subject.lua }),
      ...(subject.service && { service: subject.service.kept }),
      property,
      message,
      cause: because,
      remedy,
      minimal: violation.minimal,
      boots: 'all',
      epochMs: epochOfRun(),
      server: target.description,
      scope: { ...smaller, quantities: [...smaller.quantities] },
      steps,
      ...(violation.end && { atRest: toldAtRest(violation.end) }),
      schedule: scheduleOf(violation),
    });
  }
  return counterexamples;
}
