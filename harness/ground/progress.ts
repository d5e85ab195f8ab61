import { fitted } from './fitted.ts';

/** Where a run tells people what it does. Never stdout: that belongs to the answer. */
export interface Progress {
  /** What is being done now; on a terminal the next word replaces it. @param before how far that is, in front of it */
  now: (text: string, before?: string) => void;
  /** How that goes; for terminals alone, as a log would be full of it. */
  detail: (text: string) => void;
  /** What is worth keeping on the screen. */
  line: (text: string) => void;
  /** Takes the last `now` off the terminal. */
  end: () => void;
  /** The last `now`. */
  readonly doing?: string | undefined;
}

/** Some terminals do not know their width, and say 0. */
const COLUMNS = 80;

/** How many characters fit into a line of it. */
export const columnsOf = ({ columns }: Pick<NodeJS.WriteStream, 'columns'>): number => columns || COLUMNS;

/** How wide an answer may be that people read there; where it goes into a file, as wide as it is. */
export const widthOf = (stream: NodeJS.WriteStream): number => (stream.isTTY ? columnsOf(stream) : Infinity);

/** One line that rewrites itself on a terminal; elsewhere, as in a log, a plain line each. */
export function progressOn(stream: NodeJS.WriteStream): Progress {
  const clear = stream.isTTY ? '\r\u001b[2K' : '';
  const line = (text: string): void => void stream.write(`${clear}${fitted(text, widthOf(stream))}\n`);
  let doing: string | undefined;
  let shown = '';
  const show = (text: string): void => void stream.write(clear + text.slice(0, columnsOf(stream) - 1));
  return {
    now: (text, before) => {
      doing = text;
      shown = before === undefined ? text : `${before} · ${text}`;
      if (stream.isTTY) show(shown);
      else line(shown);
    },
    detail: (text) => {
      if (stream.isTTY) show(`${shown} · ${text}`);
    },
    line,
    end: () => {
      if (stream.isTTY) stream.write(clear);
    },
    get doing() {
      return doing;
    },
  };
}
