import { describe, expect, test } from "vitest";
import { decodeUtf8, encodeUtf8, toDigest } from "./bytes.ts";
import { AgencyId, ExchangeId } from "./ids.ts";
import {
  encodeLeafEntry,
  parseLeafEntry,
  parseWitnessName,
  toLeafEntry,
  toLogOrigin,
  toWitnessName,
} from "./leaf-entry.ts";
import { RECORD_KINDS } from "./record.ts";

describe("a leaf entry", () => {
  test.each(RECORD_KINDS)("of a %s is its kind and the record's digest, and is read back", (kind) => {
    const record = encodeUtf8(`{"kind":"${kind}"}`);
    const bytes = encodeLeafEntry(toLeafEntry(kind, record));
    expect(decodeUtf8(bytes)).toBe(`{"digest":"${toDigest(record)}","kind":"${kind}","v":1}`);
    expect(parseLeafEntry(bytes)).toEqual({ v: 1, kind, digest: toDigest(record) });
  });

  const digest = toDigest(encodeUtf8("x"));
  test.each([
    ["another order", `{"kind":"event","digest":"${digest}","v":1}`],
    ["a member more", `{"digest":"${digest}","kind":"event","more":1,"v":1}`],
    ["another kind", `{"digest":"${digest}","kind":"notice","v":1}`],
    ["another version", `{"digest":"${digest}","kind":"event","v":2}`],
    ["a digest that is none", '{"digest":"x","kind":"event","v":1}'],
    ["no JSON", "leaf"],
  ])("is refused with %s", (_, text) => {
    expect(() => parseLeafEntry(encodeUtf8(text))).toThrow(
      expect.objectContaining({ code: "ledger/entry-malformed" }),
    );
  });
});

test("the log and its witnesses are named after the exchange", () => {
  const aud = ExchangeId.parse("demo.leix.example");
  expect(toLogOrigin(aud)).toBe("demo.leix.example/ledger");
  expect(toWitnessName(aud, AgencyId.parse("AL-SPOC"))).toBe("demo.leix.example/witness/AL-SPOC");
  expect(parseWitnessName(aud, "demo.leix.example/witness/AL-SPOC")).toBe("AL-SPOC");
  const strangers = [
    "other.example/witness/AL-SPOC",
    "demo.leix.example/ledger",
    "demo.leix.example/witness/al",
  ];
  expect(strangers.map((name) => parseWitnessName(aud, name))).toEqual([undefined, undefined, undefined]);
});
