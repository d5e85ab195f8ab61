import { createHash } from 'node:crypto';
import { decodeCommand, encodeCommand } from '../../wire/resp.ts';

/**
 * A command as it counts when it is sent again: a script by its text is the one by its digest, as who sends a script
 * again may send it in the other way.
 *
 * @param bytes of the command, latin1
 */
export function asSentAgain(bytes: string): string {
  const [name = '', script = '', ...args] = decodeCommand(bytes);
  if (!/^EVAL(SHA)?(_RO)?$/i.test(name)) return bytes;
  const digest = /^EVALSHA/i.test(name)
    ? script.toLowerCase()
    : createHash('sha1').update(script, 'latin1').digest('hex');
  return encodeCommand(['EVALSHA', digest, ...args]);
}
