import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toDigest } from "@leix/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Database, openDatabase } from "./database.ts";
import { type About, type Arrival, createInbox, type Inbox } from "./inbox.ts";

const NOW_MS = 1_800_000_000_000;
const ID = "01a3185c-5000-7d54-8051-dd0338f89b87";

let database: Database;
let inbox: Inbox;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-inbox-"));
  database = openDatabase(join(folder, "store.sqlite"));
  inbox = createInbox(database);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function arrive(payload: string, changes: Partial<Arrival> = {}): Arrival {
  return { kind: "copy", sender: "ABC", id: ID, payload: new TextEncoder().encode(payload), ...changes };
}

const about = {
  iss: "AL-SPOC",
  digest: toDigest("message"),
  thread: ID,
  messageKind: "request",
} as About;

test("what arrives twice is there once", () => {
  expect(inbox.add(arrive("one"), NOW_MS)).toBe(true);
  expect(inbox.add(arrive("one"), NOW_MS + 1)).toBe(false);
  expect(inbox.listUnsettled(0, 10)).toEqual([
    { ...arrive("one"), arrival: 1, arrivedMs: NOW_MS, attempts: 0 },
  ]);
});

test("the same id from another sender, or of another kind, is something else", () => {
  inbox.add(arrive("one"), NOW_MS);
  expect(inbox.add(arrive("one", { sender: "DEF" }), NOW_MS)).toBe(true);
  expect(inbox.add(arrive("one", { kind: "decision" }), NOW_MS)).toBe(true);
  expect(inbox.listUnsettled(0, 10)).toHaveLength(3);
  expect(inbox.listUnsettled(1, 1)).toMatchObject([{ sender: "DEF" }]);
});

test("nothing replaces a copy that was accepted, nor one that nobody has judged", () => {
  inbox.add(arrive("one"), NOW_MS);
  expect(inbox.add(arrive("two"), NOW_MS)).toBe(false);
  inbox.settle(1, { status: "accepted", about });
  expect(inbox.add(arrive("two"), NOW_MS)).toBe(false);
  expect(inbox.list()).toMatchObject([{ status: "accepted", payload: arrive("one").payload }]);
});

test("a better copy replaces one that could not be believed, and is judged and acknowledged anew", () => {
  inbox.add(arrive("bad"), NOW_MS);
  inbox.settle(1, { status: "unverifiable", code: "jws/signature-invalid", detail: "", about });
  inbox.setAcknowledgement(1, ID as never);
  expect(inbox.add(arrive("bad"), NOW_MS)).toBe(false);
  expect(inbox.add(arrive("good"), NOW_MS + 5)).toBe(true);
  expect(inbox.list()).toEqual([]);
  expect(inbox.listUnsettled(0, 10)).toMatchObject([{ payload: arrive("good").payload, attempts: 0 }]);
  inbox.settle(1, { status: "accepted", about });
  expect(inbox.listUnacknowledged(10)).toMatchObject([{ id: ID, acknowledgement: null, code: null }]);
});

test("a copy is judged once", () => {
  inbox.add(arrive("one"), NOW_MS);
  inbox.settle(1, { status: "accepted", about });
  inbox.settle(1, { status: "unverifiable", code: "body/digest", detail: "", about });
  expect(inbox.list()).toMatchObject([{ status: "accepted", code: null }]);
});

test("a copy is acknowledged once", () => {
  inbox.add(arrive("one"), NOW_MS);
  inbox.settle(1, { status: "accepted", about });
  expect(inbox.setAcknowledgement(1, ID as never)).toBe(true);
  expect(inbox.setAcknowledgement(1, ID as never)).toBe(false);
  expect(inbox.listUnacknowledged(10)).toEqual([]);
});

test("neither acknowledgements nor what names no message are acknowledged", () => {
  inbox.add(arrive("one"), NOW_MS);
  inbox.add(arrive("two", { sender: "DEF" }), NOW_MS);
  inbox.settle(1, { status: "accepted", about: { ...about, messageKind: "acknowledgement" } });
  inbox.settle(2, { status: "unverifiable", code: "input/not-json", detail: "" });
  expect(inbox.listUnacknowledged(10)).toEqual([]);
  expect(inbox.list()).toHaveLength(2);
});

test("copies are found by how their id begins or ends", () => {
  inbox.add(arrive("one"), NOW_MS);
  inbox.settle(1, { status: "accepted", about });
  expect(inbox.match("01a3185c")).toHaveLength(1);
  expect(inbox.match("f89b87")).toHaveLength(1);
  expect(inbox.match("5000")).toHaveLength(0);
  expect(inbox.match("*")).toHaveLength(0);
});
