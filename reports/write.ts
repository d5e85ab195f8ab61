import { join } from 'node:path';
import type { Result } from '../harness/documents/result.ts';
import type { Reports } from '../harness/documents/reports.ts';
import { writeWhole } from '../harness/documents/write-file.ts';
import { markdown } from './markdown.ts';

/** Draws the run's reports into its folder. @throws UsageError or EnvironmentError if one cannot be written */
export async function writeReports(folder: string, result: Result): Promise<Reports> {
  const files = { html: join(folder, 'report.html'), markdown: join(folder, 'report.md') };
  writeWhole(files.markdown, markdown(result));
  // What draws the charts takes a second to load: who draws none does not wait for it.
  const { page } = await import('./page/page.ts');
  writeWhole(files.html, await page(result));
  return files;
}
