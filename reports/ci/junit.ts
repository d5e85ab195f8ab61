import { relative } from 'node:path';
import type { Judged } from './judged.ts';

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="oversell"';

/** Whether this is the text of such a file, which may be written again. */
export const isJUnit = (text: string): boolean => text.startsWith(HEAD);

/**
 * Verdicts as JUnit's XML, which services for continuous integration read: a suite for each strategy in each environment, a
 * case for each property. What says nothing of a sale is skipped; what could not be decided is an error.
 */
export function junit(judged: readonly Judged[]): string {
  const suites = new Map<string, Judged[]>();
  for (const one of judged) {
    const suite = `${one.strategy}, ${one.where}`;
    suites.set(suite, [...(suites.get(suite) ?? []), one]);
  }
  return [
    `${HEAD}${countsOf(judged)}>`,
    ...[...suites].flatMap(([name, cases]) => [
      `  <testsuite name="${escaped(name)}"${countsOf(cases)}>`,
      ...cases.map((one) => caseOf(one, name)),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n');
}

const countsOf = (judged: readonly Judged[]): string => {
  const counted = (result: Result): number => judged.filter((one) => resultOf(one) === result).length;
  return ` tests="${judged.length}" failures="${counted('failure')}" errors="${counted('error')}" skipped="${counted('skipped')}"`;
};

type Result = 'failure' | 'error' | 'skipped' | 'passed';

function resultOf({ verdict, fails }: Judged): Result {
  if (verdict === 'inconclusive') return fails ? 'error' : 'skipped';
  if (verdict === 'n/a') return 'skipped';
  return fails ? 'failure' : 'passed';
}

function caseOf(one: Judged, suite: string): string {
  const { what, verdict, message, details, at } = one;
  const result = resultOf(one);
  const place = at ? ` file="${escaped(relative('', at.file))}" line="${at.line}"` : '';
  const open = `    <testcase classname="${escaped(suite)}" name="${what}"${place}`;
  if (result === 'passed') return `${open}/>`;
  if (result === 'skipped') return `${open}><skipped message="${SKIPPED[verdict] ?? ''}"/></testcase>`;
  const why = message === '' ? verdict : message;
  return `${open}><${result} type="${verdict}" message="${escaped(why)}">${inText(details ?? why)}</${result}></testcase>`;
}

const SKIPPED: Partial<Record<Judged['verdict'], string>> = {
  'n/a': 'says nothing of this sale',
  inconclusive: 'could not be decided, and need not be',
};

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** Characters that XML cannot say in any way become the one that stands for such. */
const inText = (text: string): string =>
  text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll(/[&<>\r]/g, (character) => ENTITIES[character]!);

/** As the value of an attribute, in which whitespace would become spaces. */
const escaped = (text: string): string =>
  inText(text).replaceAll(/["\t\n]/g, (character) => ENTITIES[character]!);
