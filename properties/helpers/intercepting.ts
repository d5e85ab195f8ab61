import { fileURLToPath } from 'node:url';
import type { ServiceFacts } from '../../harness/documents/exploration.ts';
import { serviceSchema } from '../../harness/documents/service.ts';
import { explore, type Exploration, type ExploreOptions } from '../../harness/explorer/explore.ts';
import { systemClock as clock } from '../../harness/ground/ambient.ts';
import { interceptService, type InterceptOptions } from '../../harness/intercept/intercept.ts';
import type { RedisTarget } from '../../harness/redis/target.ts';
import type { ServiceFile } from '../../harness/service/service-file.ts';
import { scopeOf, type GivenScope } from './exploring.ts';

/** Where the services lie that are intercepted here. */
const FOLDER = fileURLToPath(new URL('../services/intercept/', import.meta.url));

/** A shop of `properties/services/intercept/`: how it is started, and what its file says otherwise. */
export function shop(start: readonly string[], otherwise: object = {}, folder = FOLDER): ServiceFile {
  const service = serviceSchema.parse({
    start,
    ready: { accepts: 'connections' },
    open: [{ redis: ['SET', 'stock', '{stock}'] }],
    buy: { path: '/buy?token={request}' },
    left: { ask: { redis: ['GET', 'stock'] } },
    answers: { sold: { status: 200 }, soldOut: { status: 409 } },
    ...otherwise,
  });
  return { service, name: start.slice(1).join(' '), folder };
}

/** The article's, in Python: Flask and redis-py. */
export const article = (python: string, app = 'article'): ServiceFile =>
  ofArticle([python, '-m', 'flask', '--app', app, 'run', '--port', '{port}']);

/** The same as it was printed, with its ports in its code. */
export const articleAsPrinted = (python: string): ServiceFile =>
  ofArticle([python, 'written_ports.py'], { ports: { http: 5000, redis: 6379 } });

/** One that is asked as the article's is, and answers as that does. */
export const ofArticle = (start: readonly string[], otherwise: object = {}, folder?: string): ServiceFile =>
  shop(
    start,
    {
      open: [{ redis: ['SET', 'product:phone', '{stock}'] }],
      buy: { path: '/purchase?product_name=phone&token={request}' },
      left: { ask: { redis: ['GET', 'product:phone'] } },
      answers: { sold: { status: 200 }, soldOut: { status: 404 } },
      ...otherwise,
    },
    folder,
  );

interface Intercepted extends Exploration {
  facts: ServiceFacts;
}

const now = (): number => clock.monotonicNs() / 1e6;

/** Explores a service in one scope. @param more what else is asked for */
export async function intercepted(
  file: ServiceFile,
  given: GivenScope,
  target: RedisTarget,
  more: Partial<InterceptOptions & ExploreOptions> = {},
): Promise<Intercepted> {
  const { processes, fresh, ...asked } = more;
  const scope = scopeOf(given);
  await using service = await interceptService({
    file,
    scope,
    target,
    ...(processes !== undefined && { processes }),
    ...(fresh !== undefined && { fresh }),
  });
  const exploration = await explore({ subject: service.subject, scope, target, now, ...asked });
  return { ...exploration, facts: service.facts() };
}
