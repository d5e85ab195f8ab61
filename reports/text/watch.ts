import type { ExplorationDocument } from '../../harness/documents/exploration.ts';
import { PROPERTIES, type Property } from '../../strategies/contract.ts';
import { grouped } from '../view/figures.ts';
import { smallestText } from './explore.ts';
import { verdictWord } from './verdicts.ts';
import { ink, PAPER, type Window } from './window.ts';

export interface Explored {
  /** One of each strategy; none if there was no verdict. */
  explored: readonly ExplorationDocument[];
  /** Those of the version before, if there was one. */
  before: readonly ExplorationDocument[] | undefined;
  /** Faults, and what to do. */
  said: string;
  /** The time of day. */
  at: string;
  seconds: number;
}

/** What a person sees after a save: verdicts, what is new about them, and the smallest counterexample. */
export function watchText({ explored, before, said, at, seconds }: Explored, window: Window = PAPER): string {
  const head = `${at} · ${seconds.toFixed(1)} s`;
  if (explored.length === 0) return `${head}\n${faultIn(said)}\n`;
  return explored
    .map((exploration) => {
      const known = before?.find(({ strategy }) => strategy === exploration.strategy);
      const counterexample = smallestText(exploration, window);
      return [
        `${head} · ${ink(window, 'strong', exploration.strategy)} · ${exploration.coverage}, ${grouped(exploration.states)} states`,
        ...verdictLines(exploration, window),
        ...(known ? [differenceIn(known, exploration)] : []),
        ...(counterexample === undefined ? [] : ['', counterexample]),
        '',
      ].join('\n');
    })
    .join('\n');
}

/** Those that are violated first; what says nothing is left out. */
function verdictLines({ properties }: ExplorationDocument, window: Window): string[] {
  const having = (verdict: string): Property[] =>
    PROPERTIES.filter((property) => properties[property].verdict === verdict);
  return (['violated', 'inconclusive', 'holds'] as const).flatMap((verdict) => {
    const names = having(verdict);
    return names.length === 0 ? [] : [`${verdictWord(verdict, window)}: ${names.join(', ')}`];
  });
}

function differenceIn(before: ExplorationDocument, now: ExplorationDocument): string {
  const changes = PROPERTIES.flatMap((property) => {
    const [was, is] = [before, now].map(({ properties }) => properties[property].verdict);
    return was === is ? [] : [`${property} was ${was}, is ${is}`];
  });
  const states = before.states === now.states ? [] : [`${grouped(before.states)} states before`];
  const told = [...changes, ...states].join('; ');
  return told === '' ? 'nothing is new' : `new: ${told}`;
}

/** From its first fault on: before that, it says what it does. */
const faultIn = (said: string): string => {
  const at = said.indexOf('oversell: ');
  return (at < 0 ? said : said.slice(at)).trimEnd();
};
