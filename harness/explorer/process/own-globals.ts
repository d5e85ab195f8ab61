import { ownGlobalKeys, userGlobals } from '../../ground/user-globals.ts';
import { CannotExplore } from '../cannot-explore.ts';

type Properties = Map<PropertyKey, PropertyDescriptor>;

/**
 * What one process keeps on globalThis. In production each has its own, so properties that explored code makes are
 * there only while the code of their process runs.
 */
export class OwnGlobals {
  readonly #own: Properties = new Map();
  /** What a user's file left there when it was loaded to be looked at. */
  #hidden: Properties = new Map();
  #before: readonly PropertyKey[] = [];
  readonly #mayMake: () => boolean;
  #watches = false;

  /** @param mayMake whether code may make any */
  constructor(mayMake: () => boolean) {
    this.#mayMake = mayMake;
  }

  enter(): void {
    this.#watches = this.#mayMake() || userGlobals.size > 0;
    if (!this.#watches) return;
    this.#hidden = taken(userGlobals);
    this.#before = ownGlobalKeys();
    put(this.#own);
  }

  leave(): void {
    if (!this.#watches) return;
    const keys = ownGlobalKeys();
    // Nearly always: nothing was made, and there is nothing to compare.
    if (keys.length > this.#before.length || this.#own.size > 0) {
      const others = new Set(this.#before);
      this.#own.clear();
      for (const [key, property] of taken(keys.filter((one) => !others.has(one))))
        this.#own.set(key, property);
    }
    put(this.#hidden);
  }
}

/** Takes properties off globalThis. */
function taken(keys: Iterable<PropertyKey>): Properties {
  const properties: Properties = new Map();
  for (const key of keys) {
    const property = Object.getOwnPropertyDescriptor(globalThis, key);
    if (!property) continue;
    properties.set(key, property);
    if (!Reflect.deleteProperty(globalThis, key)) throw keepsState(`globalThis.${String(key)}`);
  }
  return properties;
}

function put(properties: Properties): void {
  for (const [key, property] of properties) Object.defineProperty(globalThis, key, property);
}

const keepsState = (where: string): CannotExplore =>
  new CannotExplore(
    `it keeps state in ${where}, which processes of production do not share`,
    'keep it in the module or the seller',
  );

const BUILT_IN = [
  Object,
  Function,
  Array,
  String,
  Number,
  Boolean,
  Symbol,
  Promise,
  Map,
  Set,
  RegExp,
  Error,
  Buffer,
];
/** Objects that every process has, and of which explored ones have the same. */
const SHARED = new Map<string, object>([
  ['process.env', process.env],
  ...Object.entries({ Math, JSON, Reflect, console }),
  ...BUILT_IN.flatMap((one): [string, object][] => [
    [one.name, one],
    [`${one.name}.prototype`, one.prototype as object],
  ]),
]);
/** How much of its own trouble a process prints, which libraries set and set back. */
const IGNORED = new Set(['Error.stackTraceLimit']);

/** Values of all that could be state: functions (a polyfill, which is put there again and again) are not. */
function values(): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [name, object] of SHARED) {
    for (const key of Reflect.ownKeys(object)) {
      const value: unknown = Object.getOwnPropertyDescriptor(object, key)?.value;
      const where = `${name}.${String(key)}`;
      if (value !== undefined && typeof value !== 'function' && !IGNORED.has(where)) found.set(where, value);
    }
  }
  return found;
}

/**
 * Looks at what explored processes share.
 * @returns looks again. @throws CannotExplore from that, if one of them kept something there
 */
export function watchShared(): () => void {
  const before = values();
  return () => {
    const after = values();
    for (const where of new Set([...before.keys(), ...after.keys()]))
      if (!Object.is(before.get(where), after.get(where))) throw keepsState(where);
  };
}
