import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { oversell, type Ended } from '../helpers/command.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { everything, rotating, sometimes } from '../helpers/rotating.ts';

/** The race that everybody knows; or one script, which is right in calm and sells twice what is sent again. */
const source = (purchase: string): string => `export const sell = {
  name: 'sell', summary: 'sells', connection: 'shared',
  open: async (redis, sale) => void (await redis.set('stock', sale.stock)),
  seller: (redis) => ({
    remaining: async () => Math.max(0, Number(await redis.get('stock'))),
    purchase: async () => { ${purchase} },
  }),
  // guarantees
};`;
const RACE = `if (Number(await redis.get('stock')) < 1) return { kind: 'sold-out' };
  await redis.decr('stock');
  return { kind: 'sold' };`;
const NEVER = "return { kind: 'sold-out' };";

async function evaluated(text: string, ...flags: string[]): Promise<Ended & { page: string; path: string }> {
  const [folder, runs] = [temporaryFolder(), temporaryFolder()];
  const path = join(folder, 'sell.mjs');
  writeFileSync(path, text);
  const ended = await oversell(['evaluate', path, '--runs', runs, ...flags]).ended;
  const page = readFileSync(join(runs, readdirSync(runs)[0]!, 'report.html'), 'utf8');
  return { ...ended, page, path };
}

sometimes(
  'a violation that nobody declared exits 1 and is never drawn green, and --discover prints what to declare',
  async () => {
    const judged = await evaluated(source(RACE));
    expect(judged).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('--discover prints') });
    expect(judged.page).toContain('class="badge bad"');
    expect(judged.stdout).not.toContain('guarantees: {');

    const discovered = await evaluated(source(RACE), '--discover');
    expect(discovered.exitCode).toBe(0);
    expect(discovered.page).toContain('class="badge bad"');
    const [printed] = /^ {2}guarantees: \{\n(.*\n)*? {2}\},$/m.exec(discovered.stdout) ?? [];
    expect(printed).toContain("oversell: { calm: 'breaks'");

    // Pasted, it is what the strategy guarantees: a declared weakness is none that keeps a run from passing.
    const pasted = async (): Promise<void> =>
      expect(await evaluated(source(RACE).replace('  // guarantees', printed!))).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining('1 of 1 as declared') as string,
      });
    // And the contrary of it is not.
    const contrary = async (): Promise<void> => {
      const wrong = printed!.replace("oversell: { calm: 'breaks'", "oversell: { calm: 'holds'");
      const text = source(RACE).replace('  // guarantees', wrong);
      expect(await evaluated(text, '--discover')).toMatchObject({ exitCode: 1 });
    };
    for (const holds of rotating([pasted, contrary], 1, 'declared')) await holds();
  },
  240_000,
);

test.runIf(everything)(
  'what refuses everybody although there is stock is not green either',
  async () => {
    expect(await evaluated(source(NEVER))).toMatchObject({
      exitCode: 1,
      page: expect.stringContaining('badge bad'),
    });
  },
  120_000,
);
