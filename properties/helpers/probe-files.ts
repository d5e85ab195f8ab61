import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Property, Strategy } from '../../strategies/contract.ts';
import { explore, type Exploration, type ExploreOptions } from '../../harness/explorer/explore.ts';
import { subjectOf } from '../../harness/explorer/process/subject.ts';
import type { Subject } from '../../harness/explorer/process/spec.ts';
import type { Rules } from '../../harness/explorer/rules.ts';
import { systemClock } from '../../harness/ground/ambient.ts';
import type { RedisTarget } from '../../harness/redis/target.ts';
import { properties, scopeOf, type GivenScope } from './exploring.ts';

/** The strategy of this name in a file of properties/explorer/probes/, evaluated as a user's file would be. */
export async function probeSubject([file, name]: readonly [string, string]): Promise<Subject> {
  const path = fileURLToPath(new URL(`../explorer/probes/${file}.mjs`, import.meta.url));
  const exported = Object.values((await import(path)) as Record<string, Strategy>);
  const strategy = exported.find((one) => one.name === name);
  if (!strategy) throw new Error(`${file}.mjs exports no strategy "${name}"`);
  return subjectOf({ strategy, path });
}

/** Explores that strategy. */
export async function exploringProbe(
  target: RedisTarget,
  named: readonly [string, string],
  scope: GivenScope,
  options: Partial<ExploreOptions> = {},
): Promise<Exploration> {
  return explore({
    scope: scopeOf(scope),
    subject: await probeSubject(named),
    target,
    auditSamples: 0,
    now: () => systemClock.monotonicNs() / 1e6,
    ...options,
  });
}

/** A mistake of one kind, in a sale in which it shows, beside what differs from it only in being right. */
export interface Pair {
  file: string;
  wrong: string;
  right: string;
  scope: GivenScope;
  /** What the mistake violates; oversell unless given. */
  property?: Property;
  /** A search without this rule passes the mistake. */
  rule?: keyof Rules;
  /** What the right one violates as well, by its nature. */
  but?: readonly Property[];
}

/** Interleavings of each exploration that are run again over real sockets. */
const AUDITED = 6;

/** Registers the tests of a pair: that it is caught, that its sibling is spared, and that the rule matters. */
export function caughtAndSpared(server: { target: RedisTarget }, pair: Pair): void {
  const { file, wrong, right, scope, property = 'oversell', rule, but = [] } = pair;

  test(`${wrong} is caught: ${property}`, async () => {
    const found = await exploringProbe(server.target, [file, wrong], scope, { auditSamples: AUDITED });
    expect(properties(found, 'violated')).toContain(property);
    expect(found.properties[property].counterexample).not.toBeNull();
    expect(found.audit.mismatches).toEqual([]);
  });

  test(`${right} is spared`, async () => {
    const found = await exploringProbe(server.target, [file, right], scope, { auditSamples: AUDITED });
    expect(found.notes).toEqual([]);
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toEqual(but);
    expect(found.audit).toEqual({ replayed: AUDITED, mismatches: [] });
  });

  if (rule) {
    test(`without the rule ${rule}, ${wrong} passes`, async () => {
      const found = await exploringProbe(server.target, [file, wrong], scope, { rules: { [rule]: false } });
      expect(found.coverage).toBe('exhausted');
      expect(properties(found, 'violated')).not.toContain(property);
    });
  }
}
