import { join } from 'node:path';
import { rmSync } from 'node:fs';
import type Libsql from 'libsql';
import type { Outside, OutsideRow } from '../../strategies/contract.ts';
import { OutsideError, RowExistsError } from '../../strategies/errors.ts';
import { loadPackage, requirePackages } from '../ground/optional-packages.ts';
import { folderOfRun, type FolderOfRun } from '../ground/temporary.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS stored (
    place INTEGER PRIMARY KEY, store TEXT NOT NULL, id TEXT NOT NULL, row TEXT NOT NULL, UNIQUE (store, id)
  );
  CREATE TABLE IF NOT EXISTS sent (place INTEGER PRIMARY KEY, store TEXT NOT NULL, message TEXT NOT NULL);`;

/** How long one process waits for another's write. */
const BUSY_MS = 10_000;

/**
 * The stores beside Redis of a large sale (`env.outside`): tables of one SQLite file, which each process of the sale opens
 * for itself, as it would the database of a shop. Nothing fails there on purpose.
 */
export class OutsideTables {
  readonly #file: string;
  readonly #statements = new Map<string, Libsql.Statement>();
  #opening: Promise<Libsql.Database> | undefined;

  /** @param file made when the first call comes, if there is any */
  constructor(file: string) {
    this.#file = file;
  }

  /** @throws EnvironmentError if what reads and writes the file is not installed */
  named(store: string): Outside {
    requirePackages(['libsql'], 'env.outside');
    const ask = <T>(call: string, run: (statement: Statement) => T): Promise<T> =>
      this.#ask(store, call, run);
    return {
      insert: async (id, row = {}) => {
        const text = JSON.stringify(row);
        const { changes } = await ask('insert', (sql) => sql(INSERT).run(store, id, text));
        if (changes === 0) throw new RowExistsError(store, id);
      },
      find: async (id) => {
        const found = await ask('find', (sql) => sql(FIND).get(store, id) as { row: string } | undefined);
        return found && parsed(found.row);
      },
      remove: async (id) => void (await ask('remove', (sql) => sql(REMOVE).run(store, id))),
      rows: async () => {
        const rows = await ask('rows', (sql) => sql(ROWS).all(store) as { id: string; row: string }[]);
        return rows.map(({ id, row }) => ({ id, row: parsed(row) }));
      },
      append: async (message) => {
        const text = JSON.stringify(message);
        await ask('append', (sql) => sql(APPEND).run(store, text));
      },
      messages: async () => {
        const sent = await ask('messages', (sql) => sql(MESSAGES).all(store) as { message: string }[]);
        return sent.map(({ message }) => parsed(message));
      },
      run: () => ask('run', () => undefined),
    };
  }

  /** What this process has open. */
  async close(): Promise<void> {
    const database = await this.#opening?.catch(() => undefined);
    this.#opening = undefined;
    this.#statements.clear();
    database?.close();
  }

  async #ask<T>(store: string, call: string, run: (statement: Statement) => T): Promise<T> {
    try {
      const database = await (this.#opening ??= opened(this.#file));
      return run((sql) => this.#prepared(database, sql));
    } catch (cause) {
      throw new OutsideError(store, call, { cause });
    }
  }

  #prepared(database: Libsql.Database, sql: string): Libsql.Statement {
    const known = this.#statements.get(sql) ?? database.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }
}

type Statement = (sql: string) => Libsql.Statement;

const INSERT = 'INSERT INTO stored (store, id, row) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
const FIND = 'SELECT row FROM stored WHERE store = ? AND id = ?';
const REMOVE = 'DELETE FROM stored WHERE store = ? AND id = ?';
const ROWS = 'SELECT id, row FROM stored WHERE store = ? ORDER BY place';
const APPEND = 'INSERT INTO sent (store, message) VALUES (?, ?)';
const MESSAGES = 'SELECT message FROM sent WHERE store = ? ORDER BY place';

const parsed = (text: string): OutsideRow => JSON.parse(text) as OutsideRow;

async function opened(file: string): Promise<Libsql.Database> {
  const { default: Database } = await loadPackage('libsql', () => import('libsql'), 'env.outside');
  const database = new Database(file, { timeout: BUSY_MS });
  database.pragma('journal_mode = WAL');
  // It need not outlive the run.
  database.pragma('synchronous = OFF');
  database.exec(SCHEMA);
  return database;
}

/** Where the files lie, as long as this process lives. */
let folder: FolderOfRun | undefined;
let files = 0;

/** Those of one sale, for the process that has it sold; others open the file for themselves. */
export interface TablesOfSale extends AsyncDisposable {
  /** Both are absent where there is no folder for them, which most sales do not need. */
  file?: string;
  tables?: OutsideTables;
}

/** None of a file is made before it is needed, and it is gone with the sale. */
export function tablesOfSale(): TablesOfSale {
  const file = newFile();
  if (file === undefined) return { [Symbol.asyncDispose]: async () => {} };
  const tables = new OutsideTables(file);
  const dispose = async (): Promise<void> => {
    await tables.close();
    for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
  };
  return { file, tables, [Symbol.asyncDispose]: dispose };
}

function newFile(): string | undefined {
  try {
    folder ??= folderOfRun('oversell-outside-');
    return join(folder.path, `${files++}.db`);
  } catch {
    return undefined;
  }
}
