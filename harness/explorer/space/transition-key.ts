import { CannotExplore } from '../cannot-explore.ts';

/** 51 bits: 19 of server, 20 of local state, 12 of move; of 53, two are left for flags. */
export function transitionKey(server: number, local: number, move: number): number {
  if (server >= 1 << 19 || local >= 1 << 20 || move >= 1 << 12) {
    throw new CannotExplore(
      'the scope is too large to explore: it has more states or moves than can be numbered',
      'take fewer buyers, units or faults, or send fewer commands at once',
    );
  }
  return (server * (1 << 20) + local) * (1 << 12) + move;
}
