/**
 * One call of each built-in function that Node, its libraries and we cannot do without. What it comes to was noted before any
 * code of a user's ran: one that somebody has replaced still does its work if it comes to the same.
 */

const settled = Promise.resolve();
const TWO = [settled, settled];

/** By its name, a call of it, and of nothing else where that can be. What it answers is compared as it is. */
const TRIES: readonly (readonly [name: string, run: () => unknown])[] = [
  ['Array.prototype.at', () => [1, 2].at(-1)],
  ['Array.prototype.concat', () => [1].concat([2])[1]],
  ['Array.prototype.entries', () => [7].entries().next().value![1]],
  ['Array.prototype.every', () => [1, 2].every((n) => n > 1)],
  ['Array.prototype.filter', () => [1, 2].filter((n) => n > 1)[0]],
  ['Array.prototype.find', () => [1, 2].find((n) => n > 1)],
  ['Array.prototype.findIndex', () => [1, 2].findIndex((n) => n > 1)],
  ['Array.prototype.flat', () => [[1], [2]].flat()[1]],
  ['Array.prototype.flatMap', () => [1, 2].flatMap((n) => [n, n])[3]],
  [
    'Array.prototype.forEach',
    () => {
      let sum = 0;
      // oxlint-disable-next-line no-array-for-each -- it is what is tried
      [1, 2].forEach((n) => (sum += n));
      return sum;
    },
  ],
  ['Array.prototype.includes', () => [1, 2].includes(2)],
  ['Array.prototype.indexOf', () => [1, 2].indexOf(2)],
  ['Array.prototype.join', () => [1, 2].join('-')],
  ['Array.prototype.map', () => [1, 2].map((n) => n + 1)[1]],
  ['Array.prototype.pop', () => [1, 2].pop()],
  ['Array.prototype.push', () => [1].push(2)],
  ['Array.prototype.reduce', () => [1, 2].reduce((sum, n) => sum + n, 3)],
  ['Array.prototype.shift', () => [1, 2].shift()],
  ['Array.prototype.slice', () => [1, 2, 3].slice(1, 2)[0]],
  ['Array.prototype.some', () => [1, 2].some((n) => n > 1)],
  // oxlint-disable-next-line no-array-sort -- it is what is tried
  ['Array.prototype.sort', () => [2, 1].sort((a, b) => a - b)[0]],
  ['Array.prototype.splice', () => [1, 2, 3].splice(1, 1)[0]],
  ['Array.prototype.toReversed', () => [1, 2].toReversed()[0]],
  ['Array.prototype.toSorted', () => [2, 1].toSorted((a, b) => a - b)[0]],
  ['Array.prototype.unshift', () => [1].unshift(2)],
  ['Array.prototype.values', () => [7].values().next().value],
  [
    'Array.prototype.Symbol(Symbol.iterator)',
    () => {
      const [, second] = [1, 2];
      return second;
    },
  ],
  ['Array.from', () => Array.from([1, 2])[1]],
  ['Array.isArray', () => Array.isArray([])],
  ['Object.assign', () => Object.assign({}, { a: 1 }).a],
  ['Object.create', () => (Object.create({ a: 1 }) as { a: number }).a],
  ['Object.defineProperty', () => Object.defineProperty({ a: 1 }, 'a', { value: 2 }).a],
  ['Object.entries', () => Object.entries({ a: 1 })[0]![1]],
  ['Object.fromEntries', () => Object.fromEntries([['a', 1]])['a']],
  ['Object.getOwnPropertyDescriptor', () => Object.getOwnPropertyDescriptor({ a: 1 }, 'a')!.value as unknown],
  ['Object.getPrototypeOf', () => Object.getPrototypeOf([]) === Array.prototype],
  ['Object.hasOwn', () => Object.hasOwn({ a: 1 }, 'a')],
  ['Object.keys', () => Object.keys({ a: 1 })[0]],
  ['Object.values', () => Object.values({ a: 1 })[0]],
  // oxlint-disable-next-line prefer-object-has-own -- it is what is tried
  ['Object.prototype.hasOwnProperty', () => Object.prototype.hasOwnProperty.call({ a: 1 }, 'a')],
  ['Object.prototype.toString', () => Object.prototype.toString.call([])],
  // oxlint-disable-next-line prefer-reflect-apply -- it is what is tried
  ['Function.prototype.apply', () => Math.max.apply(undefined, [1, 2])],
  ['Function.prototype.bind', () => Math.max.bind(undefined, 2)(1)],
  ['Function.prototype.call', () => Math.max.call(undefined, 1, 2)],
  ['String.prototype.charCodeAt', () => 'ab'.charCodeAt(1)],
  ['String.prototype.endsWith', () => 'ab'.endsWith('b')],
  ['String.prototype.includes', () => 'ab'.includes('b')],
  ['String.prototype.indexOf', () => 'ab'.indexOf('b')],
  ['String.prototype.match', () => 'ab'.match(/b/)![0]],
  ['String.prototype.matchAll', () => [...'ab'.matchAll(/b/g)][0]![0]],
  ['String.prototype.padEnd', () => 'a'.padEnd(2)],
  ['String.prototype.padStart', () => 'a'.padStart(2)],
  ['String.prototype.replace', () => 'ab'.replace('b', 'c')],
  ['String.prototype.replaceAll', () => 'abb'.replaceAll('b', 'c')],
  ['String.prototype.slice', () => 'ab'.slice(1)],
  ['String.prototype.split', () => 'a b'.split(' ')[1]],
  ['String.prototype.startsWith', () => 'ab'.startsWith('a')],
  ['String.prototype.toLowerCase', () => 'A'.toLowerCase()],
  ['String.prototype.toUpperCase', () => 'a'.toUpperCase()],
  ['String.prototype.trim', () => ' a '.trim()],
  ['Number.isFinite', () => Number.isFinite(1)],
  ['Number.isInteger', () => Number.isInteger(1.5)],
  ['Number.isSafeInteger', () => Number.isSafeInteger(1)],
  ['Number.prototype.toFixed', () => (1.25).toFixed(1)],
  ['Number.prototype.toString', () => (255).toString(16)],
  ['Symbol.for', () => Symbol.for('oversell') === Symbol.for('oversell')],
  ['Map.prototype.delete', () => new Map([[1, 2]]).delete(1)],
  ['Map.prototype.get', () => new Map([[1, 2]]).get(1)],
  ['Map.prototype.has', () => new Map([[1, 2]]).has(1)],
  ['Map.prototype.keys', () => new Map([[1, 2]]).keys().next().value],
  ['Map.prototype.set', () => new Map().set(1, 2).size],
  ['Map.prototype.values', () => new Map([[1, 2]]).values().next().value],
  ['Map.prototype.Symbol(Symbol.iterator)', () => [...new Map([[1, 2]])][0]![1]],
  ['Set.prototype.add', () => new Set().add(1).size],
  ['Set.prototype.delete', () => new Set([1]).delete(1)],
  ['Set.prototype.has', () => new Set([1]).has(1)],
  ['Set.prototype.Symbol(Symbol.iterator)', () => [...new Set([1])][0]],
  ['RegExp.prototype.exec', () => /b/.exec('ab')!.index],
  ['RegExp.prototype.test', () => /b/.test('ab')],
  ['Reflect.apply', () => Reflect.apply(Math.max, undefined, [1, 2])],
  ['Reflect.get', () => Reflect.get({ a: 1 }, 'a')],
  ['Reflect.ownKeys', () => Reflect.ownKeys({ a: 1 })[0]],
  ['Reflect.set', () => Reflect.set({ a: 1 }, 'a', 2)],
  ['Buffer.alloc', () => Buffer.alloc(2).length],
  ['Buffer.byteLength', () => Buffer.byteLength('ab')],
  ['Buffer.concat', () => Buffer.concat([Buffer.from('a'), Buffer.from('b')]).length],
  ['Buffer.from', () => Buffer.from('ab')[1]],
  ['Buffer.isBuffer', () => Buffer.isBuffer(Buffer.from('a'))],
  ['Buffer.prototype.equals', () => Buffer.from('a').equals(Buffer.from('a'))],
  ['Buffer.prototype.toString', () => Buffer.from('ab').toString()],
  ['Promise.resolve', () => Promise.resolve() instanceof Promise],
  // What can be told of these at once; `PROMISES` has the rest.
  ['Promise.all', () => Promise.all(TWO) instanceof Promise],
  ['Promise.race', () => Promise.race(TWO) instanceof Promise],
  ['Promise.prototype.then', () => isAnother(settled.then(nothing))],
  ['Promise.prototype.catch', () => isAnother(settled.catch(nothing))],
  ['Promise.prototype.finally', () => isAnother(settled.finally(nothing))],
];

