import { dirname, basename, relative, resolve } from 'node:path';
import type { WrittenService } from '../documents/service.ts';
import { writeNew } from '../scaffold/write-new.ts';
import type { Answer } from '../terminal/answer.ts';
import type { ServiceWords } from './intercept-flags.ts';
import { documentOfFlags } from './service-of-flags.ts';

/** Writes the service that flags describe into a file that is not there yet. @throws UsageError if it is */
export function writeServiceFile(path: string, words: ServiceWords): Answer {
  const folder = dirname(resolve(path));
  const cwd = relative(folder, process.cwd());
  const service = { ...(cwd !== '' && { cwd }), ...documentOfFlags(words) };
  writeNew(folder, new Map([[basename(path), `${JSON.stringify(service, undefined, 2)}\n`]]));
  const document: WrittenService = { file: path, next: [`npx oversell intercept ${path}`] };
  const text = `${path} is written: harness/service/README.md says what else may stand there\n\n${document.next.join('\n')}`;
  return { document, text };
}
