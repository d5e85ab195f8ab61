import { join } from 'node:path';
import type { Counterexample } from '../../harness/documents/counterexample.ts';
import { subjectOf } from '../../harness/explorer/process/subject.ts';
import type { RedisTarget } from '../../harness/redis/target.ts';
import type { Property, Strategy } from '../../strategies/contract.ts';
import { exploring, type GivenScope } from './exploring.ts';
import { folderWith } from './strategy-sources.ts';

/** What shows the violation in a strategy of the user's: "mine", of `sell.ts` in a folder with these files. */
export const showing =
  (server: { target: RedisTarget }) =>
  async (
    files: Record<string, string>,
    scope: GivenScope = { buyers: 2, stock: 1 },
    property: Property = 'oversell',
  ): Promise<Counterexample> => {
    const path = join(folderWith(files), 'sell.ts');
    const exported = (await import(path)) as Record<string, Strategy>;
    const strategy = Object.values(exported).find(({ name }) => name === 'mine')!;
    const subject = await subjectOf({ strategy, path });
    const found = await exploring(server.target, strategy, scope, { subject, path });
    const { counterexample } = found.properties[property];
    if (!counterexample) throw new Error(`no interleaving violates ${property}`);
    return counterexample;
  };

/**
 * A strategy in TypeScript, of which more than types is left out when it is compiled.
 * @param more at its top
 * @param jobs of its seller, besides
 */
export const selling = (purchase: string, more = '', jobs = ''): string => `interface Left {
  readonly units: number;
}
${more}
export const mine = {
  name: 'mine',
  summary: 'sells',
  connection: 'shared' as const,
  open: async (redis: any, sale: any): Promise<void> => void (await redis.set('stock', sale.stock)),
  seller: (redis: any, _sale: any, env: any) => ({
    async purchase({ requestId, userId }: any): Promise<any> {
      const left: Left = { units: 0 };
${purchase}
      return { kind: 'sold' };
    },
    remaining: async () => Number(await redis.get('stock')),
${jobs}
  }),
};
`;

/** Of the first line that has this in it; they count from 1. */
export const lineOf = (source: string, text: string): number =>
  source.split('\n').findIndex((line) => line.includes(text)) + 1;
