import { globSync, readFileSync } from "node:fs";
import { encodeCanonical, encodeUtf8, LedgerRecord, limits, parseRecord, toDigest } from "@leix/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeLeafEntry, parseLeafEntry, toLeafEntry, toRecordDigest } from "./leaf-entry.ts";
import { codeOf } from "./log-key.testkit.ts";
import { createRecord } from "./records.testkit.ts";

const VECTORS = new URL("../../protocol/vectors/valid/", import.meta.url);

const refusal = (work: () => unknown) => codeOf(Promise.resolve().then(work));
const kinds = LedgerRecord.options.map(({ shape }) => shape.kind.value);

/** The canonical bytes of a record of a kind, its tokens given. */
function toRecord(kind: string, decision = "a.b.c~d~", input = "a.b.c"): string {
  const own = kind === "message" || kind === "statement" ? `,"${kind}":"${input}"` : "";
  return `{"decision":"${decision}","kind":"${kind}"${own},"v":1}`;
}

describe("the entry of a record", () => {
  it("has its kind and digest, in canonical bytes, and comes back", () => {
    for (const kind of kinds) {
      const record = encodeUtf8(toRecord(kind));
      const entry = toLeafEntry(record);
      expect(entry).toEqual({ v: 1, kind, digest: toDigest(record) });
      const bytes = encodeLeafEntry(entry);
      expect(Buffer.from(bytes).toString()).toBe(encodeCanonical(entry));
      expect(parseLeafEntry(bytes)).toEqual(entry);
    }
    expect(kinds).toHaveLength(4);
  });

  it("is there for what parses as a record", () => {
    const vectors = globSync("record-*.json", { cwd: VECTORS }).map((name) => {
      const { input } = JSON.parse(readFileSync(new URL(name, VECTORS), "utf8"));
      return encodeUtf8(input.text);
    });
    expect(vectors).toHaveLength(kinds.length);
    for (const record of [createRecord(3), ...vectors]) {
      expect(toLeafEntry(record).kind).toBe(parseRecord(record).kind);
    }
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
    expect(await refusal(() => toLeafEntry(encodeUtf8(text)))).toBe("record/malformed");
  });

  it("is refused for what is larger than any record", async () => {
    const fitting = toRecord("event", "a".repeat(limits.RECORD_BYTES_MAX - toRecord("event", "").length));
    expect(toLeafEntry(encodeUtf8(fitting)).kind).toBe("event");
    expect(await refusal(() => toLeafEntry(encodeUtf8(fitting.replace("a", "aa"))))).toBe("record/malformed");
  });

  it.each([
    "",
    "null",
    "[]",
    "{",
    '{"digest":"x","kind":"event","v":1}',
    `{"digest":"${toDigest("")}","kind":"event","v":2}`,
    `{"digest":"${toDigest("")}","kind":"note","v":1}`,
    `{"digest":"${toDigest("")}","kind":"event"}`,
    `{"digest":"${toDigest("")}","kind":"event","v":1,"w":1}`,
    `{"kind":"event","digest":"${toDigest("")}","v":1}`,
    `{"digest":"${toDigest("")}","kind":"event","v":1} `,
  ])("is none: %j", async (text) => {
    expect(await refusal(() => parseLeafEntry(encodeUtf8(text)))).toBe("ledger/entry-malformed");
  });
});

it("the digest is the protocol's", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(toRecordDigest(bytes)).toBe(toDigest(bytes));
    }),
  );
});
