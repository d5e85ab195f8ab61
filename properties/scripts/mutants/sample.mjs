// Which faults are tried: some that were written down, and a sample of all that could be made.
import { readFileSync } from 'node:fs';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { faultsOf } from './faults.mjs';

/**
 * @typedef {object} Mutant one file with one fault
 * @property {string} file
 * @property {number} line where the fault begins, from 1
 * @property {string} operator what kind of change it is
 * @property {string | undefined} within the function that it is in
 * @property {string} before the lines that it touches, with single spaces
 * @property {string} after what stands there instead
 * @property {string} text the whole file
 */

/** All places of these files, each with its faults, in an order that hangs on the seed. */
export function drawnPlaces(files, compiler, seed) {
  const generator = xoroshiro128plus(seed | 0);
  const below = (n) => (generator.next() >>> 0) % n;
  const places = files.flatMap((file) => {
    const sourceFile = compiler.sourceFile(file);
    return faultsOf(sourceFile, file).map((faults) => ({ file, faults, text: sourceFile.text }));
  });
  for (let i = places.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [places[i], places[j]] = [places[j], places[i]];
  }
  // One fault of each place, so that one with many is not met more often.
  return places.map(({ file, text, faults }) => mutant(file, text, faults[below(faults.length)]));
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
