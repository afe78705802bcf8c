import { closeSync, openSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { Trust } from "@leix/exchange";
import { Digest, LeixError } from "@leix/protocol";
import { z } from "zod";
import { Hit } from "./hit.ts";

/** Says in the file whose it is: `LEIX` in ASCII. */
const APPLICATION_ID = 0x4c454958;
const VERSION = 2;
const BUSY_TIMEOUT_MS = 10_000;

const SCHEMA = `
CREATE TABLE ledger (
  one            INTEGER PRIMARY KEY CHECK (one = 1),
  aud            TEXT NOT NULL,
  anchor_key     TEXT NOT NULL,
  anchor_account TEXT NOT NULL,
  next           INTEGER NOT NULL,
  prev           TEXT,
  at             INTEGER NOT NULL,
  first          INTEGER NOT NULL
) STRICT;

CREATE TABLE statements (
  idx    INTEGER PRIMARY KEY,
  record BLOB NOT NULL
) STRICT;

CREATE TABLE hits (
  idx     INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  kind    TEXT NOT NULL,
  subkind TEXT,
  outcome TEXT NOT NULL,
  digest  TEXT NOT NULL,
  id      TEXT,
  thread  TEXT,
  case_id TEXT,
  hit     TEXT NOT NULL
) STRICT;
CREATE INDEX hits_at ON hits (at);
CREATE INDEX hits_id ON hits (id) WHERE id IS NOT NULL;
CREATE INDEX hits_thread ON hits (thread) WHERE thread IS NOT NULL;
CREATE INDEX hits_case ON hits (case_id) WHERE case_id IS NOT NULL;

CREATE TABLE agencies (
  agency TEXT NOT NULL,
  idx    INTEGER NOT NULL,
  PRIMARY KEY (agency, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE rules (
  rule TEXT NOT NULL,
  idx  INTEGER NOT NULL,
  PRIMARY KEY (rule, idx)
) STRICT, WITHOUT ROWID;
`;

/** The end of the ledger that an index has taken in. */
const IndexHead = z.object({ next: z.int(), prev: Digest.nullable(), at: z.int() });
export type IndexHead = z.infer<typeof IndexHead>;

/** What a chunk of the ledger adds. */
export interface Indexed {
  readonly hit: Hit;
  /** Of a statement: its record, from which the next run knows who is who. */
  readonly statement?: Uint8Array;
}

export type SqlValue = string | number;

/** All that a search needs, in one SQLite file: made from the ledger, and never the only copy of anything. */
export interface SearchIndex extends Disposable {
  head(): IndexHead;
  /** Of the records before it the index has the statements alone: the rest was erased or put away. */
  first(): number;
  /** The first record that it has that may be erased by now; null where it has none. */
  findErasable(): number | null;
  /** Drops all that is before a place, but for the statements. */
  forgetBefore(first: number): void;
  /** Drops all there is, and begins with the place of `head`, before which there are these statements. */
  beginAt(statements: readonly Indexed[], head: IndexHead): void;
  /** From a place on, in order: `limit` of them at most. */
  listStatements(from: number, limit: number): { readonly idx: number; readonly record: Uint8Array }[];
  /** Takes in what follows `before`, all or nothing. Throws `audit/index-unusable` if another was faster. */
  add(before: IndexHead, added: readonly Indexed[], after: IndexHead): void;
  /** `where` is of our own making; everything a person wrote is a value. */
  select(where: string, values: readonly SqlValue[], limit: number): Hit[];
}

/**
 * Opens an index, and makes it where there is none. Throws `audit/index-unusable` for a file of another kind,
 * version or exchange. `isAnew`: what was there before is dropped, if it was an index.
 */
export function openSearchIndex(file: string, trust: Trust, { isAnew = false } = {}): SearchIndex {
  return guard(file, () => {
    let database = openFile(file);
    try {
      if (isAnew && readPragma(database, "application_id") === APPLICATION_ID) {
        database.close();
        for (const suffix of ["", "-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
        database = openFile(file);
      }
      prepare(database, trust);
      return createIndex(database, file);
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

function openFile(file: string): DatabaseSync {
  closeSync(openSync(file, "a", 0o600));
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  // What is dropped is overwritten: it may have been erased elsewhere.
  database.exec("PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON");
  return database;
}

function prepare(database: DatabaseSync, { aud, anchorKey, anchorAccount }: Trust): void {
  const isEmpty = database.prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.n === 0;
  const isOurs = readPragma(database, "application_id") === APPLICATION_ID;
  if (!isEmpty && !isOurs) throw new LeixError("audit/index-unusable", "the file is something else");
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  inTransaction(database, () => {
    if (readPragma(database, "application_id") === APPLICATION_ID) return;
    database.exec(SCHEMA);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${VERSION}`);
    const insert = database.prepare("INSERT INTO ledger VALUES (1, ?, ?, ?, 0, NULL, 0, 0)");
    insert.run(aud, anchorKey, anchorAccount);
  });
  const version = readPragma(database, "user_version");
  if (version !== VERSION) throw new LeixError("audit/index-unusable", `of version ${version}`);
  const row = database.prepare("SELECT aud, anchor_key, anchor_account FROM ledger").get();
  const isSame = row?.aud === aud && row?.anchor_key === anchorKey && row?.anchor_account === anchorAccount;
  if (!isSame) throw new LeixError("audit/index-unusable", `of another exchange: ${String(row?.aud)}`);
}

function readPragma(database: DatabaseSync, name: "application_id" | "user_version"): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

function createIndex(database: DatabaseSync, file: string): SearchIndex {
  const head = database.prepare("SELECT next, prev, at FROM ledger");
  const first = database.prepare("SELECT first FROM ledger");
  const erasable = database.prepare(
    "SELECT idx FROM hits WHERE kind NOT IN ('statement', 'seal') ORDER BY idx LIMIT 1",
  );
  const statements = database.prepare(
    "SELECT idx, record FROM statements WHERE idx >= ? ORDER BY idx LIMIT ?",
  );
  const insertHit = database.prepare("INSERT INTO hits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const insertStatement = database.prepare("INSERT INTO statements VALUES (?, ?)");
  const insertAgency = database.prepare("INSERT INTO agencies VALUES (?, ?) ON CONFLICT DO NOTHING");
  const insertRule = database.prepare("INSERT INTO rules VALUES (?, ?) ON CONFLICT DO NOTHING");
  const advance = database.prepare("UPDATE ledger SET next = ?, prev = ?, at = ? WHERE next = ?");
  const begin = database.prepare("UPDATE ledger SET next = ?, prev = ?, at = ?, first = ?");
  const insert = ({ hit, statement: record }: Indexed): void => {
    const { index, at, kind, outcome, digest, message, statement, sender, agencies, rules } = hit;
    const subkind = message?.kind ?? statement?.kind ?? null;
    const ids = [message?.id ?? null, message?.thread ?? null, message?.case ?? null];
    insertHit.run(index, at, kind, subkind, outcome, digest, ...ids, JSON.stringify(hit));
    if (record) insertStatement.run(index, record);
    for (const { agency } of agencies) insertAgency.run(agency, index);
    if (sender !== null) insertAgency.run(sender, index);
    // A search for a rule finds its policies too.
    for (const rule of rules) {
      insertRule.run(rule, index);
      insertRule.run(rule.slice(0, 3), index);
    }
  };
  return {
    head: () => guard(file, () => IndexHead.parse(head.get())),
    first: () => guard(file, () => Number(first.get()?.first)),
    findErasable: () =>
      guard(file, () =>
        z
          .int()
          .nullable()
          .parse(erasable.get()?.idx ?? null),
      ),
    forgetBefore: (place) => guard(file, () => inTransaction(database, () => forgetBefore(database, place))),
    beginAt: (added, { next, prev, at }) =>
      guard(file, () =>
        inTransaction(database, () => {
          for (const table of TABLES) database.exec(`DELETE FROM ${table}`);
          for (const one of added) insert(one);
          begin.run(next, prev, at, next);
        }),
      ),
    listStatements: (from, limit) =>
      guard(file, () => z.array(StatementRow).parse(statements.all(from, limit))),
    add: (before, added, after) =>
      guard(file, () =>
        inTransaction(database, () => {
          for (const one of added) insert(one);
          if (advance.run(after.next, after.prev, after.at, before.next).changes === 1) return;
          throw new LeixError("audit/index-unusable", "another process writes it too");
        }),
      ),
    select: (where, values, limit) =>
      guard(file, () => {
        const rows = database
          .prepare(`SELECT hit FROM hits ${where} ORDER BY idx LIMIT ?`)
          .all(...values, limit);
        return rows.map(({ hit }) => Hit.parse(JSON.parse(String(hit))));
      }),
    [Symbol.dispose]: () => database.close(),
  };
}

/** All that has records. */
const TABLES = ["statements", "hits", "agencies", "rules"] as const;

function forgetBefore(database: DatabaseSync, first: number): void {
  for (const table of ["hits", "agencies", "rules"] as const) {
    const rest = `DELETE FROM ${table} WHERE idx < ? AND idx NOT IN (SELECT idx FROM statements)`;
    database.prepare(rest).run(first);
  }
  database.prepare("UPDATE ledger SET first = ?").run(first);
}

const StatementRow = z.object({ idx: z.int(), record: z.instanceof(Uint8Array) });

function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    work();
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** What SQLite throws, as the code that says what to do. */
function guard<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof LeixError) throw cause;
    const why = cause instanceof Error ? `: ${cause.message}` : "";
    const next = isDamaged(cause) ? "; if it was an index, delete the file" : "";
    throw new LeixError("audit/index-unusable", `${file}${why}${next}`, { cause });
  }
}

/** SQLite's result codes: nothing tells any more whose the file is, so that nothing here removes it. */
const [CORRUPT, NOT_A_DATABASE] = [11, 26];

function isDamaged(cause: unknown): boolean {
  const code = cause instanceof Error && "errcode" in cause ? Number(cause.errcode) & 0xff : 0;
  return code === CORRUPT || code === NOT_A_DATABASE;
}
