// The only file that knows the SQLite driver (libsql, better-sqlite3's API). Owns the exclusive lock of the data folder
// and the fate of a damaged file.
//
// Two properties of the driver shape it. A connection lives on until the last of its statements is garbage collected,
// and then deletes the write-ahead log by name: so opening and checking use `exec` alone, which leaves no statement
// behind, and closing leaves WAL mode first. And a single object as parameter means named parameters (a Buffer there
// aborts the process): so parameters always travel in an array.
import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import Libsql from "libsql";
import { SteelyardError } from "../../model/errors.js";
import { SCHEMA_SQL, SCHEMA_VERSION } from "./schema.js";

export const DATABASE_FILE = "steelyard.db";
const PAGE_BYTES = 4_096;

export type SqlValue = string | number | Uint8Array;

export interface Query {
  all(parameters: readonly SqlValue[]): readonly Readonly<Record<string, unknown>>[];
  get(parameters: readonly SqlValue[]): Readonly<Record<string, unknown>> | undefined;
  run(parameters: readonly SqlValue[]): void;
}

export interface DatabaseOptions {
  readonly dataDir: string;
  readonly durability: "normal" | "full";
  readonly maxFileBytes: number;
  /** Names the file that is moved aside. */
  readonly wallMs: number;
}

/** The code of a driver or system error, "" when it has none. */
function errorCode(error: unknown): string {
  const code: unknown = typeof error === "object" && error !== null && "code" in error ? error.code : "";
  return typeof code === "string" ? code : "";
}

/** What the caller of a read or commit is told: nothing of it was applied. */
export function storeError(error: unknown): SteelyardError {
  const message = error instanceof Error ? error.message : String(error);
  return errorCode(error) === "SQLITE_FULL"
    ? new SteelyardError("ERR_STORE_FULL", `no space left for the data file: ${message}`, { cause: error })
    : new SteelyardError("ERR_STORE_UNAVAILABLE", `the data file refuses: ${message}`, { cause: error });
}

function isDamage(error: unknown): boolean {
  const code = errorCode(error);
  return code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB";
}

export class Database {
  readonly #driver: Libsql.Database;

  private constructor(driver: Libsql.Database) {
    this.#driver = driver;
  }

  /**
   * Opens and locks the data folder. A damaged file is renamed, never deleted; `movedTo` is then its new path.
   * @throws SteelyardError ERR_STORE_LOCKED, ERR_STORE_FULL, ERR_STORE_UNAVAILABLE
   */
  static open(options: DatabaseOptions): { readonly database: Database; readonly movedTo: string | undefined } {
    const path = join(options.dataDir, DATABASE_FILE);
    try {
      mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
      try {
        return { database: Database.#openChecked(path, options), movedTo: undefined };
      } catch (error) {
        if (!isDamage(error)) throw error;
        const movedTo = moveAside(path, options.wallMs);
        return { database: Database.#openChecked(path, options), movedTo };
      }
    } catch (error) {
      throw openError(error, options.dataDir);
    }
  }

  static #openChecked(path: string, options: DatabaseOptions): Database {
    const driver = new Libsql(path);
    try {
      driver.exec("PRAGMA locking_mode = EXCLUSIVE");
      driver.exec("PRAGMA journal_mode = WAL");
      driver.exec(`PRAGMA synchronous = ${options.durability === "full" ? "FULL" : "NORMAL"}`);
      driver.exec(`PRAGMA max_page_count = ${Math.max(16, Math.floor(options.maxFileBytes / PAGE_BYTES))}`);
      driver.exec("PRAGMA journal_size_limit = 16777216");
      driver.exec("BEGIN IMMEDIATE"); // the first write takes the lock, and keeps it
      assertSound(driver);
      driver.exec(SCHEMA_SQL);
      assertVersion(driver);
      driver.exec("COMMIT");
      return new Database(driver);
    } catch (error) {
      driver.close();
      throw error;
    }
  }

  prepare(sql: string): Query {
    const statement = this.#driver.prepare<SqlValue[][]>(sql);
    return {
      all: (parameters) => statement.all([...parameters]) as Readonly<Record<string, unknown>>[],
      get: (parameters) => statement.get([...parameters]) as Readonly<Record<string, unknown>> | undefined,
      run: (parameters) => void statement.run([...parameters]),
    };
  }

  /** Runs `work` in one transaction; all of it is durable once this returns, none of it when it throws. */
  transaction<T>(work: () => T): T {
    this.#driver.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#driver.exec("COMMIT");
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after SQLITE_FULL and I/O errors; asking again would hide the cause.
      if (this.#driver.inTransaction) this.#driver.exec("ROLLBACK");
      throw error;
    }
  }

  /** Writes the log back into the file and gives up the lock. */
  close(): void {
    try {
      this.#driver.exec("PRAGMA journal_mode = DELETE");
      this.#driver.exec("PRAGMA locking_mode = NORMAL");
      this.#driver.exec("SELECT 1 FROM meta"); // the lock goes with the next access
    } finally {
      this.#driver.close();
    }
  }
}

/** `quick_check` reports damage as rows; here it becomes the error that damage found in reading is. */
function assertSound(driver: Libsql.Database): void {
  try {
    driver.exec(failUnless("(SELECT quick_check FROM pragma_quick_check(1)) = 'ok'"));
  } catch (error) {
    if (errorCode(error) !== "SQLITE_ERROR") throw error;
    throw Object.assign(new Error("quick_check found damage", { cause: error }), { code: "SQLITE_CORRUPT" });
  }
}

function assertVersion(driver: Libsql.Database): void {
  try {
    driver.exec(failUnless(`(SELECT value FROM meta WHERE key = 'schema_version') = ${SCHEMA_VERSION}`));
  } catch (error) {
    throw new SteelyardError("ERR_STORE_UNAVAILABLE", "the data folder was written by another version of Steelyard", {
      cause: error,
    });
  }
}

/** `exec` returns no rows, so a condition is read from whether parsing bad JSON is reached. */
function failUnless(condition: string): string {
  return `SELECT CASE WHEN ${condition} THEN 1 ELSE json('no') END`;
}

function moveAside(path: string, wallMs: number): string {
  const target = `${path}.damaged-${Math.round(wallMs)}`;
  for (const suffix of ["-wal", "-shm", ""]) {
    try {
      renameSync(path + suffix, target + suffix);
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
    }
  }
  return target;
}

function openError(error: unknown, dataDir: string): SteelyardError {
  if (error instanceof SteelyardError) return error;
  const code = errorCode(error);
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return new SteelyardError("ERR_STORE_LOCKED", `another server uses the data folder ${dataDir}`, { cause: error });
  }
  const failure = storeError(error);
  return new SteelyardError(failure.code, `cannot open the data folder ${dataDir}: ${failure.message}`, {
    cause: error,
  });
}