function nothing(): void {
  // Nobody asks what for.
}

const isAnother = (promise: unknown): boolean => promise instanceof Promise && promise !== settled;

const FAILED = Symbol('failed');

function outcomeOf(run: () => unknown): unknown {
  try {
    return run();
  } catch {
    return FAILED;
  }
}

/** No map that somebody could break: its methods are among those that are tried. */
const EXPECTED: Readonly<Record<string, { run: () => unknown; outcome: unknown }>> = Object.fromEntries(
  TRIES.map(([name, run]) => [name, { run, outcome: outcomeOf(run) }]),
);

/** Whether a function that was replaced does what it did; also where nobody has a call for it. */
export function doesItsWork(name: string): boolean {
  const expected = EXPECTED[name];
  return expected === undefined || outcomeOf(expected.run) === expected.outcome;
}

// oxlint-disable-next-line typescript/unbound-method -- as it was, to be called on a promise
const { then } = Promise.prototype;
const listen = (promise: unknown, come: () => void): void => void then.call(promise, come, come);

/** Those that answer a turn later. */
export const PROMISES: Readonly<Record<string, (come: () => void) => void>> = {
  'Promise.prototype.then': (come) => void Promise.resolve().then(come),
  'Promise.prototype.catch': (come) => listen(Promise.resolve().catch(come), come),
  'Promise.prototype.finally': (come) => listen(Promise.resolve().finally(come), come),
  'Promise.all': (come) => listen(Promise.all(TWO), come),
  'Promise.allSettled': (come) => listen(Promise.allSettled(TWO), come),
  'Promise.any': (come) => listen(Promise.any(TWO), come),
  'process.nextTick': (come) => process.nextTick(come),
  queueMicrotask: (come) => queueMicrotask(come),
  'Promise.race': (come) => listen(Promise.race(TWO), come),
};
