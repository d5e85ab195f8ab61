/** A service under test: how it is started, what a buyer sends to it, and what its answers mean. */
import { z } from 'zod';

/** What is filled in where it stands in braces: `{port}`. */
export const PLACEHOLDERS = {
  port: 'a free port of 127.0.0.1',
  redis_port: 'the port of a redis-server that is started for the service',
  redis_ca:
    'a file with the certificate by which that port speaks TLS: with this in the file, intercept does so, and REDIS_URL says rediss:',
  folder: 'an empty folder, which is removed after the run',
  product: 'the name of what is sold: another one in each sale',
  stock: 'units on sale',
  limit:
    'most units that a user may hold; a member of a body that is nothing else is left out where there is none',
  user: 'who buys',
  request: "the buyer's token: one for each purchase, and the same when it is asked again",
  quantity: 'units that are bought',
} as const;
export type Placeholder = keyof typeof PLACEHOLDERS;

/** In a string that is nothing but one of these, JSON has a number. */
export const NUMBERS: readonly string[] = ['port', 'redis_port', 'stock', 'limit', 'quantity'];

const OF_SERVICE = ['port', 'redis_port', 'redis_ca', 'folder'] as const satisfies Placeholder[];
const OF_SALE = [...OF_SERVICE, 'product', 'stock', 'limit'] as const satisfies Placeholder[];
const OF_USER = [...OF_SALE, 'user'] as const satisfies Placeholder[];
const OF_PURCHASE = [...OF_USER, 'request', 'quantity'] as const satisfies Placeholder[];

/** A placeholder, or what looks like one. Regular expressions have digits, commas and capitals in their braces. */
const IN_BRACES = /\{([a-z][a-z_]*)\}/g;

/** The names in braces in all strings of it. */
export const namesIn = (value: unknown): string[] => {
  if (typeof value === 'string') return [...value.matchAll(IN_BRACES)].map(([, name]) => name!);
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(namesIn);
};

/** The text between placeholders and the placeholders' names, in turns: the first and the last are text. */
export const partsOf = (text: string): string[] => text.split(IN_BRACES);

/** A day: timers of Node take no more than 24 of them. */
const LONGEST_MS = 86_400_000;
const MOST_CONSUMERS = 100;

const regex = z.string().refine(compiles, 'this is no regular expression');
function compiles(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
/** A place in a JSON document (RFC 6901): `/orders/0/token`; empty: all of it. */
const pointer = z
  .string()
  .regex(/^(\/([^~/]|~[01])*)*$/, 'a JSON pointer begins with a slash: /orders/0/token');

/** A program and its arguments. No shell reads it. */
const command = z.array(z.string()).min(1);

/** We write these ourselves. */
const OURS = ['content-length', 'transfer-encoding', 'expect', 'upgrade'];
const headers = z
  .record(
    z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'this is no name of a header'),
    z.string().regex(/^[^\r\n\0]*$/),
  )
  .refine((all) => !Object.keys(all).some((name) => OURS.includes(name.toLowerCase())), {
    error: `leave out ${OURS.join(', ')}: oversell writes what is needed`,
  });

const requestShape = {
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
  /** With the query. What is filled in is percent-encoded. */
  path: z.string().startsWith('/'),
  headers: headers.default({}),
  /** At most one of these is the body. */
  json: z.json().exactOptional(),
  form: z.record(z.string(), z.string()).exactOptional(),
  body: z.string().exactOptional(),
};
const oneBody = (request: { json?: unknown; form?: unknown; body?: unknown }): boolean =>
  ['json', 'form', 'body'].filter((name) => name in request).length <= 1;
const ONE_BODY = 'a request has one body: json, form or body';

const requestSchema = z.strictObject(requestShape).refine(oneBody, ONE_BODY);
export type ServiceRequest = z.infer<typeof requestSchema>;

/** An answer by what is given of it: all of that has to be so. */
const answerSchema = z
  .strictObject({
    status: z.union([z.int(), z.array(z.int()).min(1)]).exactOptional(),
    /** What stands at these places of a JSON body. */
    json: z.record(pointer, z.union([z.string(), z.number(), z.boolean(), z.null()])).exactOptional(),
    /** What the body has in it. */
    body: regex.exactOptional(),
  })
  .refine((answer) => Object.keys(answer).length > 0, 'say at least one of status, json and body');
export type ServiceAnswer = z.infer<typeof answerSchema>;

