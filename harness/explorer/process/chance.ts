import { seededRandom, type Random } from '../../ground/random.ts';

/** What an instance's draws come out as. */
export interface ChanceSpec {
  /** Of this instance's own stream of chance. */
  seed: number;
  /** What draws come out as: drawn, all at one end of what they can be, or each from a stratum of this number. */
  chance: 'drawn' | 'least' | 'most' | number;
  /** What each byte of a name that is drawn is XORed with: 0 leaves it as drawn, 255 reverses the order of names. */
  nameMask: number;
}

/** The bytes of a name that was drawn, latin1. */
export type DrawnName = string;

/** What an instance has drawn so far. */
export interface Drawn {
  /** It drew chance that it did not take from its env. */
  ambientDraws: number;
  /** It drew from env.random. */
  envDraws: number;
  /** Names that it drew: so many bits at once that nobody draws the same twice. */
  names: readonly DrawnName[];
}

/** Numbers of clients, which a server counts up. */
const MOST_CLIENTS = 2 ** 31;

/** An instance's own stream of chance. */
export class Chance {
  readonly #spec: ChanceSpec;
  readonly #random: Random;
  readonly #nameDraws: Random;
  readonly #strata: Random;
  readonly #clientDraw: number;
  #ambientDraws = 0;
  #envDraws = 0;
  readonly #names: DrawnName[] = [];

  constructor(spec: ChanceSpec) {
    this.#spec = spec;
    this.#random = seededRandom(spec.seed);
    this.#nameDraws = seededRandom(spec.seed).fork('names');
    this.#strata = seededRandom(spec.seed).fork('strata');
    this.#clientDraw = seededRandom(spec.seed).fork('client').next();
  }

  drawn(): Drawn {
    return { ambientDraws: this.#ambientDraws, envDraws: this.#envDraws, names: [...this.#names] };
  }

  /** A draw from env.random. */
  env(): number {
    this.#envDraws++;
    return this.#draw();
  }

  /** A draw that was not taken from the env. */
  ambient(byClientLibrary: boolean): number {
    // The client library's own draws only spread its reconnects in time. A process gives all of them the same
    // delay, so that after a restart its connections come back in the order in which they were lost: any other order
    // only writes the same commands sooner or later, and when they run is an event of its own.
    if (byClientLibrary) return this.#clientDraw;
    this.#ambientDraws++;
    return this.#draw();
  }

  /** By which number the server knows a connection: it counts them up, so that nobody can know. */
  clientId(): number {
    return 1 + Math.floor(this.ambient(false) * MOST_CLIENTS);
  }

  name(bytes: number): Buffer {
    const drawn = Buffer.from(Array.from({ length: bytes }, () => this.#nameDraws.below(256)));
    this.#names.push(drawn.toString('latin1'));
    return masked(drawn, this.#spec.nameMask);
  }

  #draw(): number {
    const { chance } = this.#spec;
    const drawn = this.#random.next();
    if (typeof chance === 'number') return stratified(drawn, this.#strata.below(STRATA / 2), chance);
    return chance === 'drawn' ? drawn : chance === 'least' ? 0 : 1 - 2 ** -53;
  }
}

/** The name that stands in this one's place where names come out under the mask. */
export const masked = (name: Buffer, mask: number): Buffer => Buffer.from(name.map((byte) => byte ^ mask));

/** Parts of what a draw can be, from each of which one is drawn. */
export const STRATA = 16;

/**
 * A draw from the middle half of a stratum (so that all of them together hit whatever is wider than 3/32), which is
 * another one from draw to draw: an odd factor goes through all strata, and in another order than other factors.
 */
const stratified = (drawn: number, factor: number, number: number): number =>
  ((((2 * factor + 1) * number + factor) % STRATA) + 0.25 + drawn / 2) / STRATA;
