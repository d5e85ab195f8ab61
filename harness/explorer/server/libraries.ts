import { type RawConnection, requireDone } from '../../wire/raw-connection.ts';
import { decode, encodeCommand, type Reply } from '../../wire/resp.ts';
import type { ServerImage } from './image.ts';

/** Code of the libraries of functions that a state has. It leaves them, and no others, on the server. */
export async function librariesOf({ functions }: ServerImage, connection: RawConnection): Promise<string[]> {
  if (!functions) return [];
  const asked = [
    ['FUNCTION', 'RESTORE', functions, 'FLUSH'],
    ['FUNCTION', 'LIST', 'WITHCODE'],
  ].map(encodeCommand);
  const listed = decode(requireDone((await connection.send(asked))[1]!));
  const textsIn = (reply: Reply): string[] =>
    typeof reply === 'string' ? [reply] : isList(reply) ? reply.items.flatMap(textsIn) : [];
  return textsIn(listed).filter((text) => text.startsWith('#!'));
}

const isList = (reply: Reply): reply is Extract<Reply, { items: Reply[] }> =>
  typeof reply === 'object' && reply !== null && reply.kind !== 'error';
