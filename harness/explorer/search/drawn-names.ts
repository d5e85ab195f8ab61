import { CannotExplore, StartAgain } from '../cannot-explore.ts';
import { masked } from '../process/chance.ts';
import { uuidOf } from '../process/virtual-crypto.ts';
import type { Adopt, Rename } from '../process/difference.ts';
import type { Change } from '../process/rerun.ts';
import { verifyRenaming } from '../server/verify-renaming.ts';
import { sharesHistories } from '../space/symmetry.ts';
import type { Space } from '../space/space.ts';
import { decodeCommand } from '../../wire/resp.ts';

/**
 * Names that were drawn are compared up to renaming: everything is run again with other names in their places, so that
 * whatever depends on more than which names are equal comes out differently. First in reversed order; then so that
 * each hexadecimal digit and each letter of six bits takes each value. A name that code spells in a way of its own (nanoid takes six bits of each
 * byte, of a pool) is learned from its commands: where it was under one draw, and where under another.
 *
 * @returns why the coverage is no more than sampled: names did matter
 */
export async function namesThatMatter(space: Space): Promise<string | undefined> {
  const names = [...new Set(space.histories.names())];
  if (names.length === 0) return undefined;
  // Shared histories would draw the same names for several.
  if (sharesHistories(space)) throw new StartAgain('symmetry', 'instances draw names of their own');
  const others = NAME_MASKS.map((mask) => new OtherNames(names, mask));
  try {
    const lost = await differsUnder(space, others);
    return lost === undefined
      ? undefined
      : `${lost} depends on a name that was drawn: other names were not tried`;
  } catch (error) {
    if (!(error instanceof CannotExplore)) throw error;
    return `with other names drawn it cannot be explored: ${error.message}`;
  }
}

async function differsUnder(
  { histories, memo }: Space,
  others: readonly OtherNames[],
): Promise<string | undefined> {
  const drawing = others.map(({ mask, rename, adopt }): Change => ({
    rename,
    adopt,
    spec: () => ({ nameMask: mask }),
  }));
  const learned = await histories.findDifference((history) => (history.names > 0 ? drawing : []));
  if (learned) return learned.what;
  // All spellings are known by now: nothing is put down to another one, and who only hears of names hears all of them.
  const known = drawing.map(({ rename, spec }): Change => ({ rename: rename!, spec: spec! }));
  const told = others.map(({ rename }): Change => ({ rename }));
  const again = others.some(({ spellings }) => spellings.length > 0);
  const difference = await histories.findDifference(({ names }) => (names === 0 ? told : again ? known : []));
  if (difference) return difference.what;
  const renames = others.map(({ rename }) => rename);
  const step = await verifyRenaming(memo, (text) => renames.filter((rename) => rename(text) !== text));
  return step ?? neverReversed(others);
}

/** Two learned names of which one came before the other under all draws. */
function neverReversed(others: readonly OtherNames[]): string | undefined {
  const spellings = [...new Set(others.flatMap((one) => one.spellings))];
  const isReversed = (before: string, after: string): boolean =>
    others.some(({ rename }) => rename(before) > rename(after));
  const kept = spellings.some((one) => spellings.some((other) => one < other && !isReversed(one, other)));
  return kept ? 'the order of what it makes of names' : undefined;
}

/**
 * Bytes whose four pairs of bits XOR to nothing; the first reverses the order of names. No two of these 64 (with 0) differ in
 * one pair alone, so what is left of each where one pair is not looked at are all 64 values of six bits: every half of a
 * byte takes each of its values, and so does every letter of base64, however it lies over its bytes, and every `byte & 63`.
 */
const NAME_MASKS = Array.from({ length: 255 }, (_, i) => 255 - i).filter(
  (mask) => ((mask ^ (mask >>> 2) ^ (mask >>> 4) ^ (mask >>> 6)) & 3) === 0,
);

/** How the bytes of a name are written, in the forms that people use. */
const forms = (name: Buffer): string[] => [
  ...(name.length === 16 ? [uuidOf(name), uuidOf(name).replaceAll('-', '')] : []),
  name.toString('hex'),
  name.toString('hex').toUpperCase(),
  name.toString('base64'),
  name.toString('base64url'),
];

/** What stands for each name where all come out under one mask. */
class OtherNames {
  readonly mask: number;
  readonly #to = new Map<string, string>();
  readonly #learned = new Map<string, string>();
  #pattern: RegExp | undefined;

  constructor(names: readonly string[], mask: number) {
    this.mask = mask;
    for (const name of names) {
      const bytes = Buffer.from(name, 'latin1');
      const others = forms(masked(bytes, mask));
      const spelled = forms(bytes);
      // Two spellings of a name may be the same, and not those of the other one: which of them it is, its commands tell.
      const isClear = (form: string, i: number): boolean =>
        spelled.every((other, j) => other !== form || others[j] === others[i]);
      spelled.forEach((form, i) => isClear(form, i) && this.#to.set(form, others[i]!));
    }
  }

  /** Spellings of names that were learned. */
  get spellings(): string[] {
    return [...this.#learned.keys()];
  }

  /** Each known name to the one under the mask, in whatever form it is written. */
  readonly rename: Rename = (text) => {
    // The longest first: one form may contain another.
    this.#pattern ??= new RegExp(
      [...this.#to.keys(), ...this.#learned.keys()]
        .toSorted((a, b) => b.length - a.length)
        .map((word) => word.replaceAll(/[+/]/g, String.raw`\$&`))
        .join('|'),
      'g',
    );
    return text.replace(this.#pattern, (word) => (this.#to.get(word) ?? this.#learned.get(word))!);
  };

  readonly adopt: Adopt = (recorded, expected, seen) => {
    const [was, known, is] = [recorded, expected, seen].map((bytes) => decodeCommand(bytes));
    if (was!.length !== is!.length) return false;
    return was!.every(
      (word, i) => word === is![i] || known![i] === is![i] || this.#learn(word, known![i]!, is![i]!),
    );
  };

  #learn(was: string, known: string, is: string): boolean {
    if (was.length !== is.length || known.length !== is.length) return false;
    return differing(known, is).every(([from, to]) => this.#add(was.slice(from, to), is.slice(from, to)));
  }

  #add(was: string, is: string): boolean {
    if (!isName(was) || !isName(is) || this.#learned.has(was)) return false;
    if ([...this.#learned.values()].includes(is)) return false;
    this.#learned.set(was, is);
    this.#pattern = undefined;
    return true;
  }
}

/** Whether so many characters of such a kind hold 64 bits. */
const isName = (text: string): boolean =>
  /^[\w+/=-]+$/.test(text) && text.length >= (/^\d+$/.test(text) ? 20 : /^[\da-f]+$/i.test(text) ? 16 : 11);

/** Words, from and to, that differ in two texts of one length: whole ones, as some of their letters may be equal. */
function differing(one: string, other: string): [number, number][] {
  const isJoined = (i: number): boolean => one[i] !== other[i] || /[A-Za-z\d]/.test(one[i] ?? '');
  const words: [number, number][] = [];
  for (let i = 0; i < one.length; i++) {
    if (one[i] === other[i]) continue;
    let [from, to] = [i, i + 1];
    while (from > 0 && isJoined(from - 1)) from--;
    while (to < one.length && isJoined(to)) to++;
    words.push([from, to]);
    i = to;
  }
  return words;
}
