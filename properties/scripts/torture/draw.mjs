import { ATTACKS } from './attacks.mjs';
import { COMMANDS } from './commands.mjs';

/** xorshift32: the same tries by the same seed. */
function randomOf(seed) {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

/** Every command with every attack that makes sense of it, and where a disk can be filled, that too. */
export const pairs = ({ canFill, hasNetworks }) =>
  COMMANDS.filter(({ networks }) => !networks || hasNetworks).flatMap((command) =>
    ATTACKS.filter(
      (attack) =>
        !(attack.ofServer && (!command.server || command.kills)) &&
        !(attack.ofRuns && !command.runs) &&
        !(attack.full && !canFill) &&
        // It never ends by itself.
        !(command.endless && attack.codes.length === 0) &&
        !(command.endless && attack.stdout),
    ).map((attack) => ({ command, attack })),
  );

/** Each pair comes once before any comes again, in an order that the seed draws, each at a drawn moment. */
export function* drawnTries({ tries, seed, only = '', yard }) {
  const random = randomOf(seed);
  const all = pairs(yard).filter(({ command, attack }) => `${command.name}, ${attack.name}`.includes(only));
  if (all.length === 0) throw new RangeError(`nothing is called "${only}"`);
  for (let drawn = 0, left = []; drawn < tries; drawn++) {
    if (left.length === 0) left = [...all];
    const [pair] = left.splice(Math.floor(random() * left.length), 1);
    yield { ...pair, atMs: Math.round(random() * pair.command.moments) };
  }
}
