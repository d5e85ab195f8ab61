import { dirname, relative, resolve } from 'node:path';
import type { Counterexample } from '../harness/documents/counterexample.ts';

const IMPORT = "import { standing } from 'oversell/regression';";

/** Whether this is the text of such a test, which may be written again. */
export const isRegressionTest = (text: string): boolean =>
  text.includes(IMPORT) && text.includes('\n// Found by oversell: ');

/**
 * A counterexample as a vitest test over the package's own surface. It fails until the strategy is fixed.
 *
 * @param file where the test will lie: paths in it are relative to it
 */
export function regressionTest(counterexample: Counterexample, file: string): string {
  const { strategy, property, path, message } = counterexample;
  const target = path === undefined ? undefined : relative(dirname(resolve(file)), resolve(path));
  const argument =
    target === undefined ? '' : `, fileURLToPath(new URL(${JSON.stringify(target)}, import.meta.url))`;
  return [
    ...(target === undefined ? [] : ["import { fileURLToPath } from 'node:url';"]),
    IMPORT,
    "import { expect, test } from 'vitest';",
    '',
    `// Found by oversell: ${message.replaceAll(/\s+/g, ' ')}`,
    `const counterexample = ${JSON.stringify({ ...counterexample, path: undefined }, undefined, 2)};`,
    '',
    `test(${JSON.stringify(`${strategy} keeps ${property} in the interleaving that broke it`)}, async () => {`,
    `  const { violated, message } = await standing(counterexample${argument});`,
    '  expect(violated, message).toBe(false);',
    '}, 60_000);',
    '',
  ].join('\n');
}
