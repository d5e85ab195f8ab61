import { existsSync, readdirSync, readFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);

export const text = (file: string): string => readFileSync(new URL(file, root), 'utf8');
export const exists = (file: string): boolean => existsSync(new URL(file, root));

/** What stands under a heading of the second level. @throws Error if there is no such heading */
export function section(guide: string, heading: string): string {
  const after = guide.split(`\n## ${heading}\n`)[1];
  if (after === undefined) throw new Error(`there is no "## ${heading}"`);
  return after.split('\n## ')[0]!;
}

/** The folders right below one, as paths that end in a slash. */
export const foldersIn = (folder: string): string[] =>
  readdirSync(new URL(folder, root), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [`${folder}${entry.name}/`] : [],
  );

/** Path → code, without its comments, of every TypeScript file in these folders, however deep. */
export function codeIn(folders: readonly string[]): Map<string, string> {
  const code = new Map<string, string>();
  for (const folder of folders) {
    for (const name of readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })) {
      if (name.endsWith('.ts')) code.set(folder + name, withoutComments(text(folder + name)));
    }
  }
  return code;
}

const withoutComments = (code: string): string =>
  code.replaceAll(/\/\*[^]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*/g, '');
