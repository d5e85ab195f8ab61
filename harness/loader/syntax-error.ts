import { Buffer } from 'node:buffer';
import type { OxcError } from 'oxc-transform';
import { UsageError } from '../ground/errors.ts';
import { placeOf } from '../ground/places.ts';

/** What the compiler says of a file, as a fault of that line. */
export function syntaxError(file: string, source: string, errors: readonly OxcError[]): UsageError {
  const { message, labels } = errors[0]!;
  const at = labels[0] && positionAt(source, labels[0].start);
  const token = labels[0] && textOf(source, labels[0]);
  return syntaxFault(file, sentence(message, token), at);
}

/** @param at where, as the user wrote it */
export const syntaxFault = (file: string, what: string, at: Position | undefined): UsageError =>
  new UsageError(
    'SYNTAX_ERROR',
    `${placeOf(file, at?.line)}: ${what}${at ? ` (column ${at.column})` : ''}`,
    'correct the syntax of that line',
  );

/** Both count from 1. */
export interface Position {
  line: number;
  column: number;
}

/** The compiler counts bytes. */
function positionAt(source: string, byte: number): Position {
  const before = Buffer.from(source).subarray(0, byte).toString().split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

const textOf = (source: string, { start, end }: { start: number; end: number }): string =>
  Buffer.from(source).subarray(start, end).toString();

function sentence(message: string, token: string | undefined): string {
  if (message !== 'Unexpected token') return message.replaceAll('`', '"');
  return token === undefined || token.trim() === '' ? 'Unexpected end of file' : `Unexpected "${token}"`;
}
