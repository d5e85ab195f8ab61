import { readFileSync } from 'node:fs';

/** What Linux tells of a process. */
export interface ProcessState {
  /** One letter, as ps has it: T stopped, Z ended and not yet waited for. */
  letter: string;
  /** Processor time so far, in hundredths of a second. */
  ticks: number;
}

/** Undefined where there is no such process, or nobody tells (not Linux). */
export function stateOf(pid: number): ProcessState | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return { letter: fields[0]!, ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return undefined;
  }
}

/** Whether somebody has stopped it, by SIGSTOP or in a debugger. */
export const isStopped = (pid: number): boolean => /[Tt]/.test(stateOf(pid)?.letter ?? '');
