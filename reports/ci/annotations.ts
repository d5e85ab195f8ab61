import { relative } from 'node:path';
import type { Judged } from './judged.ts';

/**
 * What keeps a run from passing as workflow commands of GitHub Actions, a line each: they become notes at the lines of a pull
 * request. One of each property of a strategy.
 * @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 * @param workspace paths are relative to it
 */
export function annotations(judged: readonly Judged[], workspace: string): string[] {
  const told = new Set<string>();
  return judged.flatMap(({ strategy, where, what, verdict, fails, message, at }) => {
    const key = `${strategy} ${what}`;
    if (!fails || told.has(key)) return [];
    told.add(key);
    const level = verdict === 'inconclusive' ? 'warning' : 'error';
    const place = at ? { file: relative(workspace, at.file), line: String(at.line) } : {};
    const values = Object.entries({
      ...place,
      title: `${strategy}: ${what} ${verdict === 'holds' ? 'holds, and should not' : `is ${verdict}`}`,
    });
    const text = `${message === '' ? 'not everything could be covered' : message} (${where})`;
    return [
      `::${level} ${values.map(([name, value]) => `${name}=${inValue(value)}`).join(',')}::${inText(text)}`,
    ];
  });
}

const inText = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const inValue = (text: string): string => inText(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
