/**
 * How a sale comes to rest before it is judged: sellers are closed, background work goes on until it finds nothing to
 * do, the ledger is read, and fresh users buy what is left, one unit at a time. A large sale, the explorer and its twin
 * over real sockets take these steps in this order. The loops are here, each with a bound, because a strategy's code
 * decides how long they go on. What lies between them is not: the explorer remembers it by the server's state.
 */

/**
 * Passes of background work until one finds nothing to do.
 * @param pass does one of them, and answers whether there was nothing to do
 * @param most passes, at least one
 * @returns false: each of them found work, so the sale never came to rest
 */
export async function untilIdle(pass: () => Promise<boolean>, most: number): Promise<boolean> {
  for (let done = 0; done < most; done++) if (await pass()) return true;
  return false;
}

/**
 * Fresh users buy one unit each until one of them gets none.
 * @param buy as the n-th of them, from 1; answers whether that was a sale
 * @param most units
 * @returns how many were bought; `most` may not have been all
 */
export async function drain(buy: (n: number) => Promise<boolean>, most: number): Promise<number> {
  let drained = 0;
  while (drained < most && (await buy(drained + 1))) drained++;
  return drained;
}
