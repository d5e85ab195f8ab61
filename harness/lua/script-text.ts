import { UsageError } from '../ground/errors.ts';
import { placeOf } from '../ground/places.ts';

/** The first line of a script that is code; lines count from 1. */
export function firstLineOfCode(source: string): number {
  const at = withoutComments(source)
    .split('\n')
    .findIndex((line) => line.trim() !== '' && !line.startsWith('#!'));
  return Math.max(at, 0) + 1;
}

interface Given {
  keys: number;
  args: number;
}

/** @throws UsageError if a script asks for a key or an argument that it does not get, and cannot do without */
export function requireAllGiven(file: string, source: string, { keys, args }: Given): void {
  for (const [i, line] of withoutComments(source).split('\n').entries()) {
    for (const [, list, index, after] of line.matchAll(/\b(KEYS|ARGV)\s*\[\s*(\d+)\s*\]\s*(\w+|[=~]=)?/g)) {
      const given = list === 'KEYS' ? keys : args;
      if (Number(index) <= given || isOptional(after)) continue;
      const what = list === 'KEYS' ? 'keys' : 'args';
      throw new UsageError(
        'BAD_LUA_CALL',
        `${placeOf(file, i + 1)} uses ${list}[${index}], and ${what} has ${given}`,
        `name all that the script gets, in its order, with --${what} (${what} of fromLua)`,
      );
    }
  }
}

/** Scripts look whether it is there: `ARGV[3] or 1`, `if KEYS[2] then`, `ARGV[3] == nil`. */
const isOptional = (after: string | undefined): boolean =>
  after !== undefined && ['or', 'and', 'then', '==', '~='].includes(after);

/** Lines stay where they are. */
const withoutComments = (source: string): string =>
  source
    .replaceAll(/--\[(=*)\[[^]*?\]\1\]/g, (comment) => comment.replaceAll(/[^\n]/g, ' '))
    .replaceAll(/--.*$/gm, '');
