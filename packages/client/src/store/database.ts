import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { LeixError } from "@leix/protocol";

export type Database = DatabaseSync;

const SCHEMA_VERSION = 1;
/**
 * The service and a person's command line share the file: whoever comes second waits this long for its turn.
 */
const BUSY_TIMEOUT_MS = 10_000;

const SCHEMA = `
CREATE TABLE outbox (
  id          TEXT PRIMARY KEY,
  seq         INTEGER NOT NULL UNIQUE,
  digest      TEXT NOT NULL,
  raw_digest  TEXT NOT NULL UNIQUE,
  thread      TEXT NOT NULL,
  kind        TEXT NOT NULL,
  token       TEXT NOT NULL,
  envelope    BLOB,
  status      TEXT NOT NULL,
  stored_ms   INTEGER NOT NULL,
  received_ms INTEGER,
  decision    TEXT,
  code        TEXT,
  detail      TEXT
) STRICT;
CREATE INDEX outbox_thread ON outbox (thread);
CREATE INDEX outbox_undecided ON outbox (seq) WHERE status IN ('stored', 'received');

CREATE TABLE inbox (
  arrival         INTEGER PRIMARY KEY,
  kind            TEXT NOT NULL,
  sender          TEXT NOT NULL,
  id              TEXT NOT NULL,
  payload         BLOB NOT NULL,
  arrived_ms      INTEGER NOT NULL,
  attempts        INTEGER NOT NULL DEFAULT 0,
  status          TEXT,
  code            TEXT,
  detail          TEXT,
  iss             TEXT,
  digest          TEXT,
  thread          TEXT,
  message_kind    TEXT,
  acknowledgement TEXT,
  UNIQUE (kind, sender, id)
) STRICT;
CREATE INDEX inbox_thread ON inbox (thread);
CREATE INDEX inbox_message ON inbox (id);
CREATE INDEX inbox_unsettled ON inbox (arrival) WHERE status IS NULL;
CREATE INDEX inbox_unacknowledged ON inbox (arrival)
  WHERE acknowledgement IS NULL AND message_kind <> 'acknowledgement';

CREATE TABLE rules (
  idx    INTEGER PRIMARY KEY,
  record BLOB NOT NULL
) STRICT;

CREATE TABLE sightings (
  idx    INTEGER PRIMARY KEY,
  digest TEXT NOT NULL,
  prev   TEXT,
  at     INTEGER NOT NULL
) STRICT;
`;

/**
 * Opens the file, and makes it where there is none. What is committed is on disk (WAL, synchronous FULL).
 * Throws `client/store-unusable` where it cannot be opened or was written by another version.
 */
export function openDatabase(file: string): Database {
  let database: Database | undefined;
  try {
    // Before SQLite makes it, for its mode; SQLite gives its side files the same one.
    closeSync(openSync(file, "a", 0o600));
    database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;");
    prepareSchema(database);
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof LeixError) throw cause;
    throw new LeixError("client/store-unusable", file, { cause });
  }
}

function prepareSchema(database: Database): void {
  inTransaction(database, () => {
    const version = database.prepare("PRAGMA user_version").get()?.user_version;
    if (version === SCHEMA_VERSION) return;
    if (version !== 0) throw new LeixError("client/store-unusable", `of version ${version}`);
    database.exec(SCHEMA);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

/** All of the work or nothing; durable on return. The lock is taken at once, so what was read stays true. */
export function inTransaction<T>(database: Database, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
