import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf, errorOf } from "../vectors/codes.ts";
import { encodeUtf8 } from "./bytes.ts";
import { encodeCanonical, encodeCanonicalBytes, encodeCanonicalOnce, parseCanonical } from "./canonical.ts";
import { JSON_DEPTH_MAX } from "./limits.ts";

const BYTES_MAX = 1_000;

function parse(text: string): unknown {
  return parseCanonical(encodeUtf8(text), BYTES_MAX);
}

/** RFC 8785 appendix B: IEEE 754 bits and the one spelling of that number. */
const NUMBERS = [
  ["0000000000000000", "0"],
  ["0000000000000001", "5e-324"],
  ["8000000000000001", "-5e-324"],
  ["7fefffffffffffff", "1.7976931348623157e+308"],
  ["ffefffffffffffff", "-1.7976931348623157e+308"],
  ["4340000000000000", "9007199254740992"],
  ["c340000000000000", "-9007199254740992"],
  ["4430000000000000", "295147905179352830000"],
  ["44b52d02c7e14af5", "9.999999999999997e+22"],
  ["44b52d02c7e14af6", "1e+23"],
  ["44b52d02c7e14af7", "1.0000000000000001e+23"],
  ["444b1ae4d6e2ef4e", "999999999999999700000"],
  ["444b1ae4d6e2ef4f", "999999999999999900000"],
  ["444b1ae4d6e2ef50", "1e+21"],
  ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
  ["3eb0c6f7a0b5ed8d", "0.000001"],
  ["41b3de4355555553", "333333333.3333332"],
  ["41b3de4355555554", "333333333.33333325"],
  ["41b3de4355555555", "333333333.3333333"],
  ["41b3de4355555556", "333333333.3333334"],
  ["41b3de4355555557", "333333333.33333343"],
  ["becbf647612f3696", "-0.0000033333333333333333"],
  ["43143ff3c1cb0959", "1424953923781206.2"],
] as const;

