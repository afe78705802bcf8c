import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { LeixError } from "@leix/protocol";

export type Database = DatabaseSync;

/**
 * The service and a person's command line share the file: whoever comes second waits this long for its turn.
 */
const BUSY_TIMEOUT_MS = 10_000;
/** Nothing else happens in this process meanwhile. */
const EMPTYING_TIMEOUT_MS = 1_000;

const FIRST_SCHEMA = `
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

/** Notices, and what a text must not outlive: when it is to be deleted, and why it is gone. */
const SECOND_SCHEMA = `
CREATE TABLE notices (
  idx        INTEGER PRIMARY KEY,
  decision   TEXT NOT NULL,
  arrived_ms INTEGER NOT NULL
) STRICT;

ALTER TABLE inbox ADD COLUMN delete_by INTEGER;
ALTER TABLE inbox ADD COLUMN erased TEXT;
CREATE INDEX inbox_retention ON inbox (delete_by) WHERE delete_by IS NOT NULL AND erased IS NULL;
`;

/** The largest tree seen of each log. */
const THIRD_SCHEMA = `
CREATE TABLE witnessed (
  origin    TEXT PRIMARY KEY,
  size      INTEGER NOT NULL,
  root      BLOB NOT NULL,
  note      BLOB NOT NULL,
  at        INTEGER NOT NULL,
  handed_in INTEGER NOT NULL DEFAULT 0
) STRICT;
`;

/** The largest checkpoint relied on of each log. */
const FOURTH_SCHEMA = `
CREATE TABLE relied (
  origin TEXT PRIMARY KEY,
  size   INTEGER NOT NULL,
  root   BLOB NOT NULL,
  note   BLOB NOT NULL,
  at     INTEGER NOT NULL
) STRICT;
`;

/** A message that came back for its key, and was sent again under another: as which one. */
const FIFTH_SCHEMA = `
ALTER TABLE outbox ADD COLUMN replaced_by TEXT;
`;

/** What was let through and not acknowledged by all keeps the bytes that were sent; a chain that goes on. */
const SIXTH_SCHEMA = `
CREATE TABLE chain_resumed (
  one    INTEGER PRIMARY KEY CHECK (one = 1),
  seq    INTEGER NOT NULL,
  digest TEXT NOT NULL,
  at_ms  INTEGER NOT NULL
) STRICT;
CREATE TABLE chain_missing (
  id TEXT PRIMARY KEY
) STRICT;
CREATE INDEX outbox_waited ON outbox (seq)
  WHERE envelope IS NOT NULL AND status IN ('permitted', 'partly-permitted');
`;

/** NumericDate until which what was let through may be sent again. */
const SEVENTH_SCHEMA = `
ALTER TABLE outbox ADD COLUMN delete_by INTEGER;
`;

/** What makes each version of the file from the one before. */
const SCHEMAS = [
  FIRST_SCHEMA,
  SECOND_SCHEMA,
  THIRD_SCHEMA,
  FOURTH_SCHEMA,
  FIFTH_SCHEMA,
  SIXTH_SCHEMA,
  SEVENTH_SCHEMA,
];
export const SCHEMA_VERSION = SCHEMAS.length;

/**
 * Opens the file, and makes it where there is none; one of an older version becomes one of this. What is
 * committed is on disk (WAL, synchronous FULL); what is overwritten is overwritten with zeros. Throws
 * `client/store-unusable` where it cannot be opened or a newer version wrote it.
 */
export function openDatabase(file: string): Database {
  let database: Database | undefined;
  try {
    // Before SQLite makes it, for its mode; SQLite gives its side files the same one.
    closeSync(openSync(file, "a", 0o600));
    database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;`);
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
    const version = Number(database.prepare("PRAGMA user_version").get()?.user_version);
    if (version === SCHEMAS.length) return;
    if (version > SCHEMAS.length) throw new LeixError("client/store-unusable", `of version ${version}`);
    for (const schema of SCHEMAS.slice(version)) database.exec(schema);
    database.exec(`PRAGMA user_version = ${SCHEMAS.length}`);
  });
}

/** Brings everything from the write-ahead log into the file, and cuts the log to nothing. False if busy. */
export function emptyLog(database: Database): boolean {
  database.exec(`PRAGMA busy_timeout = ${EMPTYING_TIMEOUT_MS}`);
  try {
    return database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()?.busy === 0;
  } finally {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  }
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
