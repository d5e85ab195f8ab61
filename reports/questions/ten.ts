import type { Result } from '../../harness/documents/result.ts';
import { cluster, price, speed } from './costs.ts';
import { crashed, oversold, replyLost, rules, serverLost, undersold } from './faults.ts';
import type { Question } from './question.ts';
import { requirements } from './requirements.ts';

/** In the order in which they are numbered. */
export function questionsOf(result: Result): Question[] {
  return [
    oversold(result),
    undersold(result),
    crashed(result),
    replyLost(result),
    serverLost(result),
    speed(result),
    price(result),
    cluster(result),
    rules(result),
    requirements(result),
  ];
}
