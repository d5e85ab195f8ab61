import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Program } from '../../harness/explorer/process/program.ts';
import { explain } from '../../harness/ground/errors.ts';
import { folderWith, loaded, NAIVE, type Loaded } from './strategy-sources.ts';

const MODULES = fileURLToPath(new URL('../../node_modules/', import.meta.url));

interface Installed {
  /** Packages of this checkout, by name. */
  packages?: readonly string[];
  /** Folders of the project that a workspace has linked into `node_modules`, by name. */
  linked?: Record<string, string>;
}

/** A project of a user's, far from the checkout. @returns its folder */
export function projectWith(
  files: Record<string, string>,
  { packages = [], linked = {} }: Installed = {},
): string {
  const folder = folderWith(files);
  const link = (name: string, target: string): void => {
    const path = join(folder, 'node_modules', name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path);
  };
  for (const name of packages) link(name, join(MODULES, name));
  for (const [name, path] of Object.entries(linked)) link(name, join(folder, path));
  return folder;
}

/** A `tsconfig.json` with these compiler options. */
export const tsconfig = (compilerOptions: object, rest: object = {}): string =>
  JSON.stringify({ compilerOptions, ...rest });

/** A strategy's file that first does what a project's code does, and checks what came of it. */
export const checking = (code: string): string =>
  `${code}\n${NAIVE.replace(
    /^/,
    `const expect = (found: unknown, meant: unknown): void => {
  const [one, other] = [JSON.stringify(found), JSON.stringify(meant)];
  if (one !== other) throw new Error(\`\${one} is not \${other}\`);
};\ncheck(expect);\n`,
  )}`;

/** What came of a file in Node's own loader, which sells under load, and in the explorer. */
export interface Twice {
  node: Loaded;
  /** What it exports; or what it is refused for. */
  explorer: { exports: string[] } | { code: string; message: string; remedy: string };
}

export async function loadedTwice(folder: string, name = 'sell.ts'): Promise<Twice> {
  const file = join(folder, name);
  return { node: await loaded(file), explorer: evaluated(file) };
}

function evaluated(file: string): Twice['explorer'] {
  try {
    return { exports: Object.keys(Program.load(file).evaluate()) };
  } catch (error) {
    return explain(error);
  }
}

/** What a file comes to that both take. */
export const TAKEN = {
  node: { exitCode: 0, strategies: [{ name: 'naive' }] },
  explorer: { exports: ['naive'] },
};
