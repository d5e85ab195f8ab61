import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Hono, type Context as AnyContext } from 'hono';
import type { HttpBindings } from '@hono/node-server';
import {
  articleFormSchema,
  orderFormSchema,
  productName,
  productRequestSchema,
  purchaseRequestSchema,
  releaseFormSchema,
  reopenRequestSchema,
  tokenSchema,
} from '../../documents/storefront.ts';
import type { Clock } from '../../ground/ambient.ts';
import type { Statistics } from '../live/statistics.ts';
import type { Shop, Told } from '../shop.ts';
import { jsonResponse, respond, respondInWords } from './answers.ts';
import { bodyOf, queryOf, read, Refusal } from './input.ts';

export interface RouteOptions {
  shop: Shop;
  clock: Clock;
  /** The article's own request is answered as it stands: GET, in words. */
  article: boolean;
  /** Who creates products, and reads who bought what, has to know it; absent: anybody may. */
  adminToken?: string;
  /** Most requests that are under way at once; more are told to come back. */
  mostInFlight: number;
  statistics: Statistics;
}

type Bindings = { Bindings: HttpBindings };
type Context = AnyContext<Bindings>;
export type App = Hono<Bindings>;

/** What a handler comes to: an answer with a code, or what was asked for. */
type Reply = Told | { data: object };
type Handler = (context: Context, within: Within) => Promise<Reply>;
/** Does it where few enough are under way. What comes slowly is read before that, so that it keeps nobody out. */
type Within = <T>(work: () => Promise<T>) => Promise<T>;
type Responding = (handler: Handler, how?: How) => (context: Context) => Promise<Response>;
interface How {
  /** It is a purchase. */
  buys?: true;
  render?: typeof respond;
}

/** The shop over HTTP: each path with its methods; what is not here is told so. */
export function shopRoutes(options: RouteOptions): App {
  const app = new Hono<Bindings>();
  const answering = answerer(options);
  addProducts(app, options, { answering });
  addPurchases(app, options, { answering });
  refuseOthers(app, options);
  return app;
}

interface Around {
  answering: Responding;
}

const named = ({ req }: Context): string => read(req.param('name'), productName);

function addProducts(app: App, { shop, adminToken }: RouteOptions, { answering }: Around): void {
  const admin = adminOnly(adminToken);
  app.post(
    '/products',
    answering(async ({ env }, within) => {
      admin(env.incoming);
      const product = await bodyOf(env.incoming, productRequestSchema);
      return within(() => shop.addProduct(product));
    }),
  );
  app.get(
    '/products/:name',
    answering(async (context, within) => {
      const name = named(context);
      return within(() => shop.product(name));
    }),
  );
  app.post(
    '/products/:name/reopen',
    answering(async (context, within) => {
      admin(context.env.incoming);
      const { stock } = await bodyOf(context.env.incoming, reopenRequestSchema);
      const name = named(context);
      return within(() => shop.reopen(name, stock));
    }),
  );
  app.get(
    '/products/:name/orders',
    answering(async (context, within) => {
      admin(context.env.incoming);
      const name = named(context);
      const orders = await within(() => shop.ledger(name));
      return 'code' in orders ? orders : { data: orders };
    }),
  );
}

const queryIn = ({ req }: Context): URLSearchParams => new URL(req.url).searchParams;
const isArticles = ({ req }: Context): boolean => req.query('product_name') !== undefined;

