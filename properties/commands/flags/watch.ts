import { EXPLORE } from './explore.ts';
import { LUA_FLAGS } from './lua.ts';
import { added, answerFlags, type FlagRow, type FlagTable } from './table.ts';

const PLAIN = 'watch ./careless.mjs --seed 7';
const NOTHING = 'watch ./nowhere.mjs';

/** What explores is typed with the same flags; where counterexamples go in between is nobody's. */
const exploring = (typed: string): string[] => [
  ...typed.replace('watch', 'explore').split(' '),
  '--runs',
  'a folder',
  '--json',
];

/** A flag of `explore` that is no error there. */
const handedOn = ([flag, rows]: [string, readonly FlagRow[]]): [string, FlagRow[]] => {
  const { typed } = rows.find(({ typed: words, reaches }) => reaches && words.startsWith(flag))!;
  return [flag, [{ typed, reaches: { words: exploring(added(typed, PLAIN)) } }]];
};

const OF_EXPLORE = Object.entries(EXPLORE.flags).filter(
  ([flag, rows]) => flag !== '--runs' && rows.some(({ reaches }) => reaches),
);

/** Whether it means anything there is for explore to say. */
const handedOnAsTyped = (typed: string): FlagRow => ({
  typed,
  reaches: { words: exploring(added(typed, PLAIN)) },
});
const luaFlags = Object.keys(LUA_FLAGS);

export const WATCH: FlagTable = {
  plain: PLAIN,
  engine: [['watch/explorations.js', 'startExplorations']],
  seen: ({ startExplorations }) => {
    const words = startExplorations![1] as string[];
    return { words: words.with(words.indexOf('--runs') + 1, 'a folder') };
  },
  defaults: { words: exploring(PLAIN) },
  flags: {
    ...Object.fromEntries(luaFlags.map((flag) => [flag, [handedOnAsTyped(`${flag} 1`)]])),
    ...Object.fromEntries(OF_EXPLORE.map(handedOn)),
    ...answerFlags(NOTHING),
  },
};
