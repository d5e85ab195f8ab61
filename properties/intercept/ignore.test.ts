import { expect, test } from 'vitest';
import { CannotExplore } from '../../harness/explorer/cannot-explore.ts';
import { properties, server } from '../helpers/exploring.ts';
import { intercepted, shop } from '../helpers/intercepting.ts';
import { sometimes } from '../helpers/rotating.ts';

const at = server();

const race = { buyers: 2, stock: 1 };
const alone = { buyers: 1, stock: 1 };
const quickly = { auditSamples: 2 };
const IN_TIME = 600_000;
const ignoring = (technique: string, ignore?: string) =>
  shop(['node', 'shop.mjs', technique], ignore === undefined ? {} : { ignore });

const ASIDE = '^(GET|SET|INCR) (settings|rate)\\b';

sometimes(
  'a service that polls, and limits rates, is explored without that: each history finds what the service wrote as it started',
  async () => {
    const explored = await intercepted(ignoring('aside', ASIDE), race, at.target, quickly);
    expect(properties(explored, 'violated')).toEqual([]);
    expect(explored).toMatchObject({ verdict: 'holds', coverage: 'exhausted', interleavings: 20n });
    expect(explored.facts.fresh).toBe(false);
    expect(explored.audit.mismatches).toEqual([]);
    expect(explored.notes).toContainEqual(expect.stringMatching(/^not explored: .*--ignore.*GET, INCR, SET/));
  },
  IN_TIME,
);

sometimes(
  'and refused with the command that it sends where nobody says so',
  async () => {
    await expect(intercepted(ignoring('aside'), alone, at.target)).rejects.toThrow(/settings.* by itself/);
  },
  IN_TIME,
);

test.each([
  ['that the sale itself sends', 'closing', '^GET stock$', ['stock is touched by GET stock', 'of the sale']],
  [
    'that write what the sale reads',
    'closing',
    '^SET closed',
    ['closed is touched by SET closed yes', 'GET closed of the sale'],
  ],
])(
  'commands %s cannot be left out',
  async (_, technique, ignore, said) => {
    const ran = intercepted(ignoring(technique, ignore), alone, at.target, quickly);
    await expect(ran).rejects.toBeInstanceOf(CannotExplore);
    for (const part of said) await expect(ran).rejects.toThrow(part);
  },
  IN_TIME,
);
