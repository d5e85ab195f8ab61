import { join } from 'node:path';
import { resultSchema, type Result } from './result.ts';
import { asFile, writeWhole } from './write-file.ts';

/** @throws ZodError if the result has not the shape that its readers rely on */
export const writeResult = (folder: string, result: Result): void =>
  writeWhole(join(folder, 'result.json'), asFile(resultSchema.parse(result)));
