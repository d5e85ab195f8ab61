import type { BadInputs, Row } from './table.ts';

const WHOLE = {
  name: "'mine'",
  summary: "'sells'",
  connection: "'shared'",
  open: 'async () => {}',
  seller: '() => ({})',
};
/** A file that exports one strategy. */
const strategy = (patch: Partial<Record<string, string>>): string => {
  const fields = Object.entries({ ...WHOLE, ...patch }).flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${name}: ${value},`],
  );
  return ['export const mine = {', ...fields, '};', ''].join('\n');
};
const after = (line: string): string => `${line}\n${strategy({})}`;

const files = {
  'empty.mjs': '',
  'exports-nothing.mjs': 'const a = 1;\n',
  'exports-a-number.mjs': 'export const a = 1;\n',
  'syntax.mjs': after('const = 1;'),
  'syntax.ts': after('const a: = 1;'),
  'json.mjs': '{"name":"mine"}\n',
  'cut.mjs': strategy({}).slice(0, 60),
  'no-name.mjs': strategy({ name: undefined }),
  'name-of-numbers.mjs': strategy({ name: '1' }),
  'name-with-a-slash.mjs': strategy({ name: "'a/b'" }),
  'name-with-spaces.mjs': strategy({ name: "'my strategy'" }),
  'empty-name.mjs': strategy({ name: "''" }),
  'name-of-a-method.mjs': strategy({ name: "'toString'" }),
  'name-of-all.mjs': strategy({ name: "'constructor'" }),
  'no-summary.mjs': strategy({ summary: undefined }),
  'no-connection.mjs': strategy({ connection: undefined }),
  'other-connection.mjs': strategy({ connection: "'pool'" }),
  'no-open.mjs': strategy({ open: undefined }),
  'open-of-words.mjs': strategy({ open: "'open'" }),
  'no-seller.mjs': strategy({ seller: undefined }),
  'other-property.mjs': strategy({ guarantees: "{ undersell: { calm: 'breaks' } }" }),
  'other-environment.mjs': strategy({ guarantees: "{ oversell: { storm: 'breaks' } }" }),
  'other-guarantee.mjs': strategy({ guarantees: "{ oversell: { calm: 'maybe' } }" }),
  'other-support.mjs': strategy({ supports: "['everything']" }),
  'client-of-words.mjs': strategy({ client: "'ioredis'" }),
  'needs-nothing-there.mjs': strategy({ needs: "{ commands: ['NOSUCH'] }" }),
  'version-of-words.mjs': strategy({ needs: "{ minRedis: 'banana' }" }),
  'replicas-below.mjs': strategy({ needs: '{ replicas: 0 }' }),
  'twice.mjs': `${strategy({})}export const other = { ...mine };\n`,
  'missing-package.mjs': after("import 'no-such-package-of-anybody';"),
  'missing-file.mjs': after("import './nowhere.mjs';"),
  'throws.mjs': after("throw new Error('at import');"),
  'throws-text.mjs': after("throw 'at import';"),
  'rejects.mjs': after("await Promise.reject(new Error('at import'));"),
  'floats.mjs': after("void Promise.reject(new Error('at import'));"),
  'reads.mjs': after("import { readFileSync } from 'node:fs';\nreadFileSync('./nowhere.json');"),
  'wrong-import.mjs': after("import { nothing } from 'node:fs';"),
  'sell.txt': strategy({}),
  'sell.cjs': strategy({}),
  'sell.json': '{}',
  sell: strategy({}),
  'stacks-of-numbers.mjs': after('Error.prepareStackTrace = () => 5;'),
  'stacks-that-throw.mjs': after('Error.prepareStackTrace = () => {\n  throw 1;\n};'),
  'stacks-of-one-depth.mjs': after("Object.defineProperty(Error, 'stackTraceLimit', { writable: false });"),
  'no-json.mjs': after("JSON.stringify = () => 'nothing';"),
  'no-turns.mjs': after('globalThis.setImmediate = () => undefined;'),
  'no-mapping.mjs': after("Array.prototype.map = () => {\n  throw new Error('no map');\n};"),
  'name-that-throws.mjs': after('').replace(
    "name: 'mine'",
    "get name() {\n    throw new Error('no name');\n  }",
  ),
  'folder.mjs/': '',
  'pipe.mjs|': '',
};

const rows: readonly Row[] = [
  ['explore ./empty.mjs', '<here>/empty.mjs:1: no strategy is exported: it exports nothing'],
  [
    'explore ./exports-nothing.mjs',
    '<here>/exports-nothing.mjs:1: no strategy is exported: it exports nothing',
  ],
  ['explore ./exports-a-number.mjs', '<here>/exports-a-number.mjs:1: no strategy is exported: it exports a'],
  ['explore ./stacks-of-numbers.mjs', 'code that was loaded here has replaced Error.prepareStackTrace'],
  ['explore ./stacks-that-throw.mjs', 'code that was loaded here has replaced Error.prepareStackTrace'],
  ['explore ./stacks-of-one-depth.mjs', 'code that was loaded here has replaced Error.stackTraceLimit'],
  ['explore ./no-json.mjs', 'code that was loaded here has replaced JSON'],
  ['explore ./no-turns.mjs', 'code that was loaded here has replaced setImmediate'],
  ['explore ./no-mapping.mjs', 'code that was loaded here has replaced Array.prototype.map'],
  [
    'explore ./name-that-throws.mjs',
    '<here>/name-that-throws.mjs:3: mine.name is wrong: reading it throws Error: no name',
  ],
  ['explore ./syntax.mjs', '<here>/syntax.mjs:1: Unexpected "=" (column 7)'],
  ['explore ./syntax.ts', '<here>/syntax.ts:1: Unexpected "="'],
  [
    'explore ./json.mjs',
    '<here>/json.mjs:1: Expected a semicolon or an implicit semicolon after a statement, but found none',
  ],
  ['explore ./cut.mjs', '<here>/cut.mjs:4: Expected "}" but found "EOF"'],
  ['explore ./no-name.mjs', '<here>/no-name.mjs:1: mine.name is wrong: it is missing'],
  [
    'explore ./name-of-numbers.mjs',
    '<here>/name-of-numbers.mjs:2: mine.name is wrong: Invalid input: expected string, received number',
  ],
  [
    'explore ./name-with-a-slash.mjs',
    '<here>/name-with-a-slash.mjs:2: mine.name is wrong: give a name in kebab-case: files are named after it',
  ],
  [
    'explore ./name-with-spaces.mjs',
    '<here>/name-with-spaces.mjs:2: mine.name is wrong: give a name in kebab-case: files are named after it',
  ],
  [
    'explore ./name-of-a-method.mjs',
    '<here>/name-of-a-method.mjs:2: mine.name is wrong: every object has something of that name: give another',
  ],
  [
    'bench ./name-of-all.mjs',
    '<here>/name-of-all.mjs:2: mine.name is wrong: every object has something of that name: give another',
  ],
  ['explore ./needs-nothing-there.mjs', 'mine needs NOSUCH, which '],
  [
    'explore ./version-of-words.mjs',
    '<here>/version-of-words.mjs:7: mine.needs.minRedis is wrong: give a version: 7.0.0',
  ],
  [
    'explore ./empty-name.mjs',
    '<here>/empty-name.mjs:2: mine.name is wrong: give a name in kebab-case: files are named after it',
  ],
  ['explore ./no-summary.mjs', '<here>/no-summary.mjs:1: mine.summary is wrong: it is missing'],
  ['explore ./no-connection.mjs', '<here>/no-connection.mjs:1: mine.connection is wrong: it is missing'],
  [
    'explore ./other-connection.mjs',
    '<here>/other-connection.mjs:4: mine.connection is wrong: Invalid option: expected one of "shared"|"exclusive"',
  ],
  ['explore ./no-open.mjs', '<here>/no-open.mjs:1: mine.open is wrong: it is missing'],
  ['explore ./open-of-words.mjs', '<here>/open-of-words.mjs:5: mine.open is wrong: it is not a function'],
  ['explore ./no-seller.mjs', '<here>/no-seller.mjs:1: mine.seller is wrong: it is missing'],
  [
    'explore ./other-property.mjs',
    '<here>/other-property.mjs:7: mine.guarantees is wrong: Unrecognized key: "undersell"',
  ],
  [
    'explore ./other-environment.mjs',
    '<here>/other-environment.mjs:7: mine.guarantees.oversell is wrong: Unrecognized key: "storm"',
  ],
  [
    'explore ./other-guarantee.mjs',
    '<here>/other-guarantee.mjs:7: mine.guarantees.oversell.calm is wrong: Invalid option: expected one of',
  ],
  [
    'explore ./other-support.mjs',
    '<here>/other-support.mjs:7: mine.supports.0 is wrong: Invalid option: expected one of',
  ],
  [
    'explore ./client-of-words.mjs',
    '<here>/client-of-words.mjs:7: mine.client is wrong: Invalid input: expected object, received string',
  ],
  [
    'explore ./replicas-below.mjs',
    '<here>/replicas-below.mjs:7: mine.needs.replicas is wrong: Too small: expected number to be >0',
  ],
  ['explore ./twice.mjs', '<here>/twice.mjs:8: mine and other are both named "mine"'],
  [
    'explore ./missing-package.mjs',
    '<here>/missing-package.mjs:1: it imports what cannot be found: no-such-package-of-anybody',
  ],
  [
    'explore ./missing-file.mjs',
    '<here>/missing-file.mjs:1: it imports what cannot be found: <here>/nowhere.mjs',
  ],
  ['explore ./throws.mjs', '<here>/throws.mjs:1: it failed at import: Error: at import'],
  ['explore ./throws-text.mjs', '<here>/throws-text.mjs:1: it failed at import: at import'],
  ['bench ./rejects.mjs', '<here>/rejects.mjs:1: it failed at import: Error: at import'],
  [
    'explore ./rejects.mjs',
    '<here>/rejects.mjs:1: it has a top-level await, and an explored file is evaluated again for each instance',
  ],
  ['explore ./floats.mjs', '<here>/floats.mjs:1: it failed at import: Error: at import'],
  [
    'explore ./reads.mjs',
    "<here>/reads.mjs:2: it failed at import: Error: ENOENT: no such file or directory, open './nowhere.json'",
  ],
  [
    'explore ./wrong-import.mjs',
    "<here>/wrong-import.mjs:1: The requested module 'node:fs' does not provide an export named 'nothing'",
  ],
  ['explore ./sell.txt', '<here>/sell.txt is not a JavaScript or TypeScript file'],
  ['explore ./sell.cjs', "<here>/sell.cjs:1: Unexpected token 'export'"],
];

/** Files that export no strategy. */
export const strategies: BadInputs = { rows, files, alone: true };
