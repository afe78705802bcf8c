import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toDigest } from "@leix/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDatabase } from "./store/database.ts";
import { createInbox } from "./store/inbox.ts";
import { openStore, type Store } from "./store.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-store-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ID = "01a3185c-5000-7d54-8051-dd0338f89b87";
const arrival = { kind: "copy", sender: "ABC", id: ID, payload: new Uint8Array([1]) };

test("the file and its side files are their owner's alone", async () => {
  const file = join(folder, "modes.sqlite");
  using store = openStore(file);
  store.inbox.add(arrival, 1);
  const modes = await Promise.all(
    ["", "-wal", "-shm"].map(async (end) => (await stat(file + end)).mode & 0o777),
  );
  expect(modes).toEqual([0o600, 0o600, 0o600]);
});

test("every commit waits for the disk", () => {
  const database = openDatabase(join(folder, "pragmas.sqlite"));
  const read = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  expect([read("journal_mode"), read("synchronous")]).toEqual(["wal", 2]);
  database.close();
});

test("a transaction that fails leaves nothing", () => {
  using store = openStore(join(folder, "failing.sqlite"));
  const fail = () =>
    store.transaction(() => {
      store.inbox.add(arrival, 1);
      throw new Error("in the middle");
    });
  expect(fail).toThrow("in the middle");
  expect(store.inbox.listUnsettled(0, 1)).toEqual([]);
  expect(store.transaction(() => store.inbox.add(arrival, 1))).toBe(true);
});

test("another process sees what was written, and that something was", () => {
  const file = join(folder, "shared.sqlite");
  using one = openStore(file);
  using other = openStore(file);
  const before = other.readForeignVersion();
  one.rules.add(3, new Uint8Array([3]));
  expect(other.readForeignVersion()).not.toBe(before);
  expect(other.rules.list(0)).toEqual([{ index: 3, record: new Uint8Array([3]) }]);
});

test("a membership record never changes", () => {
  using store = openStore(join(folder, "rules.sqlite"));
  store.rules.add(3, new Uint8Array([3]));
  store.rules.add(3, new Uint8Array([3]));
  expect(() => store.rules.add(3, new Uint8Array([4]))).toThrow(
    expect.objectContaining({ code: "ledger/rolled-back" }),
  );
});

test("a file of the first version is taken over with all that is in it", () => {
  const file = join(folder, "first.sqlite");
  const database = openDatabase(file);
  createInbox(database).add(arrival, 1);
  database.exec(`
    DROP INDEX outbox_waited; DROP TABLE chain_resumed; DROP TABLE chain_missing;
    DROP TABLE witnessed; DROP TABLE relied; DROP TABLE notices; DROP INDEX inbox_retention;
    ALTER TABLE outbox DROP COLUMN replaced_by; ALTER TABLE outbox DROP COLUMN delete_by;
    ALTER TABLE inbox DROP COLUMN delete_by; ALTER TABLE inbox DROP COLUMN erased;
    PRAGMA user_version = 1;`);
  database.close();
  using store = openStore(file);
  expect(store.inbox.listUnsettled(0, 10)).toMatchObject([arrival]);
  expect([store.notices.list(), store.inbox.listExpired(1, 10)]).toEqual([[], []]);
  expect(store.witnessed.get("x")).toBeUndefined();
});

test("a file of a newer version, or that is no store, is refused with a code", async () => {
  const newer = join(folder, "newer.sqlite");
  const database = openDatabase(newer);
  database.exec("PRAGMA user_version = 99");
  database.close();
  const text = join(folder, "text.sqlite");
  await writeFile(text, "no database at all, but long enough to be taken for one".repeat(20));
  for (const file of [newer, text, join(folder, "nowhere", "x.sqlite")]) {
    expect(() => openStore(file)).toThrow(expect.objectContaining({ code: "client/store-unusable" }));
  }
});

/**
 * Whatever the outbox is asked, an undecided message is due until the exchange has it, and again after a
 * while.
 */
test("what is due to be sent", () => {
  using store: Store = openStore(join(folder, "due.sqlite"));
  const message = {
    id: ID,
    seq: 1,
    digest: toDigest("a"),
    rawDigest: toDigest("b"),
    thread: ID,
    kind: "request",
    token: "t",
    envelope: new Uint8Array([7]),
    deleteBy: 90,
  } as Parameters<Store["outbox"]["append"]>[0];
  store.outbox.append(message, 1);
  expect(store.outbox.listDue(0)).toEqual([ID]);
  store.outbox.markReceived(message.id, 1_000);
  expect(store.outbox.get(ID)?.status).toBe("received");
  expect([store.outbox.listDue(1_000), store.outbox.listDue(1_001)]).toEqual([[], [ID]]);
  store.outbox.settle(message.id, { status: "permitted", decision: "d~" });
  store.outbox.markReceived(message.id, 2_000);
  expect(store.outbox.get(ID)).toMatchObject({ status: "permitted", decision: "d~" });
  expect(store.outbox.listDue(Number.MAX_SAFE_INTEGER)).toEqual([]);
  // Until everyone has acknowledged it, it may have to be sent once more.
  expect(store.waited.get(message.id)).toEqual({ id: ID, decision: "d~" });
  const isDue = (...times: Parameters<typeof store.waited.listDue>) =>
    store.waited.listDue(...times).length > 0;
  expect([isDue(1_999, 2_000, 500), isDue(2_000, 2_000, 500)]).toEqual([false, true]);
  expect([isDue(0, 3_998, 500), isDue(0, 3_999, 500), isDue(0, 3_999, 2_000)]).toEqual([false, true, false]);
  store.waited.releaseOver(1, 89_999);
  expect(store.outbox.getEnvelope(message.id)).toEqual(new Uint8Array([7]));
  store.waited.releaseOver(1, 90_000);
  expect([store.waited.get(message.id), store.outbox.getEnvelope(message.id)]).toEqual([
    undefined,
    undefined,
  ]);
});
