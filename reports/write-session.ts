import { join } from 'node:path';
import type { Reports } from '../harness/documents/reports.ts';
import type { Session } from '../harness/documents/session.ts';
import { writeWhole } from '../harness/documents/write-file.ts';
import { sessionMarkdown } from './session-markdown.ts';

/** Draws the reports of a bench or a storm into its folder. @throws UsageError or EnvironmentError if one cannot be written */
export async function writeSessionReports(folder: string, session: Session): Promise<Reports> {
  const files = { html: join(folder, 'report.html'), markdown: join(folder, 'report.md') };
  writeWhole(files.markdown, sessionMarkdown(session));
  // What draws the charts takes a second to load.
  const { sessionPage } = await import('./page/session-page.ts');
  writeWhole(files.html, await sessionPage(session));
  return files;
}
