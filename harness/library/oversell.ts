/** What `import … from 'oversell'` finds. Engines are loaded when they are asked for something. */
import { watchClients } from './earlier-clients.ts';

export { fromFunction, fromModule } from '../adapters/from-module.ts';
export type { Answer, Answers } from '../adapters/answers.ts';
export type { AdapterOptions, Order, Shop } from '../adapters/shop.ts';
export { bench, type BenchOptions } from './bench.ts';
export { check, type CheckOptions } from './check.ts';
export { explore, type ExploreOptions } from './explore.ts';
export type { Explorable } from './subjects.ts';

watchClients();
