import type { AnswerName, Service, ServiceAnswer } from '../documents/service.ts';
import type { HttpResponse } from './http/response.ts';
import { NOTHING_THERE, valueAt } from './json.ts';
import { fillOf, inRegex, type Values } from './template.ts';

/** Whether a response is the answer that is described. */
export type IsAnswer = (response: HttpResponse) => boolean;

/** @param values for what stands in braces in a regular expression */
export function answerTest({ status, json, body }: ServiceAnswer, values: Values = {}): IsAnswer {
  const statuses = status === undefined ? undefined : [status].flat();
  const places = Object.entries(json ?? {});
  const pattern = body === undefined ? undefined : new RegExp(fillOf(body, inRegex)(values));
  return (response) => {
    if (statuses && !statuses.includes(response.status)) return false;
    if (pattern && !pattern.test(response.body.toString())) return false;
    if (places.length === 0) return true;
    const document = documentOf(response);
    return places.every(([pointer, value]) => valueAt(document, pointer) === value);
  };
}

/** Any of several. */
const anyTest = (answers: ServiceAnswer | readonly ServiceAnswer[]): IsAnswer => {
  const tests = [answers].flat().map((answer) => answerTest(answer));
  return (response) => tests.some((test) => test(response));
};

/** An answer that means nothing, or more than one thing: whether anything was sold nobody knows. */
class UnclearAnswer extends Error {
  readonly code = 'UNCLEAR_ANSWER';
}

/** What an answer to a purchase means. @throws UnclearAnswer */
export type Meaning = (response: HttpResponse) => AnswerName;

export function meaningsOf(answers: Service['answers']): Meaning {
  const tests = Object.entries(answers).map(([name, of]) => ({
    name: name as AnswerName,
    test: anyTest(of),
  }));
  return (response) => {
    let meaning: AnswerName | undefined;
    for (const { name, test } of tests) {
      if (!test(response)) continue;
      if (meaning !== undefined) throw unclear(response, `means both ${meaning} and ${name}`);
      meaning = name;
    }
    if (meaning === undefined) throw unclear(response, 'stands nowhere in answers');
    return meaning;
  };
}

/** For people: its status, and how its body begins. */
export const shownResponse = ({ status, body }: HttpResponse): string =>
  `${status} ${body.toString('utf8', 0, 200)}`.trim();

const unclear = (response: HttpResponse, why: string): UnclearAnswer =>
  new UnclearAnswer(`an answer ${why}: ${shownResponse(response)}`);

function documentOf({ body }: HttpResponse): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return NOTHING_THERE;
  }
}
