/**
 * What of ioredis is used at run time. It is CommonJS: an `import` first reads all of its files for the names that they
 * export, which costs every run some 40 ms of processor time, as much again as loading them. Either way leads to the one
 * copy that Node keeps, so the classes are the same for whoever imports it.
 */
import { createRequire } from 'node:module';
import type * as library from 'ioredis';

const loaded = createRequire(import.meta.url)('ioredis') as typeof library;

export const { Command, Redis } = loaded;
export type Command = library.Command;
export type Redis = library.Redis;
