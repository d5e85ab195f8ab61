const MOST_LINES = 8;

/** The end of what a program has said; where that is the end of a stack trace, too, what the error was. */
export function lastWords(said: string): string {
  const lines = said.trim().split('\n');
  const last = lines.slice(-MOST_LINES);
  if (!/^\s+at /.test(last[0]!)) return last.join('\n');
  const before = lines.slice(0, -MOST_LINES).findLast((line) => /\S/.test(line) && !/^\s+at /.test(line));
  return [before ?? [], '    …', last].flat().join('\n');
}
