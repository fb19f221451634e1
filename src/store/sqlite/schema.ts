// Tables of the data file. `log` names which keys changed when, without values: a watcher that resumes needs only the
// newest value of each key, and that one is in `kv`.

export const SCHEMA_VERSION = 1;

export const SCHEMA_SQL = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kv (k TEXT PRIMARY KEY, v BLOB NOT NULL, rev INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS log (rev INTEGER NOT NULL, k TEXT NOT NULL, op TEXT NOT NULL, PRIMARY KEY (rev, k)) WITHOUT ROWID;
INSERT OR IGNORE INTO meta VALUES ('schema_version', ${SCHEMA_VERSION}), ('revision', 0), ('compacted', 0), ('probe', 0);
`;

/** Upper bound of a range over keys that start with a prefix: sorts behind all printable ASCII. */
export const AFTER_ASCII = "\u007f";

export const SQL = {
  meta: "SELECT key, value FROM meta",
  setMeta: "UPDATE meta SET value = ? WHERE key = ?",
  scan: "SELECT k, v, rev FROM kv WHERE k >= ? AND k < ? ORDER BY k",
  get: "SELECT k, v, rev FROM kv WHERE k = ?",
  put: "INSERT INTO kv VALUES (?, ?, ?) ON CONFLICT (k) DO UPDATE SET v = excluded.v, rev = excluded.rev",
  remove: "DELETE FROM kv WHERE k = ?",
  log: "INSERT INTO log VALUES (?, ?, ?)",
  trim: "DELETE FROM log WHERE rev <= ?",
  // With max(), SQLite takes the other columns from the row of the maximum.
  changesSince: `SELECT log.k AS k, max(log.rev) AS rev, log.op AS op, kv.v AS v FROM log LEFT JOIN kv ON kv.k = log.k
    WHERE log.rev > ? AND log.k >= ? AND log.k < ? GROUP BY log.k ORDER BY 2, 1`,
} as const;
