import { extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Strategy } from '../../../strategies/contract.ts';
import { STRATEGIES } from '../../ground/places.ts';
import type { LoadedStrategy } from '../../loader/strategies.ts';
import { CannotExplore } from '../cannot-explore.ts';
import { Database } from './own-connections.ts';
import { Program } from './program.ts';
import type { Subject } from './spec.ts';

/** What the explorer needs of a loaded strategy: where its code lies, to evaluate it anew. */
type Chosen = Pick<LoadedStrategy, 'strategy' | 'path' | 'lua' | 'packagesConnect'>;

/** A built-in strategy, or one export of a file, ready to be evaluated as often as there are instances. */
export async function subjectOf({ strategy, path, lua, packagesConnect }: Chosen): Promise<Subject> {
  // What is made of a script keeps nothing from call to call.
  if (lua) return { strategy, lua, evaluate: () => strategy, touchesGlobals: () => false };
  const builtIn = new URL(`${strategy.name}${extname(import.meta.url)}`, STRATEGIES);
  const file = path === undefined ? fileURLToPath(builtIn) : resolve(path);
  const program = Program.load(file);
  return {
    strategy,
    database: new Database(),
    ...(packagesConnect && { packagesConnect }),
    packages: program.packages,
    touchesGlobals: () => program.touchesGlobals,
    evaluate: (ownPackages = true) => {
      for (const value of Object.values(program.evaluate(ownPackages))) {
        const { name, seller } = (value ?? {}) as Partial<Strategy>;
        if (name === strategy.name && seller) return value as Strategy;
      }
      throw new CannotExplore(
        `${file} does not always export "${strategy.name}"`,
        'export it whenever the file is loaded',
      );
    },
  };
}
