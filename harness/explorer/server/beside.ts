import { askOutside, isOutside, type OutsideContent } from '../outside-store.ts';
import type { ServerImage } from './image.ts';
import type { Ran, Step } from './step.ts';
import type { StepServer } from './step-server.ts';

/** The state of the server with this in the stores beside it. */
export function withOutside(
  { outside: before, ...image }: ServerImage,
  outside: OutsideContent,
): ServerImage {
  const alone = before === undefined ? image.content : image.content.slice(0, -`,${before}]`.length) + ']';
  const content = contentWith(alone, outside);
  return outside === '' ? { ...image, content } : { ...image, content, outside };
}

/** The content of the server, together with what stands beside it: a fourth part, after keys, scripts and libraries. */
export const contentWith = (content: string, outside: OutsideContent): string =>
  outside === '' ? content : `${content.slice(0, -1)},${outside}]`;

/** Runs a step: on the server, which leaves the stores beside it alone, whatever becomes of it; or on one of those. */
export async function runBeside(server: StepServer, from: ServerImage, step: Step): Promise<Ran> {
  if (!isOutside(step.command)) {
    const ran = await server.run(from, step);
    return from.outside === undefined ? ran : { ...ran, image: withOutside(ran.image, from.outside) };
  }
  const { reply, content } = askOutside(from.outside ?? '', step.command);
  return { reply, image: withOutside(from, content), touched: 0, listed: [], wrote: false, dated: false };
}
