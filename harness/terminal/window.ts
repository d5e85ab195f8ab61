import { widthOf } from '../ground/progress.ts';

/**
 * How a text has to be for whoever reads it there: in a file or a pipe as wide as it is, and plain. FORCE_COLOR wants
 * colours everywhere, NO_COLOR (https://no-color.org) nowhere; where both are set, as with Node itself, the first.
 */
export const windowOf = (
  stream: NodeJS.WriteStream,
  env: NodeJS.ProcessEnv = process.env,
): { columns: number; colours: boolean } => ({ columns: widthOf(stream), colours: hasColours(stream, env) });

function hasColours(
  { isTTY }: NodeJS.WriteStream,
  { FORCE_COLOR: forced, NO_COLOR, NODE_DISABLE_COLORS, TERM }: NodeJS.ProcessEnv,
): boolean {
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if ((NO_COLOR ?? '') !== '' || (NODE_DISABLE_COLORS ?? '') !== '') return false;
  return isTTY && TERM !== 'dumb';
}
