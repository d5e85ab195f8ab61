import { extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Strategy } from '../../../strategies/contract.ts';
import { adapterOf, type Adapter } from '../../adapters/adapter.ts';
import { adapted } from '../../adapters/adapted.ts';
import { STRATEGIES } from '../../ground/places.ts';
import { ownClientsIn, ownClientsOf } from '../../loader/own-clients.ts';
import type { LoadedStrategy } from '../../loader/strategies.ts';
import { CannotExplore } from '../cannot-explore.ts';
import { Database } from './own-connections.ts';
import { Program } from './program.ts';
import type { Subject } from './spec.ts';

/** What the explorer needs of a loaded strategy: where its code lies, to evaluate it anew. */
type Chosen = Pick<LoadedStrategy, 'strategy' | 'path' | 'lua' | 'packagesConnect'>;

/** A built-in strategy, or one export of a file, ready to be evaluated as often as there are instances. */
export async function subjectOf(chosen: Chosen): Promise<Subject> {
  const { strategy, path, lua, packagesConnect } = chosen;
  // What is made of a script keeps nothing from call to call.
  if (lua) return { strategy, lua, evaluate: () => strategy, touchesGlobals: () => false };
  const builtIn = new URL(`${strategy.name}${extname(import.meta.url)}`, STRATEGIES);
  const file = path === undefined ? fileURLToPath(builtIn) : resolve(path);
  const adapter = adapterOf(strategy);
  const clients = path === undefined ? [] : ownClientsOf(chosen);
  const program = Program.load(file, adapter?.kind === 'module' ? [adapter.file] : []);
  return {
    strategy,
    database: new Database(),
    ...(clients.length > 0 && { clients }),
    ...(packagesConnect && { packagesConnect }),
    packages: program.packages,
    touchesGlobals: () => program.touchesGlobals,
    evaluate: (ownPackages = true) => {
      const load = program.start(ownPackages);
      for (const value of Object.values(load(file))) {
        const { name, seller } = (value ?? {}) as Partial<Strategy>;
        if (name !== strategy.name || !seller) continue;
        const made = adapterOf(value);
        return made ? adapted(made, load) : (value as Strategy);
      }
      throw new CannotExplore(
        `${file} does not always export "${strategy.name}"`,
        'export it whenever the file is loaded',
      );
    },
  };
}

/** A strategy that was made by an adapter where an exploration is asked for, as in a test. */
export function subjectOfAdapter(strategy: Strategy, adapter: Adapter, packagesConnect: boolean): Subject {
  const program = adapter.kind === 'module' ? Program.load(adapter.file) : undefined;
  const clients = adapter.file === undefined ? [] : ownClientsIn([adapter.file]);
  return {
    strategy,
    keepsMemory: true,
    database: new Database(),
    ...(clients.length > 0 && { clients }),
    ...(packagesConnect && { packagesConnect }),
    ...(program && { packages: program.packages }),
    // What the functions do that are here already is not known.
    touchesGlobals: () => true,
    evaluate: (ownPackages = true) => adapted(adapter, program?.start(ownPackages) ?? (() => undefined)),
  };
}
