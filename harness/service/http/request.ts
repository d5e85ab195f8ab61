import type { ServiceRequest } from '../../documents/service.ts';
import { fillOf, formFillOf, inHeader, jsonFillOf, type Fill, type Values } from '../template.ts';

/** One request as it goes over the wire. */
export type RequestText = Fill;

/**
 * Prepared once, so that a purchase costs little more than putting strings together.
 * @param host of the Host header, unless the request has one
 */
export function requestTextOf(request: ServiceRequest, host: string): RequestText {
  const body = bodyOf(request);
  const given = Object.entries(request.headers);
  const has = (name: string): boolean => given.some(([one]) => one.toLowerCase() === name);
  const path = fillOf(request.path, encodeURIComponent);
  const lines = [
    ...(has('host') ? [] : [`host: ${host}`]),
    ...(has('accept') ? [] : ['accept: */*']),
    ...(body?.type !== undefined && !has('content-type') ? [`content-type: ${body.type}`] : []),
  ];
  const own = given.map(([name, value]) => ({ name, fill: fillOf(value, inHeader) }));
  const fixed = lines.map((line) => `${line}\r\n`).join('');
  // A request that may have a body says that it has none (RFC 9110, 8.6).
  const empty = request.method === 'GET' || request.method === 'DELETE' ? '' : 'content-length: 0\r\n';
  return (values: Values) => {
    let text = `${request.method} ${path(values)} HTTP/1.1\r\n${fixed}`;
    for (const { name, fill } of own) text += `${name}: ${fill(values)}\r\n`;
    if (body === undefined) return `${text}${empty}\r\n`;
    const filled = body.fill(values);
    return `${text}content-length: ${Buffer.byteLength(filled)}\r\n\r\n${filled}`;
  };
}

function bodyOf({ json, form, body }: ServiceRequest): { fill: Fill; type?: string } | undefined {
  if (json !== undefined) return { fill: jsonFillOf(json), type: 'application/json' };
  if (form !== undefined) return { fill: formFillOf(form), type: 'application/x-www-form-urlencoded' };
  return body === undefined ? undefined : { fill: fillOf(body) };
}