function addPurchases(app: App, { shop, article }: RouteOptions, { answering }: Around): void {
  const articles = answering(
    async (context, within) => {
      const { product_name: product, token } = queryOf(queryIn(context), articleFormSchema);
      return within(() => shop.purchase({ product, user: token, token, quantity: 1 }));
    },
    { buys: true, render: article ? respondInWords : respond },
  );
  const purchase = answering(
    async ({ env }, within) => {
      const body = await bodyOf(env.incoming, purchaseRequestSchema);
      return within(() => shop.purchase(body));
    },
    {
      buys: true,
    },
  );
  app.post('/purchase', (context) => (isArticles(context) ? articles(context) : purchase(context)));
  if (article) app.get('/purchase', articles);
  app.delete(
    '/purchase/:token',
    answering(async (context, within) => {
      const { product, user } = queryOf(queryIn(context), releaseFormSchema);
      const token = read(context.req.param('token'), tokenSchema);
      return within(() => shop.release(product, token, user));
    }),
  );
  app.get(
    '/orders/:token',
    answering(async (context, within) => {
      const { product } = queryOf(queryIn(context), orderFormSchema);
      const token = read(context.req.param('token'), tokenSchema);
      const order = await within(() => shop.order(product, token));
      return 'code' in order ? order : { data: order };
    }),
  );
}

/** What is at no path, or not by this method. As handlers of their own they would be in the way of each purchase. */
function refuseOthers(app: App, { article, statistics }: RouteOptions): void {
  const methods: Readonly<Record<string, string>> = {
    '/products': 'POST',
    '/products/:name': 'GET',
    '/products/:name/reopen': 'POST',
    '/products/:name/orders': 'GET',
    '/purchase': article ? 'GET, POST' : 'POST',
    '/purchase/:token': 'DELETE',
    '/orders/:token': 'GET',
  };
  const paths = Object.entries(methods).map(
    ([path, allowed]) => [new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`), allowed] as const,
  );
  app.notFound(({ req: { path, method } }) => {
    const [, allowed] = paths.find(([pattern]) => pattern.test(path)) ?? [];
    if (allowed === undefined) {
      statistics.answered('unknown-path');
      return respond({ code: 'unknown-path' });
    }
    statistics.answered('method-not-allowed');
    // Browsers that fetch ahead, and proxies, repeat it at will.
    const buys = path === '/purchase' && method === 'GET';
    const why = buys
      ? 'a GET may be repeated by prefetchers and proxies, so it buys nothing'
      : `use ${allowed}`;
    const response = respond({ code: 'method-not-allowed' }, why);
    response.headers.set('allow', allowed);
    return response;
  });
}

/** Wraps what answers: within the limit of requests under way, and with a code whatever happens. */
function answerer({ clock, mostInFlight, statistics }: RouteOptions): Responding {
  let inFlight = 0;
  const within: Within = async (work) => {
    if (inFlight >= mostInFlight) throw new Refusal('overloaded');
    inFlight++;
    try {
      return await work();
    } finally {
      inFlight--;
    }
  };
  return (handler, { buys, render = respond } = {}) =>
    async (context) => {
      const startNs = clock.monotonicNs();
      const heard = (told: Told): void => {
        if (buys) statistics.purchased(told.code, told.again === true, (clock.monotonicNs() - startNs) / 1e6);
        else statistics.answered(told.code);
      };
      let reply: Reply;
      let detail: string | undefined;
      try {
        reply = await handler(context, within);
      } catch (error) {
        // Whatever reaches the store tells its own failures (`Shop`): this came before, or changes no sale.
        reply = { code: error instanceof Refusal ? error.code : 'unavailable' };
        if (error instanceof Refusal && error.message !== '') detail = error.message;
      }
      heard('data' in reply ? { code: 'success' } : reply);
      return 'data' in reply ? jsonResponse(reply.data, 200) : render(reply, detail);
    };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** @returns throws a Refusal unless the request has the token; without a token anybody may */
function adminOnly(token: string | undefined): (incoming: IncomingMessage) => void {
  if (token === undefined) return () => undefined;
  const wanted = digest(`Bearer ${token}`);
  return ({ headers }) => {
    // Digests have one length, and take one time to compare.
    const given = digest(headers.authorization ?? '');
    if (!timingSafeEqual(given, wanted)) throw new Refusal('admin-only');
  };
}
