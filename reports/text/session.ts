import type { Session } from '../../harness/documents/session.ts';
import type { OverallVerdict } from '../../harness/documents/vocabulary.ts';
import { benchText } from './bench.ts';
import { serviceBenchText } from './service.ts';
import { stormText } from './storm.ts';
import type { Window } from './window.ts';

/** What a bench or a storm came to, as its command shows it. */
export function sessionText(session: Session, window?: Window): string {
  switch (session.kind) {
    case 'bench':
      return benchText(session.found, window);
    case 'service-bench':
      return serviceBenchText(session.found, window);
    case 'storm':
      return stormText(session.found, window);
  }
}

/** What it was about. */
export function sessionTitle(session: Session): string {
  const what = {
    bench: 'what each strategy costs',
    'service-bench': 'a load test',
    storm: 'a storm',
  }[session.kind];
  return `oversell: ${session.kind === 'bench' ? what : `${what} of ${session.found.service.name}`}`;
}

/** Undefined where no service, but several strategies are judged. */
export const sessionVerdict = (session: Session): OverallVerdict | undefined =>
  session.kind === 'bench' ? undefined : session.found.verdict;
