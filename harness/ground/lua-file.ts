import { extname } from 'node:path';

/** Whether a path names a Lua script. */
export const isLua = (file: string): boolean => extname(file) === '.lua';
