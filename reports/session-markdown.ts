import type { Session } from '../harness/documents/session.ts';
import { sessionText, sessionTitle, sessionVerdict } from './text/session.ts';

/** report.md of a bench or a storm: what its command shows, which needs columns. */
export function sessionMarkdown(session: Session): string {
  const { status, oversell, startedAt, command } = session;
  const verdict = sessionVerdict(session);
  const unfinished = status === 'complete' ? '' : `INCOMPLETE: this run is ${status}. `;
  return [
    `# ${sessionTitle(session)}`,
    ...(verdict === undefined && unfinished === ''
      ? []
      : [`**${unfinished}${verdict === undefined ? '' : `Verdict: ${verdict}.`}**`]),
    fenced(sessionText(session)),
    `oversell ${oversell}, ${startedAt.slice(0, 10)}. Again: \`${command}\``,
    '',
  ].join('\n\n');
}

/** What stands in it cannot end the block, whatever a service may be called. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = ''.padEnd(longest + 1, '`');
  return `${fence}\n${text}\n${fence}`;
}
