import { globSync, readFileSync } from "node:fs";
import {
  encodeCanonicalBytes,
  encodeLeafEntry,
  encodeUtf8,
  limits,
  parseLeafEntry,
  parseRecord,
  RECORD_KINDS,
  toDigest,
  toLeafEntry,
} from "@leix/protocol";
import { hashLeaf } from "@leix/tlog";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf } from "./log-key.testkit.ts";
import { encodeRecordEntry, hashEntry, toRecordDigest, toRecordEntry } from "./record-entry.ts";
import { createRecord } from "./records.testkit.ts";

const VECTORS = new URL("../../protocol/vectors/valid/", import.meta.url);

const refusal = (work: () => unknown) => codeOf(Promise.resolve().then(work));

/** What the protocol says that the entry is. */
const toExpected = (record: Uint8Array) =>
  Buffer.from(encodeLeafEntry(toLeafEntry(parseRecord(record).kind, record)));

/** The canonical bytes of a record of a kind, its tokens given. */
function toRecord(kind: string, decision = "a.b.c~d~", input = "a.b.c"): string {
  const own = kind === "message" || kind === "statement" ? `,"${kind}":"${input}"` : "";
  return `{"decision":"${decision}","kind":"${kind}"${own},"v":1}`;
}

describe("the entry of a record", () => {
  it.each(RECORD_KINDS)("is the protocol's, for every record that parses: %s", (kind) => {
    const vectors = globSync(`record-${kind}*.json`, { cwd: VECTORS }).map((name) => {
      const { input } = JSON.parse(readFileSync(new URL(name, VECTORS), "utf8"));
      return encodeUtf8(input.text);
    });
    expect(vectors.length).toBeGreaterThan(0);
    for (const record of vectors) {
      expect(encodeRecordEntry(record)).toEqual(toExpected(record));
    }
    const text = encodeUtf8(toRecord(kind));
    expect(toRecordEntry(text)).toEqual(toLeafEntry(kind, text));
  });

  it("is the protocol's for the records of these tests", () => {
    const record = createRecord(3);
    expect(encodeRecordEntry(record)).toEqual(toExpected(record));
  });

  it.each([
    "",
    "{}",
    " {}",
    toRecord("note"),
    `${toRecord("event")}\n`,
    `\n${toRecord("event")}`,
    ` ${toRecord("event")}`,
    toRecord("event", "a\\u0062"),
    toRecord("event", "a\nb"),
    toRecord("event", 'a","kind":"event'),
    toRecord("event", "é"),
    toRecord("message", "a", 'b","x":"'),
    toRecord("message", "a", "b").replace("}", ',"w":"","v":1}'),
    toRecord("event").replace("}", ',"w":"","v":1}'),
    toRecord("message", "a", "b").replace(',"message":"b"', ""),
    toRecord("message").replace('"message":"a', '"statement":"a'),
    toRecord("message").replace('"v":1', '"v":2'),
    toRecord("rejection").replace(',"v":1', ""),
    toRecord("rejection").replace("}", ',"x":1}'),
    toRecord("event").repeat(2),
  ])("is refused for %j", async (text) => {
    expect(await refusal(() => toRecordEntry(encodeUtf8(text)))).toBe("record/malformed");
  });

  it("is refused for what is larger than any record", async () => {
    const fitting = toRecord("event", "a".repeat(limits.RECORD_BYTES_MAX - toRecord("event", "").length));
    expect(toRecordEntry(encodeUtf8(fitting)).kind).toBe("event");
    expect(await refusal(() => toRecordEntry(encodeUtf8(fitting.replace("a", "aa"))))).toBe(
      "record/malformed",
    );
  });
});

it("is there for whatever texts a record of base64url, dots and tildes has", () => {
  const text = fc.stringMatching(/^[A-Za-z0-9_.~-]*$/);
  const kinds = fc.constantFrom(...RECORD_KINDS);
  fc.assert(
    fc.property(kinds, text, text, (kind, decision, input) => {
      const own = kind === "message" || kind === "statement" ? { [kind]: input } : {};
      const record = encodeCanonicalBytes({ v: 1, kind, decision, ...own });
      expect(parseLeafEntry(encodeRecordEntry(record))).toEqual(toLeafEntry(kind, record));
    }),
  );
});

it("the digest is the protocol's, and the leaf's hash is tlog's", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(toRecordDigest(bytes)).toBe(toDigest(bytes));
      expect(new Uint8Array(hashEntry(bytes))).toEqual(hashLeaf(bytes));
    }),
  );
});
