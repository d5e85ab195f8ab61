import { createRequire } from 'node:module';
import type { SourceMap } from 'oxc-transform';
import type babel from '@babel/core';
import { UsageError } from '../ground/errors.ts';

/** What is wrong with a decorator, in the code that was given. */
export class DecoratorFault extends Error {
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(message: string, at: { line: number; column: number } | undefined) {
    super(message);
    this.line = at?.line;
    this.column = at && at.column + 1;
  }
}

const require = createRequire(import.meta.url);

/**
 * Standard decorators, which no Node knows yet, as functions that are called. The compiler has only TypeScript's own;
 * Babel has these, and is loaded for nobody else.
 * @throws DecoratorFault, and UsageError where Babel is not installed
 */
export function withoutDecorators(file: string, code: string): { code: string; map: SourceMap } {
  const { transformSync } = load('@babel/core', file) as typeof babel;
  const plugin = load('@babel/plugin-proposal-decorators', file) as { default: object };
  try {
    const made = transformSync(code, {
      filename: file,
      sourceType: 'unambiguous',
      plugins: [[plugin.default, { version: '2023-11' }]],
      sourceMaps: true,
      babelrc: false,
      configFile: false,
      browserslistConfigFile: false,
      compact: false,
    });
    return { code: made!.code!, map: made!.map as unknown as SourceMap };
  } catch (error) {
    const { message, loc } = error as Error & { loc?: { line: number; column: number } };
    const [, said = message] = /^(?:.*?: )?(.*?)(?: \(\d+:\d+\))?$/m.exec(message) ?? [];
    throw new DecoratorFault(said, loc);
  }
}

function load(name: string, file: string): unknown {
  try {
    return require(name);
  } catch (error) {
    throw new UsageError(
      'PACKAGE_MISSING',
      `${file} has standard decorators, and ${name} is not installed, which compiles them`,
      `npm install ${name}@7, or set experimentalDecorators in tsconfig.json if they are TypeScript's own`,
      { cause: error },
    );
  }
}