/** Where a value is found in an answer: a cookie or a header by its name, in a JSON body, or what the first group matches. */
const sourceSchema = z.union([
  z.strictObject({ cookie: z.string() }),
  z.strictObject({ header: z.string() }),
  z.strictObject({ json: pointer }),
  z.strictObject({ regex }),
]);
export type Source = z.infer<typeof sourceSchema>;

const stepSchema = z
  .strictObject({
    ...requestShape,
    /** Default: any status from 200 to 299. */
    expect: answerSchema.exactOptional(),
    /** What later requests have in braces by this name. */
    keep: z.record(z.string().regex(/^[a-z][a-z_]*$/, 'give small letters and _'), sourceSchema).default({}),
  })
  .refine(oneBody, ONE_BODY);
export type ServiceStep = z.infer<typeof stepSchema>;

/** A command of Redis, sent to the server whose port is {redis_port}; its answer is its reply. */
const redisSchema = z.strictObject({ redis: command });

const actionSchema = z.union([command, redisSchema, stepSchema]);
export type ServiceAction = z.infer<typeof actionSchema>;

const answersSchema = z
  .strictObject({
    sold: answerOrSeveral(),
    soldOut: answerOrSeveral(),
    limitReached: answerOrSeveral().exactOptional(),
    alreadyYours: answerOrSeveral().exactOptional(),
    /** Surely without effect: the buyer asks again. */
    busy: answerOrSeveral().exactOptional(),
  })
  .describe('what an answer to `buy` means; one that is not here is unknown');
function answerOrSeveral() {
  return z.union([answerSchema, z.array(answerSchema).min(1)]);
}
export type AnswerName = keyof z.infer<typeof answersSchema>;

const port = z.int().min(1).max(65_535);

const shape = z.strictObject({
  /** For people; default: the file's name. */
  name: z.string().exactOptional(),
  /** Run once, before it is started. */
  build: command.exactOptional(),
  /** Absent: it runs already, at `baseUrl`. */
  start: command.exactOptional(),
  /** Ends it; else it gets SIGTERM, with all that it started. */
  stop: command.exactOptional(),
  /** Where commands run, seen from this file. Default: its folder. */
  cwd: z.string().exactOptional(),
  env: z.record(z.string(), z.string()).default({}),
  /** Default: http://127.0.0.1:{port} */
  baseUrl: z.string().default('http://127.0.0.1:{port}'),
  /**
   * Ports that are written into its code, where it listens and where it looks for Redis: `intercept` gives each of its processes a
   * network of its own, in which they are free.
   */
  ports: z.strictObject({ http: port.exactOptional(), redis: port.exactOptional() }).exactOptional(),
  /** Its clients ask INFO whether they have found a cluster, and want one (`intercept`). */
  cluster: z.boolean().exactOptional(),
  /** Commands that match are passed to a server beside, and not explored (`intercept`). */
  ignore: regex.exactOptional(),
  /** Of an https service: a file with the certificate to trust, seen from this file; or `verify: false`. */
  tls: z.strictObject({ ca: z.string().exactOptional(), verify: z.boolean().default(true) }).exactOptional(),
  /** It is up when this path answers so, when it has said this on stdout or stderr, or when its port takes connections. */
  ready: z.union([
    z.strictObject({
      path: z.string().startsWith('/'),
      status: z.int().default(200),
      timeoutMs: z.int().positive().max(LONGEST_MS).default(30_000),
    }),
    z.strictObject({
      line: z.string().min(1),
      timeoutMs: z.int().positive().max(LONGEST_MS).default(30_000),
    }),
    z.strictObject({
      accepts: z.literal('connections'),
      timeoutMs: z.int().positive().max(LONGEST_MS).default(30_000),
    }),
  ]),
  /** Once, after the start: an administrator logs in, say. */
  prepare: z.array(stepSchema).default([]),
  /** Before each sale: the product is put on sale. */
  open: z.array(actionSchema).min(1),
  /** After that, and before anybody buys: once for each user if it names {user}, else once. */
  login: z.array(stepSchema).default([]),
  buy: requestSchema,
  /** By which the buyer gives it back. Large sales do not. */
  release: requestSchema.exactOptional(),
  /** After the sale: asked until it answers so, as orders may be on their way to where they are kept. */
  settled: z.strictObject({ ask: stepSchema, until: answerSchema }).exactOptional(),
  /** Units that can still be bought: at a place of a JSON document, by the first group, or all that is said. */
  left: z.strictObject({ ask: actionSchema, json: pointer.exactOptional(), regex: regex.exactOptional() }),
  /** Who holds units: a list in a JSON document, and in each of its lines who, by which request, how many (1). */
  ledger: z
    .strictObject({
      ask: actionSchema,
      orders: pointer.default(''),
      user: pointer,
      request: pointer.exactOptional(),
      quantity: pointer.exactOptional(),
    })
    .exactOptional(),
  /**
   * Processes of Node that store orders, beside what `start` starts. They are forked, so that a storm can have them stop at a
   * failpoint (`documents/failpoints.ts`).
   */
  consumers: z
    .strictObject({
      module: z.string(),
      args: z.array(z.string()).default([]),
      count: z.int().positive().max(MOST_CONSUMERS).default(1),
    })
    .exactOptional(),
  answers: answersSchema,
  /** For each answer; one that comes later is unknown. */
  timeoutMs: z.int().positive().max(LONGEST_MS).default(10_000),
});

