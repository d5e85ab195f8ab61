import { Cache } from './cache.js';

const cache = new Cache();

export const reset = (units: number) => cache.set('left', units);
export const left = () => cache.get('left');

/** @returns the number of the ticket; 0: there is none */
export async function ticket(of: number): Promise<number> {
  const rest = await cache.decrement('left');
  return rest < 0 ? 0 : of - rest;
}
