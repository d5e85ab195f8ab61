import type { Scaffold } from '../documents/scaffold.ts';
import type { Style } from '../documents/styles.ts';

/** A way of selling, as it is written into a strategy. */
export interface StyleText {
  /** For whoever chooses. */
  summary: string;
  connection: 'shared' | 'exclusive';
  verdict: Scaffold['verdict'];
  /** After the types of the contract. */
  imports?: readonly string[];
  /** What buy() answers where units were taken. */
  sold: string;
  /** Attempts that it may make, where it has several; then it may answer 'gave-up'. */
  retries?: true;
  /** Beside the constants. @param name of the strategy */
  constants?: (name: string) => readonly string[];
  /** Of buy(redis, key, quantity). */
  body: readonly string[];
}

export const STYLE_TEXTS: Readonly<Record<Style, StyleText>> = {
  lua: {
    summary: 'a script checks and decrements in one step',
    connection: 'shared',
    verdict: 'holds',
    imports: ["import { Script } from 'oversell/script';"],
    sold: '1',
    constants: (name) => [
      '/** By its digest, and with its text where the server does not know it. */',
      `const script = new Script(new URL('./${name}.lua', import.meta.url).href);`,
    ],
    body: [
      'const answer = await script.run(redis, [key], [quantity]);',
      'if (answer === SOLD || answer === SOLD_OUT) return answer;',
      'throw new Error(`the script answered ${String(answer)}`);',
    ],
  },
  watch: {
    summary: 'WATCH, GET, MULTI DECRBY EXEC, and again if somebody came between',
    connection: 'exclusive',
    verdict: 'holds',
    sold: 'true',
    retries: true,
    body: [
      'for (let attempt = 1; attempt <= attempts; attempt++) {',
      '  await redis.watch(key);',
      '  if (Number(await redis.get(key)) < quantity) {',
      '    await redis.unwatch();',
      '    return SOLD_OUT;',
      '  }',
      '  const replies = await redis.multi().decrby(key, quantity).exec();',
      '  if (replies === null) continue; // somebody touched the stock; nothing was executed',
      '  const error = replies[0]?.[0];',
      '  if (error) throw error;',
      '  return SOLD;',
      '}',
      "return 'gave-up';",
    ],
  },
  'decr-then-check': {
    summary: 'DECRBY, and INCRBY back if that went below zero',
    connection: 'shared',
    verdict: 'holds',
    sold: 'true',
    body: [
      'if ((await redis.decrby(key, quantity)) >= 0) return SOLD;',
      'await redis.incrby(key, quantity);',
      'return SOLD_OUT;',
    ],
  },
  'get-then-decr': {
    summary: 'GET, then DECRBY if there was enough: it oversells',
    connection: 'shared',
    verdict: 'violated',
    sold: 'true',
    body: [
      'if (Number(await redis.get(key)) < quantity) return SOLD_OUT;',
      'await redis.decrby(key, quantity);',
      'return SOLD;',
    ],
  },
};