type Draft = z.infer<typeof shape>;
interface Fault {
  part: keyof Draft;
  message: string;
}

/** Each part with the names that it may have in braces: ours, and those that steps before it keep. */
function namesAllowed({ prepare, login }: Draft): Partial<Record<keyof Draft, readonly string[]>> {
  const kept = keptBy(prepare);
  const sale = [...OF_SALE, ...kept];
  return {
    build: OF_SERVICE,
    start: OF_SERVICE,
    stop: OF_SERVICE,
    cwd: [],
    env: OF_SERVICE,
    baseUrl: OF_SERVICE,
    ports: [],
    ignore: [],
    tls: [],
    ready: OF_SERVICE,
    consumers: OF_SERVICE,
    prepare: [...OF_SERVICE, ...kept],
    open: sale,
    left: sale,
    ledger: sale,
    settled: sale,
    login: [...OF_USER, ...kept, ...keptBy(login)],
    buy: [...OF_PURCHASE, ...kept, ...keptBy(login)],
    release: [...OF_PURCHASE, ...kept, ...keptBy(login)],
  };
}

const keptBy = (steps: readonly ServiceStep[]): string[] => steps.flatMap(({ keep }) => Object.keys(keep));

/** A name in braces that nothing is filled in for would reach the service as it stands. */
function unknownNames(service: Draft): Fault[] {
  return Object.entries(namesAllowed(service)).flatMap(([name, allowed]) => {
    const part = name as keyof Draft;
    return namesIn(service[part]).flatMap((found) =>
      allowed.includes(found)
        ? []
        : [{ part, message: `{${found}} is not known here: ${knownNames(allowed)}` }],
    );
  });
}
const knownNames = (names: readonly string[]): string =>
  names.length === 0 ? 'nothing is filled in' : `use ${names.map((name) => `{${name}}`).join(', ')}`;

function contradictions({ prepare, login, answers, start, baseUrl, ready }: Draft): Fault[] {
  const faults: Fault[] = [];
  for (const [part, steps] of Object.entries({ prepare, login })) {
    const taken = keptBy(steps).filter((name) => Object.hasOwn(PLACEHOLDERS, name));
    for (const name of taken) {
      faults.push({
        part: part as keyof Draft,
        message: `keep ${name} under another name: {${name}} is filled in`,
      });
    }
  }
  const [filled] = namesIn(answers).filter((name) => Object.hasOwn(PLACEHOLDERS, name));
  if (filled !== undefined)
    faults.push({ part: 'answers', message: `{${filled}}: nothing is filled in here` });
  if (start !== undefined) return faults;
  if (namesIn(baseUrl).length > 0)
    faults.push({ part: 'baseUrl', message: 'give start, or the URL at which it runs' });
  if ('line' in ready)
    faults.push({ part: 'ready', message: 'only what is started here says a line: give a path' });
  return faults;
}

/** A service file. What stands in braces is known where it stands, or the file is refused. */
export const serviceSchema = shape.superRefine((service, context) => {
  for (const { part, message } of [...unknownNames(service), ...contradictions(service)]) {
    context.addIssue({ code: 'custom', path: [part], message });
  }
});
export type Service = z.infer<typeof serviceSchema>;

/** What `intercept --init` has written, and what to do with it. */
export const writtenServiceSchema = z.strictObject({ file: z.string(), next: z.array(z.string()) });
export type WrittenService = z.infer<typeof writtenServiceSchema>;

/** A service as a counterexample keeps it: what its file said, and from which folder its paths are seen. */
export const keptServiceSchema = z.strictObject({ file: serviceSchema, folder: z.string() });
export type KeptService = z.infer<typeof keptServiceSchema>;
