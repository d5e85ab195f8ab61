import type { ServiceAction, ServiceRequest, ServiceStep, Source } from '../documents/service.ts';
import { UsageError } from '../ground/errors.ts';
import { answerTest, shownResponse, type IsAnswer } from './answers.ts';
import { runCommand, type CommandPlace } from './commands.ts';
import { HttpConnection, NotSent, type HttpAddress } from './http/connection.ts';
import { requestTextOf } from './http/request.ts';
import { headerOf, headersOf, type HttpResponse } from './http/response.ts';
import { NOTHING_THERE, valueAt } from './json.ts';
import { RawConnection } from '../wire/raw-connection.ts';
import { showReply } from '../wire/resp.ts';
import { fillOf, type Values } from './template.ts';

/** What a service is asked over. */
export interface Route {
  address: HttpAddress;
  /** Of the Host header. */
  host: string;
  timeoutMs: number;
}

/** A step of a service file, prepared once and done as often as needed. */
export interface Step {
  /** For people: "POST /products". */
  name: string;
  /** @returns the response, which is as expected, and what is kept of it. @throws UsageError if it is not, or there is none */
  take: (values: Values, connection: HttpConnection) => Promise<{ response: HttpResponse; kept: Values }>;
}

export function stepOf(step: ServiceStep, { host, timeoutMs }: Route): Step {
  const text = requestTextOf(requestIn(step), host);
  const name = `${step.method} ${step.path}`;
  const expected = step.expect;
  const isExpected = (values: Values): IsAnswer =>
    expected ? answerTest(expected, values) : ({ status }) => status >= 200 && status < 300;
  return {
    name,
    async take(values, connection) {
      const response = await asked(name, () => connection.send(text(values), timeoutMs));
      if (!isExpected(values)(response)) throw failed(name, `was answered ${shownResponse(response)}`);
      return { response, kept: keptOf(step, response) };
    },
  };
}

/** Without what is ours of it. */
export const requestIn = ({ method, path, headers, json, form, body }: ServiceStep): ServiceRequest => ({
  method,
  path,
  headers,
  ...(json !== undefined && { json }),
  ...(form && { form }),
  ...(body !== undefined && { body }),
});

async function asked(name: string, send: () => Promise<HttpResponse>): Promise<HttpResponse> {
  try {
    return await send();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw failed(
      name,
      error instanceof NotSent ? error.message : `got no answer: ${(error as Error).message}`,
    );
  }
}

const failed = (name: string, what: string): UsageError =>
  new UsageError(
    'STEP_FAILED',
    `${name} ${what}`,
    'correct the service, or the step in its file (expect, keep)',
  );

function keptOf({ method, path, keep }: ServiceStep, response: HttpResponse): Values {
  const kept = Object.entries(keep).map(([name, source]) => {
    const value = foundIn(source, response);
    if (value !== undefined) return [name, value] as const;
    throw failed(`${method} ${path}`, `has no ${JSON.stringify(source)} to keep: ${shownResponse(response)}`);
  });
  return Object.fromEntries(kept);
}

function foundIn(source: Source, response: HttpResponse): string | undefined {
  if ('header' in source) return headerOf(response, source.header.toLowerCase());
  if ('cookie' in source) return cookieIn(response, source.cookie);
  if ('regex' in source) return new RegExp(source.regex).exec(response.body.toString())?.[1];
  return scalarIn(response.body.toString(), source.json);
}

const cookieIn = (response: HttpResponse, name: string): string | undefined =>
  headersOf(response, 'set-cookie')
    .map((cookie) => cookie.split(';', 1)[0]!.trim())
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);

/** A string or number at a place of a JSON text, as text. */
export function scalarIn(text: string, pointer: string): string | undefined {
  const value = valueAt(parsed(text), pointer);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** @returns NOTHING_THERE where it is no JSON */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return NOTHING_THERE;
  }
}

/** Does the steps in order; each knows what those before it kept. @returns all that was kept */
export async function takeSteps(
  steps: readonly Step[],
  values: Values,
  connection: HttpConnection,
): Promise<Values> {
  let kept: Values = {};
  for (const step of steps) kept = { ...kept, ...(await step.take({ ...values, ...kept }, connection)).kept };
  return kept;
}

/** The words of a command, of which the rest is known. */
export function filledWords(words: readonly string[]): (values: Values) => string[] {
  const fills = words.map((word) => fillOf(word));
  return (values) => fills.map((fill) => fill(values));
}

const portOfRedis = fillOf('{redis_port}');

function redisAsk(command: readonly string[]): Ask {
  const words = filledWords(command);
  return async (values) => {
    const redis = await RawConnection.open({ host: '127.0.0.1', port: Number(portOfRedis(values)) });
    try {
      return showReply(await redis.call(words(values)));
    } catch (error) {
      throw failed(words(values).join(' '), (error as Error).message);
    } finally {
      redis.close();
    }
  };
}

/** A request, a program or a command of Redis, whose answer is text. @throws UsageError if it fails */
export type Ask = (values: Values) => Promise<string>;

export function askOf(action: ServiceAction, route: Route, place: CommandPlace): Ask {
  if (Array.isArray(action)) {
    const words = filledWords(action);
    return (values) => runCommand(words(values), place);
  }
  if ('redis' in action) return redisAsk(action.redis);
  const step = stepOf(action, route);
  return async (values) => {
    const connection = new HttpConnection(route.address);
    try {
      return (await step.take(values, connection)).response.body.toString();
    } finally {
      connection.close();
    }
  };
}
