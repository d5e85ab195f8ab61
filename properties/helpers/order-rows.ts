import type { BookCounts } from '../../harness/storefront/book/order-book.ts';

type Row = Record<string, unknown>;

/** Runs a statement as the database's own tool would, beside the order book. */
export async function query(database: string, text: string): Promise<Row[]> {
  if (database.startsWith('postgres:')) {
    const { default: postgres } = await import('postgres');
    const sql = postgres(database, { max: 1, onnotice: () => undefined });
    const rows = await sql.unsafe<Row[]>(text);
    await sql.end();
    return [...rows];
  }
  const { default: Database } = await import('libsql');
  const file = new Database(database, { timeout: 10_000 });
  try {
    const statement = file.prepare(text);
    if (statement.reader) return statement.all() as Row[];
    statement.run();
    return [];
  } finally {
    file.close();
  }
}

/** What the rows of a product come to, one by one. */
export async function countRows(database: string, product: string): Promise<BookCounts> {
  const rows = (
    await query(
      database,
      `SELECT 'orders' AS kind, product, units FROM orders UNION ALL
       SELECT 'releases', product, units FROM releases UNION ALL SELECT 'aside', product, 0 FROM set_aside`,
    )
  ).filter((row) => row['product'] === product);
  const of = (kind: string): Row[] => rows.filter((row) => row['kind'] === kind);
  const units = (kind: string): number => of(kind).reduce((sum, row) => sum + Number(row['units']), 0);
  return {
    orders: of('orders').length,
    units: units('orders') - units('releases'),
    releases: of('releases').length,
    setAside: of('aside').length,
  };
}
