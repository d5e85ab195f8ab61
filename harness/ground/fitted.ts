import { stripVTControlCharacters } from 'node:util';

/** How far the rest of a line is set in below its beginning. */
const HANGING = 2;

/** What follows is to be pasted into a shell, which takes a backslash at the end of a line for its continuation. */
const COMMAND = /^(.*\b[Aa]gain:) (.*)$/s;
const CONTINUED = ' \\';

/**
 * The text in lines that fit into a window, broken between words; a command stays one that can be pasted. A word that
 * is longer than the window, as a path may be, stays whole.
 */
export const fitted = (text: string, columns: number): string =>
  text
    .split('\n')
    .flatMap((line) => (lengthOf(line) <= columns ? line : shortLines(line, columns)))
    .join('\n');

function shortLines(line: string, columns: number): string[] {
  const indent = /^ */.exec(line)![0].length;
  const [, label, command] = COMMAND.exec(line) ?? [];
  if (label === undefined) return broken(line, { columns, indent, hanging: indent + HANGING });
  const hanging = indent + HANGING;
  const lines = broken(command!, { columns: columns - CONTINUED.length, indent: hanging, hanging });
  return [
    ...broken(label, { columns, indent, hanging }),
    ...lines.map((one, i) => (i < lines.length - 1 ? one + CONTINUED : one)),
  ];
}

interface Breaking {
  columns: number;
  /** Spaces before the first line, and before the others. */
  indent: number;
  hanging: number;
}

function broken(text: string, { columns, indent, hanging }: Breaking): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of text.trimStart().split(' ')) {
    const next = `${current} ${word}`;
    if (current === '') {
      current = ''.padEnd(indent) + word;
    } else if (lengthOf(next) <= columns) {
      current = next;
    } else {
      lines.push(current);
      current = ''.padEnd(hanging) + word;
    }
  }
  return [...lines, current];
}

/** Characters as they are seen. */
const lengthOf = (text: string): number => stripVTControlCharacters(text).length;
