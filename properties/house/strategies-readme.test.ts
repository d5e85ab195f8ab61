import { format } from 'oxfmt';
import { expect, test } from 'vitest';
import { strategiesReadme } from '../../reports/strategies-readme.ts';
import { CHOOSING } from '../../strategies/choosing.ts';
import { registry } from '../../strategies/registry.ts';

test('strategies/README.md is what the registry and the declarations say (npm run docs writes it)', async () => {
  const { code } = await format('README.md', strategiesReadme(registry), { printWidth: 110 });
  await expect(code).toMatchFileSnapshot('../../strategies/README.md');
});

test('something is said about choosing each strategy, and about no other', () => {
  expect(Object.keys(CHOOSING)).toEqual(registry.map(({ strategy }) => strategy.name));
  const [first] = registry;
  const unknown = { ...first!, strategy: { ...first!.strategy, name: 'of-yesterday' } };
  expect(() => strategiesReadme([unknown])).toThrow('says nothing of of-yesterday');
});
