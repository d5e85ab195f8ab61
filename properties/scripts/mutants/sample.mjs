// Which faults are tried: some that were written down, and a sample of all that could be made.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { faultsOf } from './faults.mjs';

/**
 * @typedef {object} Mutant one file with one fault
 * @property {string} file
 * @property {number} line where the fault begins, from 1
 * @property {string} operator what kind of change it is
 * @property {string | undefined} within the function that it is in
 * @property {string} before the lines that it touches, with single spaces
 * @property {string} after what stands there instead
 * @property {number} nth where the same fault of the same lines can be made several times in the file: which, from 0
 * @property {string} text the whole file
 */

/**
 * One fault of each place of these files, so that a place with many is not met more often, in an order that hangs on
 * the seed. What is drawn where nobody changed anything stays drawn when other lines change.
 * @returns {Mutant[]}
 */
export function drawnPlaces(files, compiler, seed) {
  const drawn = allPlaces(files, compiler).map((faults, i, all) => {
    const [{ file, before }] = faults;
    // Places of one line are told apart by their order.
    const nth = i - all.findIndex(([other]) => other.file === file && other.before === before);
    const digest = createHash('sha256').update([seed, file, before, nth].join('\n')).digest();
    return { order: digest.readUIntBE(0, 6), fault: faults[digest.readUInt32BE(6) % faults.length] };
  });
  return drawn.toSorted((a, b) => a.order - b.order).map(({ fault }) => fault);
}

/** By what a fault is found again when lines move: in results, and in the list of survivors. */
export function keyOf({ file, before, after, nth = 0 }) {
  return JSON.stringify([file, before, after, nth]);
}

/** Every fault of every place. @returns {Mutant[][]} */
export function allPlaces(files, compiler) {
  return files.flatMap((file) => {
    const sourceFile = compiler.sourceFile(file);
    const met = new Map();
    return faultsOf(sourceFile, file).map((faults) =>
      faults.map((fault) => {
        const one = mutant(file, sourceFile.text, fault);
        const nth = met.get(keyOf(one)) ?? 0;
        met.set(keyOf(one), nth + 1);
        return { ...one, nth };
      }),
    );
  });
}

/** @returns {Mutant} */
function mutant(file, text, { start, end, to, operator, within }) {
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const lineEnd = text.indexOf('\n', end);
  const until = lineEnd === -1 ? text.length : lineEnd;
  return {
    file,
    line: text.slice(0, start).split('\n').length,
    operator,
    within,
    before: squeezed(text.slice(from, until)),
    nth: 0,
    after: squeezed(text.slice(from, start) + to + text.slice(end, until)),
    text: text.slice(0, start) + to + text.slice(end),
  };
}

/** Faults that somebody wrote down, as `{ fault, from, to }`. */
export function writtenMutants(file, list) {
  const text = readFileSync(file, 'utf8');
  return JSON.parse(readFileSync(list, 'utf8')).map(({ fault, from, to }) => {
    if (text.split(from).length !== 2) throw new Error(`"${fault}" does not fit the file any more`);
    const start = text.indexOf(from);
    return mutant(file, text, { start, end: start + from.length, to, operator: fault });
  });
}

const squeezed = (text) => text.trim().replaceAll(/\s+/g, ' ');
