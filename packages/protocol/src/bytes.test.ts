import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf } from "../vectors/codes.ts";
import {
  decodeBase64url,
  decodeUtf8,
  encodeBase64url,
  encodeUtf8,
  isBase64url,
  toBase64urlPattern,
  toDecodedBytes,
  toDigest,
  toEncodedCharacters,
  viewBase64url,
} from "./bytes.ts";

describe("base64url", () => {
  it("decodes what it encodes, and counts both ways", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = encodeBase64url(bytes);
        expect(decodeBase64url(text)).toEqual(bytes);
        expect(viewBase64url(text)).toEqual(bytes);
        expect(toDecodedBytes(text)).toBe(bytes.byteLength);
        expect(toEncodedCharacters(bytes.byteLength)).toBe(text.length);
        expect(toBase64urlPattern(bytes.byteLength).test(text)).toBe(true);
        expect(toBase64urlPattern(bytes.byteLength + 1).test(text)).toBe(false);
      }),
    );
  });

  it("takes a text exactly where encoding its bytes gives it back", () => {
    const character = fc.constantFrom(..."ABQgwEM8_-+/= é");
    fc.assert(
      fc.property(fc.array(character, { maxLength: 9 }), (characters) => {
        const text = characters.join("");
        const isCanonical = Buffer.from(text, "base64url").toString("base64url") === text;
        expect(isBase64url(text)).toBe(isCanonical);
        expect(decodeBase64url(text) !== null).toBe(isCanonical);
        expect(viewBase64url(text) !== null).toBe(isCanonical);
      }),
    );
  });

  it.each(["A", "AAAAA", "AB", "AAB", "AA==", "AA=", "A A", "AA\n", "AA+A", "AA/A", "ÀÀ"])(
    "gives null for %j",
    (text) => {
      expect(decodeBase64url(text)).toBeNull();
      expect(viewBase64url(text)).toBeNull();
    },
  );

  it.each([65_535, 65_536, 65_537])("is seen without a copy as decoded, of %i bytes too", (length) => {
    const text = encodeBase64url(new Uint8Array(length).fill(7));
    expect(viewBase64url(text)).toEqual(decodeBase64url(text));
  });

  it("has patterns that refuse stray bits in the last character", () => {
    expect(toBase64urlPattern(32).test(`${"A".repeat(42)}A`)).toBe(true);
    expect(toBase64urlPattern(32).test(`${"A".repeat(42)}B`)).toBe(false);
    expect(toBase64urlPattern(16).test(`${"A".repeat(21)}w`)).toBe(true);
    expect(toBase64urlPattern(16).test(`${"A".repeat(21)}E`)).toBe(false);
    expect(toBase64urlPattern(12).test("_".repeat(16))).toBe(true);
  });
});

describe("UTF-8", () => {
  it("keeps every well-formed text, a byte-order mark included", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(decodeUtf8(encodeUtf8(`\ufeff${text}`))).toBe(`\ufeff${text}`);
      }),
    );
  });

  it.each([
    ["a stray continuation byte", [0x80]],
    ["an overlong form", [0xc0, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["a cut sequence", [0xe2, 0x82]],
  ])("refuses %s", (_, bytes) => {
    expect(codeOf(() => decodeUtf8(Uint8Array.from(bytes)))).toBe("input/not-json");
  });
});

describe("toDigest", () => {
  it("is SHA-256 (FIPS 180-4, its examples), of bytes or of a text's UTF-8", () => {
    expect(toDigest("")).toBe("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
    expect(toDigest("abc")).toBe("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    expect(toDigest(encodeUtf8("é"))).toBe(toDigest("é"));
  });
});