describe("the canonical form of RFC 8785", () => {
  it("is that of the RFC's example (section 3.2.3)", () => {
    const value = JSON.parse(
      `{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],` +
        String.raw`"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
    );
    expect(encodeCanonical(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it("sorts members by UTF-16 code units (section 3.2.3)", () => {
    const names = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\ud83d\ude00", "\ufb33"];
    const shuffled = [names[4], names[0], names[6], names[1], names[5], names[2], names[3]];
    const object = Object.fromEntries(shuffled.map((name) => [name, 0]));
    expect(Object.keys(parse(encodeCanonical(object)) as object).toSorted()).toEqual(names.toSorted());
    expect(encodeCanonical(object)).toBe(`{${names.map((name) => `${JSON.stringify(name)}:0`).join(",")}}`);
  });

  it.each(NUMBERS)("spells the double %s as %s", (bits, text) => {
    const value = Buffer.from(bits, "hex").readDoubleBE();
    expect(encodeCanonical(value)).toBe(text);
    expect(parse(text)).toBe(value);
  });

  it("has no text for what is not JSON", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, "\ud800", undefined]) {
      expect(() => encodeCanonical(value)).toThrow();
    }
  });

  it("ignores what a value would say of itself, and members that are undefined", () => {
    expect(encodeCanonical({ b: undefined, a: 1, toJSON: 2 })).toBe('{"a":1,"toJSON":2}');
  });
});

describe("a value that is written down once", () => {
  it("has its canonical text, the first time and again", () => {
    fc.assert(
      fc.property(fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue())), (value) => {
        fc.pre(codeOf(() => encodeCanonical(value)) === "not refused");
        freezeWhole(value);
        const text = encodeCanonical(value);
        expect([encodeCanonicalOnce(value), encodeCanonicalOnce(value)]).toEqual([text, text]);
      }),
    );
  });

  it("is written anew where it, or anything in it, can change", () => {
    const inner = { list: [1] };
    const values = [inner, Object.freeze({ inner })];
    for (const value of values) encodeCanonicalOnce(value);
    inner.list.push(2);
    expect(values.map(encodeCanonicalOnce)).toEqual(values.map(encodeCanonical));
  });
});

function freezeWhole(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const member of Object.values(Object.freeze(value))) freezeWhole(member);
}

describe("parseCanonical", () => {
  it("takes every JSON value in its canonical spelling, and gives it back", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4, stringUnit: "grapheme" }), (value) => {
        const bytes = encodeCanonicalBytes(value);
        expect(encodeCanonicalBytes(parseCanonical(bytes, bytes.byteLength))).toEqual(bytes);
      }),
    );
  });

  it.each([
    ["white space", '{"a": 1}'],
    ["a line feed at the end", '{"a":1}\n'],
    ["unsorted members", '{"b":1,"a":1}'],
    ["a duplicate member", '{"a":1,"a":1}'],
    ["a duplicate member with another value", '{"a":1,"a":2}'],
    ["a duplicate member under an escape", String.raw`{"a":1,"\u0061":2}`],
    ["an escape that is not needed", String.raw`{"a":"\u0062"}`],
    ["an escaped solidus", String.raw`{"a":"\/"}`],
    ["an escape in upper case", String.raw`{"a":"\u001F"}`],
    ["a long escape where a short one exists", String.raw`{"a":"\u000a"}`],
    ["a lone surrogate", String.raw`{"a":"\ud800"}`],
    ["a lone surrogate in a name", String.raw`{"\udc00":1}`],
    ["a fraction of nothing", '{"a":1.0}'],
    ["an exponent in upper case", '{"a":1E30}'],
    ["an exponent without its sign", '{"a":1e30}'],
    ["minus zero", '{"a":-0}'],
    ["an integer that no double holds", '{"a":9007199254740993}'],
    ["more digits than a double has", '{"a":0.10000000000000001}'],
    ["a number too large for a double", '{"a":1e999}'],
  ])("refuses %s", (_, text) => {
    expect(codeOf(() => parse(text))).toBe("input/not-canonical");
  });

  it.each([
    ["nothing", ""],
    ["a byte-order mark", '\ufeff{"a":1}'],
    ["two values", '{"a":1}{"a":1}'],
    ["a trailing comma", '{"a":1,}'],
    ["single quotes", "{'a':1}"],
    ["a comment", '{"a":1}//'],
    ["NaN", '{"a":NaN}'],
    ["a leading zero", '{"a":01}'],
    ["a bare control character", '{"a":"\u0001"}'],
    ["an unclosed string", '{"a":"'],
    ["more closing than opening", "]".repeat(50)],
  ])("refuses %s", (_, text) => {
    expect(codeOf(() => parse(text))).toBe("input/not-json");
  });

  it("refuses more bytes than it is told to take, before anything else", () => {
    const text = `"${"x".repeat(BYTES_MAX - 2)}"`;
    expect(parse(text)).toHaveLength(BYTES_MAX - 2);
    expect(codeOf(() => parse(`${text} `))).toBe("input/too-large");
  });

  it("reads each member once, however deep its place and whatever its order", () => {
    let reads = 0;
    let value: object = {};
    for (let depth = 0; depth < JSON_DEPTH_MAX; depth++) {
      const inner = value;
      const deeper = {
        get z() {
          reads++;
          return inner;
        },
        a: depth,
      };
      Object.defineProperty(deeper, "z", { enumerable: true });
      value = deeper;
    }
    encodeCanonical(value);
    // To put it in order, and to write it.
    expect(reads).toBeLessThanOrEqual(4 * JSON_DEPTH_MAX);
  });

  it("refuses nesting past the limit, before anything recursive sees it", () => {
    const nest = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    expect(parse(nest(JSON_DEPTH_MAX))).toBeInstanceOf(Array);
    expect(codeOf(() => parse(nest(JSON_DEPTH_MAX + 1)))).toBe("input/too-deep");
    expect(codeOf(() => parse('{"a":'.repeat(JSON_DEPTH_MAX + 1)))).toBe("input/too-deep");
    expect(codeOf(() => parseCanonical(encodeUtf8("[".repeat(1_000_000)), 1_000_000))).toBe("input/too-deep");
  });

  it("counts no brackets inside strings", () => {
    const text = JSON.stringify(`${"[{".repeat(30)}"\\`);
    expect(parse(text)).toBe(JSON.parse(text));
  });

  it("keeps a member named __proto__ a member", () => {
    expect(Object.getOwnPropertyNames(parse('{"__proto__":1}'))).toEqual(["__proto__"]);
  });

  it("keeps nothing of the text it failed on: it may be a decrypted body", () => {
    const error = errorOf(() => parse('{"a":"MARKER-7f3a" x}'));
    expect(error.code).toBe("input/not-json");
    expect(error.cause).toBeUndefined();
    expect(`${error.message}${error.stack}`).not.toContain("MARKER");
  });
});
