import type { BadInputs, Row } from './table.ts';

const files = {
  'taken.ts': '// mine\n',
  'tested.test.ts': '// mine\n',
  'scripted.lua': '-- mine\n',
  'folder.ts/': '',
  'a-file': 'mine\n',
};

const rows: readonly Row[] = [
  ['new', "missing required argument 'name'"],
  ["new ''", '"" is no name of a strategy'],
  ['new src/sale', '"src/sale" is no name of a strategy'],
  ['new sale.ts', '"sale.ts" is no name of a strategy'],
  ['new 1st', '"1st" is no name of a strategy'],
  ['new a b', "too many arguments for 'new'. Expected 1 argument but got 2."],
  ['new taken', 'taken.ts is there already, and is not overwritten'],
  ['new tested', 'tested.test.ts is there already, and is not overwritten'],
  ['new scripted', 'scripted.lua is there already, and is not overwritten'],
  ['new folder', 'folder.ts is there already, and is not overwritten'],
  [
    'new sale --folder a-file',
    '--folder: <here>/a-file cannot be written: a part of its path is a file, no folder',
  ],
  ['new sale --style fast', "option '--style <style>' argument 'fast' is invalid. Allowed choices are lua,"],
  ['new sale --key stock:{product}', 'the key has {product}, and a key may have {sku} alone'],
  ["new sale --key ''", 'the key is empty'],
  ['new sale --sold-out 1', '"1" cannot mean sold-out'],
  ['new sale --sold-out true', '"true" cannot mean sold-out'],
  ['new sale --sold-out 0.5', '"0.5" cannot mean sold-out'],
  ["new sale --sold-out ''", '"" cannot mean sold-out'],
  ['new sale --sold-out gave-up', '"gave-up" cannot mean sold-out'],
  ['new sale --redis redis://127.0.0.1:1', '--redis would do nothing: new asks no server'],
];

/** Strategies that are not written. */
export const starting: BadInputs = { rows, files };
