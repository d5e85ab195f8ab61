/** What is wrong with how a script was declared, or with the script, and what to do about it. */
export interface Misfit {
  message: string;
  remedy: string;
}

/**
 * What strategies made of scripts have come upon since somebody asked. A purchase can only throw, which counts as unknown;
 * but an answer of which nobody has said what it means makes every verdict one about something else.
 */
let undeclared: Misfit | undefined;
let failed: Misfit | undefined;

/** The first is told. */
export const noteUndeclared = (misfit: Misfit): void => void (undeclared ??= misfit);
/** The script itself failed: for one buyer alone that is no sale, with others, faults and expired keys it may be. */
export const noteFailed = (misfit: Misfit): void => void (failed ??= misfit);

export function forgetMisfits(): void {
  undeclared = undefined;
  failed = undefined;
}

/** Of a buyer who was alone. */
export const misfitAlone = (): Misfit | undefined => undeclared ?? failed;
/** Of a whole sale. */
export const misfitOfSale = (): Misfit | undefined => undeclared;
