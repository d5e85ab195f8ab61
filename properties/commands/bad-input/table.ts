/** A command line that makes no sense, the sentence that it is told, and the exit code: 2 where there is none. */
export type Row = readonly [typed: string, sentence: string, exitCode?: 4];

/** Rows of one subject, and what lies in the folder in which they are typed. */
export interface BadInputs {
  rows: readonly Row[];
  /** By their names; a name that ends with a slash is a folder, and one with a bar a pipe. */
  files?: Readonly<Record<string, string | Uint8Array>>;
  env?: Readonly<Record<string, string>>;
  /** They run code of their own, which many commands in one process would have in common. */
  alone?: true;
}

/** The words of a line: separated by spaces, of which one has none in it but in quotes. */
export const wordsOf = (typed: string): string[] =>
  (typed.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ''));
