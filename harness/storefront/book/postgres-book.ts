import type { Sql } from 'postgres';
import { systemClock } from '../../ground/ambient.ts';
import { EnvironmentError, UsageError } from '../../ground/errors.ts';
import { keepSecret, withoutSecrets } from '../../ground/secrets.ts';
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

/** As in libsql; texts are compared by their bytes there, too, and rows have no number of their own. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS products (
    name text COLLATE "C" PRIMARY KEY, stock bigint NOT NULL, per_user_limit bigint, strategy text NOT NULL,
    state text NOT NULL, since_ms bigint NOT NULL, seq bigint GENERATED ALWAYS AS IDENTITY
  );
  CREATE TABLE IF NOT EXISTS orders (
    product text COLLATE "C" NOT NULL, token text COLLATE "C" NOT NULL, buyer text NOT NULL, units bigint NOT NULL,
    entry text NOT NULL, stored_ms bigint NOT NULL, seq bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (product, token)
  );
  CREATE INDEX IF NOT EXISTS orders_seq ON orders (seq);
  CREATE TABLE IF NOT EXISTS releases (
    product text COLLATE "C" NOT NULL, token text COLLATE "C" NOT NULL, buyer text NOT NULL, units bigint NOT NULL,
    entry text NOT NULL, stored_ms bigint NOT NULL, PRIMARY KEY (product, token)
  );
  CREATE TABLE IF NOT EXISTS set_aside (
    product text COLLATE "C" NOT NULL, entry text NOT NULL, content text NOT NULL, reason text NOT NULL,
    stored_ms bigint NOT NULL, seq bigint GENERATED ALWAYS AS IDENTITY
  );
  CREATE UNIQUE INDEX IF NOT EXISTS set_aside_once ON set_aside (product, entry, md5(content));
  CREATE TABLE IF NOT EXISTS tallies (
    product text COLLATE "C" PRIMARY KEY, orders bigint NOT NULL, units bigint NOT NULL, releases bigint NOT NULL,
    aside bigint NOT NULL
  );
  ${COUNTED_ONCE} ON CONFLICT DO NOTHING;`;

/** How long statements under way may take when it is closed. */
const PATIENCE_S = 5;
const NOW_S = 0;
/** Any number: whoever holds it creates the tables, and nobody else at the same time. */
const SCHEMA_LOCK = 7_355_608;

/** @throws UsageError if the URL cannot be read; EnvironmentError if the database does not answer */
export async function openPostgresBook(url: string): Promise<OrderBook> {
  const { host, pathname } = addressOf(url);
  const { default: postgres } = await loadPackage('postgres', () => import('postgres'));
  const sql = postgres(url, {
    max: 4,
    connect_timeout: 10,
    onnotice: () => undefined,
    // Each number here is a whole one below 2^53.
    types: { whole: { to: 20, from: [20], serialize: String, parse: Number } },
  });
  try {
    await sql.begin(async (tx) => {
      await tx`SELECT pg_advisory_xact_lock(${SCHEMA_LOCK})`;
      await tx.unsafe(SCHEMA);
    });
  } catch (error) {
    await sql.end({ timeout: NOW_S });
    throw new EnvironmentError(
      'DATABASE_UNUSABLE',
      `--database: ${withoutSecrets((error as Error).message)}`,
      'check that PostgreSQL runs there and accepts this login, or leave --database out',
      { cause: error },
    );
  }
  return new PostgresBook(sql, `PostgreSQL at ${host}${pathname}`);
}

/** Its login is a secret from now on. */
function addressOf(text: string): URL {
  if (!URL.canParse(text)) {
    throw new UsageError(
      'BAD_DATABASE_URL',
      '--database: it is not a URL',
      'give postgres://user:password@host/database',
    );
  }
  const url = new URL(text);
  keepSecret(url.password, decodeURIComponent(url.password));
  return url;
}

/** A transaction that records, and what it adds to the counts. */
interface Writing {
  tx: Pick<Sql, 'unsafe'>;
  tallies: Tallies;
}

class PostgresBook implements OrderBook {
  readonly description: string;
  readonly #sql: Sql<{ whole: number }>;

  constructor(sql: Sql<{ whole: number }>, description: string) {
    this.#sql = sql;
    this.description = description;
  }

