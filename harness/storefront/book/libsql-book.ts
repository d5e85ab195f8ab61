import type Libsql from 'libsql';
import { systemClock } from '../../ground/ambient.ts';
import { loadPackage } from '../../ground/optional-packages.ts';
import {
  CONFLICT,
  DataError,
  type BookCounts,
  type BookedOrder,
  type BookLine,
  type OrderBook,
  type Product,
  type ProductState,
  type Recorded,
  type SetAside,
} from './order-book.ts';
import {
  COUNTED_ONCE,
  countsOf,
  orderOf,
  productOf,
  type OrderRow,
  type ProductRow,
  type TallyRow,
} from './rows.ts';
import { Tallies } from './tallies.ts';

/**
 * A release has a row of its own, so that none is lost that comes before the order's. Tallies are counted anew where a
 * product has none: a file of an earlier version has no such table.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS products (
    name TEXT PRIMARY KEY, stock INTEGER NOT NULL, per_user_limit INTEGER, strategy TEXT NOT NULL,
    state TEXT NOT NULL, since_ms INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS orders (
    product TEXT NOT NULL, token TEXT NOT NULL, buyer TEXT NOT NULL, units INTEGER NOT NULL, entry TEXT NOT NULL,
    stored_ms INTEGER NOT NULL, PRIMARY KEY (product, token)
  );
  CREATE TABLE IF NOT EXISTS releases (
    product TEXT NOT NULL, token TEXT NOT NULL, buyer TEXT NOT NULL, units INTEGER NOT NULL, entry TEXT NOT NULL,
    stored_ms INTEGER NOT NULL, PRIMARY KEY (product, token)
  );
  CREATE TABLE IF NOT EXISTS set_aside (
    product TEXT NOT NULL, entry TEXT NOT NULL, content TEXT NOT NULL, reason TEXT NOT NULL,
    stored_ms INTEGER NOT NULL, PRIMARY KEY (product, entry, content)
  );
  CREATE TABLE IF NOT EXISTS tallies (
    product TEXT PRIMARY KEY, orders INTEGER NOT NULL, units INTEGER NOT NULL, releases INTEGER NOT NULL,
    aside INTEGER NOT NULL
  );
  ${COUNTED_ONCE};`;

/** How long one process waits for another's transaction. */
const BUSY_MS = 10_000;

const ORDER = `SELECT o.product, o.token, o.buyer, o.units, o.stored_ms, r.token IS NOT NULL AS released
  FROM orders o LEFT JOIN releases r ON r.product = o.product AND r.token = o.token`;

/** A file, which several processes may have open. What was recorded survives the loss of power. */
export async function openLibsqlBook(file: string): Promise<OrderBook> {
  const { default: Database } = await loadPackage('libsql', () => import('libsql'));
  const database = new Database(file, { timeout: BUSY_MS });
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(SCHEMA);
  return new LibsqlBook(database, file);
}

class LibsqlBook implements OrderBook {
  readonly description: string;
  readonly #database: Libsql.Database;
  readonly #statements = new Map<string, Libsql.Statement>();

  constructor(database: Libsql.Database, file: string) {
    this.#database = database;
    this.description = file;
  }

  async addProduct(product: Product): Promise<{ product: Product; added: boolean }> {
    const { name, stock, perUserLimit, strategy, state, sinceMs } = product;
    const { changes } = this.#sql(
      'INSERT INTO products VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    ).run(name, stock, perUserLimit ?? null, strategy, state, sinceMs);
    return { product: (await this.findProduct(name))!, added: changes > 0 };
  }

  async findProduct(name: string): Promise<Product | undefined> {
    const row = this.#sql('SELECT * FROM products WHERE name = ?').get(name);
    return row === undefined ? undefined : productOf(row as ProductRow);
  }

