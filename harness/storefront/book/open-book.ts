import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openLibsqlBook } from './libsql-book.ts';
import type { OrderBook } from './order-book.ts';
import { openPostgresBook } from './postgres-book.ts';

/**
 * @param database a file, or postgres://…
 * @throws EnvironmentError if the package is missing or the database cannot be opened; UsageError if a URL is wrong
 */
export async function openOrderBook(database: string): Promise<OrderBook> {
  if (/^postgres(ql)?:/i.test(database)) return openPostgresBook(database);
  await mkdir(dirname(database), { recursive: true });
  return openLibsqlBook(database);
}
