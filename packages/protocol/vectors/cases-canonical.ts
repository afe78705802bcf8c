import { toDigest } from "../src/index.ts";
import type { Case } from "./run.ts";

const BYTES_MAX = 1_000;
const backslash = "\\";

const INVALID: readonly (readonly [string, string, string, string])[] = [
  ["white-space", "White space between tokens is refused.", '{"a": 1}', "input/not-canonical"],
  ["line-feed-at-end", "A line feed after the value is refused.", '{"a":1}\n', "input/not-canonical"],
  ["unsorted", "Members in another order are refused.", '{"b":1,"a":1}', "input/not-canonical"],
  ["duplicate-member", "A member given twice is refused.", '{"a":1,"a":1}', "input/not-canonical"],
  [
    "duplicate-member-escaped",
    "A member given twice, once under an escape, is refused.",
    `{"a":1,"${backslash}u0061":1}`,
    "input/not-canonical",
  ],
  [
    "needless-escape",
    "An escape where the character itself belongs is refused.",
    `{"a":"${backslash}u00e9"}`,
    "input/not-canonical",
  ],
  [
    "lone-surrogate",
    "A lone surrogate has no UTF-8 and no canonical form.",
    `{"a":"${backslash}ud800"}`,
    "input/not-canonical",
  ],
  ["number-with-fraction-zero", "1.0 is spelled 1.", '{"a":1.0}', "input/not-canonical"],
  ["number-with-large-exponent", "1E30 is spelled 1e+30.", '{"a":1E30}', "input/not-canonical"],
  ["minus-zero", "Minus zero is spelled 0.", '{"a":-0}', "input/not-canonical"],
  [
    "integer-past-double",
    "An integer that no double holds would change its value.",
    '{"a":9007199254740993}',
    "input/not-canonical",
  ],
  [
    "number-past-double",
    "A number past the largest double has no value.",
    '{"a":1e999}',
    "input/not-canonical",
  ],
  ["byte-order-mark", "A byte-order mark is not JSON.", '\ufeff{"a":1}', "input/not-json"],
  ["two-values", "Two values are not one.", '{"a":1}{"a":1}', "input/not-json"],
  ["nothing", "No bytes are no JSON.", "", "input/not-json"],
  ["deep", "Nesting of 17 levels is refused.", "[".repeat(17) + "]".repeat(17), "input/too-deep"],
  [
    "large",
    "More bytes than the limit in force are refused.",
    `"${"x".repeat(BYTES_MAX)}"`,
    "input/too-large",
  ],
];

export function listCanonicalCases(): Case[] {
  const sorted = '{"\\r":1,"1":2,"\u0080":3,"\u00f6":4,"\u20ac":5,"\ud83d\ude00":6,"\ufb33":7}';
  const numbers =
    "[0,-1,1e+21,999999999999999900000,0.000001,9.999999999999997e-7,5e-324,1.7976931348623157e+308]";
  const escaped = `"${backslash}u000f${backslash}n${backslash}"${backslash.repeat(2)}/\u20ac"`;
  const valid: readonly (readonly [string, string, string])[] = [
    ["sorted-by-utf16", "Members are sorted by UTF-16 code units (RFC 8785 section 3.2.3).", sorted],
    ["numbers", "Numbers are spelled as ECMAScript spells them (RFC 8785 appendix B).", numbers],
    ["escapes", "Only what must be escaped is, in its shortest form.", escaped],
    ["deep", "Nesting of 16 levels is taken.", "[".repeat(16) + "]".repeat(16)],
  ];
  const notUtf8 = { base64url: Buffer.from([0x22, 0xff, 0x22]).toString("base64url"), bytesMax: BYTES_MAX };
  return [
    ...valid.map(([name, proves, text]) => ({
      name: `valid/canonical-${name}`,
      what: "canonical",
      proves,
      input: { text, bytesMax: BYTES_MAX },
      expect: { digest: toDigest(text) },
    })),
    ...INVALID.map(([name, proves, text, code]) => ({
      name: `invalid/canonical-${name}`,
      what: "canonical",
      proves,
      input: { text, bytesMax: BYTES_MAX },
      code,
    })),
    {
      name: "invalid/canonical-not-utf-8",
      what: "canonical",
      proves: "Bytes that are not UTF-8 are not JSON.",
      input: notUtf8,
      code: "input/not-json",
    },
  ];
}
