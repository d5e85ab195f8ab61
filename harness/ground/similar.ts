/** So many letters may be wrong, missing, or too many, of three in a word. */
const WRONG = 1 / 3;

/** Which of the names was probably meant; of equals the first. Case does not matter. Undefined: none is like it. */
function similarTo(typed: string, names: readonly string[]): string | undefined {
  const word = typed.toLowerCase();
  const [best] = names
    .map((name) => ({ name, distance: editDistance(word, name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(word.length, name.length) * WRONG)
    .toSorted((a, b) => a.distance - b.distance);
  return best?.name;
}

/** Levenshtein's: letters that are replaced, left out or added. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** What to do about a name that nothing has: what was probably meant, or all there are. @param all how to see them */
export function chooseOne(typed: string, names: readonly string[], all?: string): string {
  const meant = similarTo(typed, names);
  if (meant === undefined) return `choose one of ${names.join(', ')}`;
  return `did you mean "${meant}"?${all === undefined ? '' : ` ${all}`}`;
}
