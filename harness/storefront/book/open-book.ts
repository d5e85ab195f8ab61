import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openLibsqlBook } from './libsql-book.ts';
import type { OrderBook } from './order-book.ts';

/** @param database a file. @throws EnvironmentError if the package is missing or the database cannot be opened */
export async function openOrderBook(database: string): Promise<OrderBook> {
  await mkdir(dirname(database), { recursive: true });
  return openLibsqlBook(database);
}
