import { expect } from 'vitest';
import { answerFlags, noServerFlags, type FlagRow, type FlagTable } from './table.ts';

const PLAIN = 'new my-sale';

/** What the answer says is another with the flag, and so is what is written. */
const says = (typed: string, without: object, document: object): FlagRow => ({
  typed,
  shows: { of: `${PLAIN} --json`, without: { document: without }, with: { exitCode: 0, document } },
});

export const NEW: FlagTable = {
  plain: PLAIN,
  flags: {
    '--style': [
      says('--style watch', { style: 'lua' }, { style: 'watch', files: ['my-sale.ts', 'my-sale.test.ts'] }),
    ],
    '--key': [says('--key {{sku}}:left', { key: 'stock:{sku}' }, { key: '{{sku}}:left' })],
    '--sold-out': [says('--sold-out 0', { soldOut: '-1' }, { soldOut: '0' })],
    '--folder': [
      {
        typed: '--folder src/sale',
        shows: {
          of: PLAIN,
          without: { files: ['my-sale.lua', 'my-sale.test.ts', 'my-sale.ts'] },
          with: { files: expect.arrayContaining(['src/sale/my-sale.ts']) },
        },
      },
    ],
    ...answerFlags(PLAIN),
    ...noServerFlags(PLAIN),
  },
};