  async addProduct(product: Product): Promise<{ product: Product; added: boolean }> {
    const { name, stock, perUserLimit = null, strategy, state, sinceMs } = product;
    const { count } = await this.#sql`
      INSERT INTO products (name, stock, per_user_limit, strategy, state, since_ms)
      VALUES (${name}, ${stock}, ${perUserLimit}, ${strategy}, ${state}, ${sinceMs}) ON CONFLICT DO NOTHING`;
    return { product: (await this.findProduct(name))!, added: count > 0 };
  }

  async findProduct(name: string): Promise<Product | undefined> {
    const [row] = await this.#sql<ProductRow[]>`SELECT * FROM products WHERE name = ${name}`;
    return row && productOf(row);
  }

  async products(): Promise<Product[]> {
    return (await this.#sql<ProductRow[]>`SELECT * FROM products ORDER BY seq`).map(productOf);
  }

  async moveProduct(
    name: string,
    from: ProductState,
    { state, sinceMs }: Pick<Product, 'state' | 'sinceMs'>,
  ): Promise<boolean> {
    const { count } = await this.#sql`
      UPDATE products SET state = ${state}, since_ms = ${sinceMs} WHERE name = ${name} AND state = ${from}`;
    return count > 0;
  }

  async setStock(name: string, stock: number): Promise<void> {
    await this.#sql`UPDATE products SET stock = ${stock} WHERE name = ${name}`;
  }

  async record(lines: readonly BookLine[], aside: readonly SetAside[]): Promise<Recorded> {
    // In one order everywhere, so that no two transactions wait for each other.
    const sorted = lines.toSorted((a, b) => compare(a.product, b.product) || compare(a.token, b.token));
    try {
      return await this.#sql.begin(async (tx) => {
        const writing: Writing = { tx, tallies: new Tallies() };
        const sold = sorted.filter(({ quantity }) => quantity > 0);
        const released = sorted.filter(({ quantity }) => quantity < 0);
        const contradicting = [
          ...(await this.#write(writing, 'orders', sold)),
          ...(await this.#write(writing, 'releases', released)),
        ];
        for (const one of [...contradicting, ...aside]) await this.#setAside(writing, one);
        // Last, so that a transaction that waits for another's rows keeps nobody from counting.
        await this.#count(writing);
        return writing.tallies.recorded;
      });
    } catch (error) {
      throw asDataError(error);
    }
  }

  /** @returns lines that contradict what is there */
  async #write(
    { tx, tallies }: Writing,
    table: 'orders' | 'releases',
    lines: readonly BookLine[],
  ): Promise<SetAside[]> {
    if (lines.length === 0) return [];
    const columns = [
      lines.map(({ product }) => product),
      lines.map(({ token }) => token),
      lines.map(({ user }) => user),
      lines.map(({ quantity }) => String(Math.abs(quantity))),
      lines.map(({ entry }) => entry),
    ];
    const given = `unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[])
      WITH ORDINALITY AS given (product, token, buyer, units, entry, n)`;
    const written = await tx.unsafe<{ product: string; count: number; units: number }[]>(
      `WITH written AS (
         INSERT INTO ${table} (product, token, buyer, units, entry, stored_ms)
         SELECT product, token, buyer, units, entry, $6::bigint FROM ${given} ON CONFLICT DO NOTHING
         RETURNING product, units
       ) SELECT product, count(*), sum(units)::bigint AS units FROM written GROUP BY product`,
      [...columns, String(systemClock.epochMs())],
    );
    for (const { product, ...sums } of written) tallies.wrote(product, table, sums);
    const wrong = await tx.unsafe<{ n: number }[]>(
      `SELECT given.n FROM ${given} JOIN ${table} AS there USING (product, token)
       WHERE there.buyer <> given.buyer OR there.units <> given.units`,
      columns,
    );
    return wrong.map(({ n }): SetAside => {
      const { product, entry, ...line } = lines[n - 1]!;
      return { product, entry, content: JSON.stringify(line), reason: CONFLICT };
    });
  }

  async #setAside({ tx, tallies }: Writing, { product, entry, content, reason }: SetAside): Promise<void> {
    const { count } = await tx.unsafe(
      `INSERT INTO set_aside (product, entry, content, reason, stored_ms) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT DO NOTHING`,
      [product, entry, content, reason, String(systemClock.epochMs())],
    );
    tallies.setAside(product, count);
  }

  async #count({ tx, tallies }: Writing): Promise<void> {
    for (const [product, { orders, units, releases, setAside }] of tallies.added) {
      await tx.unsafe(
        `INSERT INTO tallies AS there VALUES ($1, $2, $3, $4, $5) ON CONFLICT (product) DO UPDATE SET
          orders = there.orders + excluded.orders, units = there.units + excluded.units,
          releases = there.releases + excluded.releases, aside = there.aside + excluded.aside`,
        [product, ...[orders, units, releases, setAside].map(String)],
      );
    }
  }

  async find(product: string, token: string): Promise<BookedOrder | undefined> {
    const [row] = await this.#sql<OrderRow[]>`
      ${this.#orders()} WHERE o.product = ${product} AND o.token = ${token}`;
    return row && orderOf(row);
  }

  async latest(most: number): Promise<BookedOrder[]> {
    return (await this.#sql<OrderRow[]>`${this.#orders()} ORDER BY o.seq DESC LIMIT ${most}`).map(orderOf);
  }

  async page(product: string, after: string, most: number): Promise<BookedOrder[]> {
    const rows = await this.#sql<OrderRow[]>`
      ${this.#orders()} WHERE o.product = ${product} AND o.token > ${after} ORDER BY o.token LIMIT ${most}`;
    return rows.map(orderOf);
  }

  #orders(): ReturnType<Sql<{ whole: number }>> {
    return this.#sql`
      SELECT o.product, o.token, o.buyer, o.units, o.stored_ms, r.token IS NOT NULL AS released
      FROM orders o LEFT JOIN releases r ON r.product = o.product AND r.token = o.token`;
  }

  async counts(product: string): Promise<BookCounts> {
    const [row] = await this.#sql<TallyRow[]>`SELECT * FROM tallies WHERE product = ${product}`;
    return countsOf(row);
  }

  async setAside(most: number): Promise<SetAside[]> {
    const rows = await this.#sql<SetAside[]>`
      SELECT product, entry, content, reason FROM set_aside ORDER BY seq DESC LIMIT ${most}`;
    return rows.map((row) => ({ ...row }));
  }

  async ping(): Promise<void> {
    await this.#sql`SELECT 1`;
  }

  async close(): Promise<void> {
    await this.#sql.end({ timeout: PATIENCE_S });
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Classes 22 and 23: what the data is, and what the tables demand of it. */
const asDataError = (error: unknown): unknown =>
  error instanceof Error && /^2[23]/.test((error as { code?: string }).code ?? '')
    ? new DataError(error.message, { cause: error })
    : error;
