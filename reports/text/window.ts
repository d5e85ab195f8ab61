import { styleText } from 'node:util';

/** Where people read a text. */
export interface Window {
  /** How many characters fit into a line. */
  columns: number;
  colours: boolean;
}

/** A file or a pipe: lines as long as they are, and nothing but text. */
export const PAPER: Window = { columns: Infinity, colours: false };

const STYLES = {
  good: ['green'],
  bad: ['bold', 'red'],
  weak: ['yellow'],
  quiet: ['dim'],
  strong: ['bold'],
} as const;

/** How a text is meant. It says the same without colours: what is bad stands in capitals, what is weak has a mark. */
export type Tone = keyof typeof STYLES;

/** The text in a colour, where there are colours. Each line is coloured by itself, so that it can stand in a table. */
export function ink({ colours }: Window, tone: Tone, text: string): string {
  if (!colours || text === '') return text;
  return text
    .split('\n')
    .map((line) => styleText([...STYLES[tone]], line, { validateStream: false }))
    .join('\n');
}
