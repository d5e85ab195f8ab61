import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Property, Strategy } from '../../strategies/contract.ts';
import { explore, type Exploration, type ExploreOptions } from '../../harness/explorer/explore.ts';
import { subjectOf } from '../../harness/explorer/process/subject.ts';
import type { Subject } from '../../harness/explorer/process/spec.ts';
import type { Rules } from '../../harness/explorer/rules.ts';
import { notingGlobals } from '../../harness/ground/user-globals.ts';
import { systemClock, yearAhead } from '../../harness/ground/ambient.ts';
import type { RedisTarget } from '../../harness/redis/target.ts';
import { folderWith } from './strategy-sources.ts';
import { properties, scopeOf, type GivenScope } from './exploring.ts';

/** The strategy of this name in a file of properties/explorer/probes/, evaluated as a user's file would be. */
export const probeSubject = ([file, name]: readonly [string, string]): Promise<Subject> =>
  subjectIn(fileURLToPath(new URL(`../explorer/probes/${file}.mjs`, import.meta.url)), name);

async function subjectIn(path: string, name: string): Promise<Subject> {
  const exported = Object.values((await notingGlobals(() => import(path))) as Record<string, Strategy>);
  const strategy = exported.find((one) => one.name === name);
  if (!strategy) throw new Error(`${path} exports no strategy "${name}"`);
  return subjectOf({ strategy, path });
}

/** Explores the strategy "probe" of `sell.mjs`, in a folder of its own that holds these files and `parts.mjs`. */
export async function exploringFolder(
  target: RedisTarget,
  files: Record<string, string>,
  scope: GivenScope,
  options: Partial<ExploreOptions> = {},
): Promise<Exploration> {
  const parts = readFileSync(new URL('../explorer/probes/parts.mjs', import.meta.url), 'utf8');
  const subject = await subjectIn(join(folderWith({ 'parts.mjs': parts, ...files }), 'sell.mjs'), 'probe');
  return exploringSubject(target, subject, scope, options);
}

/** Explores that strategy. */
export async function exploringProbe(
  target: RedisTarget,
  named: readonly [string, string],
  scope: GivenScope,
  options: Partial<ExploreOptions> = {},
): Promise<Exploration> {
  return exploringSubject(target, await probeSubject(named), scope, options);
}

async function exploringSubject(
  target: RedisTarget,
  subject: Subject,
  scope: GivenScope,
  options: Partial<ExploreOptions>,
): Promise<Exploration> {
  return explore({
    scope: scopeOf(scope),
    subject,
    target,
    auditSamples: 0,
    now: () => systemClock.monotonicNs() / 1e6,
    epochMs: yearAhead(systemClock),
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