  async products(): Promise<Product[]> {
    return (this.#sql('SELECT * FROM products ORDER BY rowid').all() as ProductRow[]).map(productOf);
  }

  async moveProduct(
    name: string,
    from: ProductState,
    { state, sinceMs }: Pick<Product, 'state' | 'sinceMs'>,
  ): Promise<boolean> {
    const move = this.#sql('UPDATE products SET state = ?, since_ms = ? WHERE name = ? AND state = ?');
    return move.run(state, sinceMs, name, from).changes > 0;
  }

  async setStock(name: string, stock: number): Promise<void> {
    this.#sql('UPDATE products SET stock = ? WHERE name = ?').run(stock, name);
  }

  async record(lines: readonly BookLine[], aside: readonly SetAside[]): Promise<Recorded> {
    const tallies = new Tallies();
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const now = systemClock.epochMs();
      for (const line of lines) {
        const { product, quantity } = line;
        const table = quantity > 0 ? 'orders' : 'releases';
        const wrote = this.#write(table, line, now);
        if (wrote === 'written') tallies.wrote(product, table, { count: 1, units: Math.abs(quantity) });
        else if (wrote === 'contradicts') tallies.setAside(product, this.#setAside(contradicting(line), now));
      }
      for (const one of aside) tallies.setAside(one.product, this.#setAside(one, now));
      for (const [product, counts] of tallies.added) this.#count(product, counts);
      this.#database.exec('COMMIT');
      return tallies.recorded;
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw asDataError(error);
    }
  }

  #count(product: string, { orders, units, releases, setAside }: BookCounts): void {
    this.#sql(
      `INSERT INTO tallies VALUES (?, ?, ?, ?, ?) ON CONFLICT (product) DO UPDATE SET
        orders = orders + excluded.orders, units = units + excluded.units,
        releases = releases + excluded.releases, aside = aside + excluded.aside`,
    ).run(product, orders, units, releases, setAside);
  }

  #write(
    table: 'orders' | 'releases',
    { product, token, user, quantity, entry }: BookLine,
    now: number,
  ): 'written' | 'there' | 'contradicts' {
    const insert = this.#sql(`INSERT INTO ${table} VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`);
    const units = Math.abs(quantity);
    if (insert.run(product, token, user, units, entry, now).changes > 0) return 'written';
    const there = this.#sql(`SELECT buyer, units FROM ${table} WHERE product = ? AND token = ?`).get(
      product,
      token,
    ) as { buyer: string; units: number };
    return there.buyer === user && there.units === units ? 'there' : 'contradicts';
  }

  #setAside({ product, entry, content, reason }: SetAside, now: number): number {
    const insert = this.#sql('INSERT INTO set_aside VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING');
    return insert.run(product, entry, content, reason, now).changes;
  }

  async find(product: string, token: string): Promise<BookedOrder | undefined> {
    const row = this.#sql(`${ORDER} WHERE o.product = ? AND o.token = ?`).get(product, token);
    return row === undefined ? undefined : orderOf(row as OrderRow);
  }

  async latest(most: number): Promise<BookedOrder[]> {
    return (this.#sql(`${ORDER} ORDER BY o.rowid DESC LIMIT ?`).all(most) as OrderRow[]).map(orderOf);
  }

  async page(product: string, after: string, most: number): Promise<BookedOrder[]> {
    const rows = this.#sql(`${ORDER} WHERE o.product = ? AND o.token > ? ORDER BY o.token LIMIT ?`);
    return (rows.all(product, after, most) as OrderRow[]).map(orderOf);
  }

  async counts(product: string): Promise<BookCounts> {
    return countsOf(
      this.#sql('SELECT * FROM tallies WHERE product = ?').get(product) as TallyRow | undefined,
    );
  }

  async setAside(most: number): Promise<SetAside[]> {
    const rows = this.#sql(
      'SELECT product, entry, content, reason FROM set_aside ORDER BY rowid DESC LIMIT ?',
    );
    return rows.all(most) as SetAside[];
  }

  async ping(): Promise<void> {
    this.#sql('SELECT 1').get();
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  #sql(text: string): Libsql.Statement {
    let statement = this.#statements.get(text);
    if (statement === undefined) this.#statements.set(text, (statement = this.#database.prepare(text)));
    return statement;
  }
}

const contradicting = ({ product, entry, ...line }: BookLine): SetAside => ({
  product,
  entry,
  content: JSON.stringify(line),
  reason: CONFLICT,
});

/** What SQLite refuses for what it is. */
const asDataError = (error: unknown): unknown =>
  error instanceof Error &&
  /SQLITE_(MISMATCH|CONSTRAINT|TOOBIG)/.test((error as { code?: string }).code ?? '')
    ? new DataError(error.message, { cause: error })
    : error;
