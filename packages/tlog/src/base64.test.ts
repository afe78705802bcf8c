import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBase64, decodeHash, encodeBase64 } from "./base64.ts";

describe("base64", () => {
  it("is that of the platform, with padding", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const text = encodeBase64(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("base64"));
        expect([...(decodeBase64(text) ?? [-1])]).toEqual([...bytes]);
      }),
    );
  });

  it.each([
    "A",
    "AA",
    "AAA",
    "A===",
    "====",
    "=AAA",
    "AA=A",
    "AB==",
    "AAB=",
    "AA==\n",
    "AA-_",
    "AA ==",
    "AAAAA",
    "é===",
  ])("has one spelling, not %j", (text) => {
    expect(decodeBase64(text)).toBeNull();
  });

  it("of a hash is of 32 bytes", () => {
    expect(decodeHash("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")).toHaveLength(32);
    for (const length of [0, 31, 33, 64]) expect(decodeHash(encodeBase64(new Uint8Array(length)))).toBeNull();
  });
});
