import type { Service } from '../documents/service.ts';
import type { ServingTask } from '../load/task.ts';
import type { Route } from './steps.ts';
import type { Values } from './template.ts';

/** What one worker is asked to do: be some of the buyers of a service. Plain data. */
export interface ServiceTask extends ServingTask {
  service: Pick<Service, 'login' | 'buy' | 'answers'>;
  route: Route;
  /** Of the sale. */
  values: Values;
  /** Each user logs in before the sale. */
  loginsEach: boolean;
  /** How long a buyer who is told to come back goes on asking. */
  patienceMs: number;
  /** Whoever gets no clear answer asks again, with the same token. */
  asksAgain: boolean;
}
