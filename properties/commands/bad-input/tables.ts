import { counterexamples } from './counterexamples.ts';
import { exploring } from './exploring.ts';
import { histories } from './histories.ts';
import { measuring } from './measuring.ts';
import { results } from './results.ts';
import { scripts } from './scripts.ts';
import { selling } from './selling.ts';
import { servers } from './servers.ts';
import { services } from './services.ts';
import { starting } from './starting.ts';
import { strategies } from './strategies.ts';
import type { BadInputs } from './table.ts';
import { words } from './words.ts';
import { writing } from './writing.ts';

/** What people type and hand over by mistake, by what it is about. */
export const badInputs: Readonly<Record<string, BadInputs>> = {
  'words of a command line': words,
  'scopes of an exploration': exploring,
  'loads and comparisons': measuring,
  'shops and storms': selling,
  counterexamples,
  results,
  histories,
  'service files': services,
  'files of strategies': strategies,
  'Lua scripts': scripts,
  servers,
  'places to write to': writing,
  'strategies to start from': starting,
};
