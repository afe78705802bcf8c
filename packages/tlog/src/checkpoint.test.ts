import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Checkpoint, encodeCheckpoint, parseCheckpoint } from "./checkpoint.ts";
import { codeOf, toHex } from "./refusal.testkit.ts";

const ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
/** tlog-checkpoint, the example's text. */
const TEXT = `example.com/behind-the-sofa\n20852163\n${ROOT}\n`;
const root = Uint8Array.from(Buffer.from(ROOT, "base64"));
const VALID: Checkpoint = { origin: "example.com/a", size: 1, root, extensions: [] };
const refuse = (text: string) => expect(codeOf(() => parseCheckpoint(text)));

describe("a checkpoint", () => {
  it("is origin, size and root", () => {
    const { origin, size, root: hash, extensions } = parseCheckpoint(TEXT);
    expect([origin, size, toHex(hash), extensions]).toEqual([
      "example.com/behind-the-sofa",
      20_852_163,
      toHex(root),
      [],
    ]);
    expect(encodeCheckpoint(parseCheckpoint(TEXT))).toBe(TEXT);
  });

  it("may have extension lines, and an origin that is no address", () => {
    const text = `any + origin — at all\n0\n${ROOT}\nTimestamp: 1679315147\n \n`;
    expect(parseCheckpoint(text).extensions).toEqual(["Timestamp: 1679315147", " "]);
    expect(encodeCheckpoint(parseCheckpoint(text))).toBe(text);
  });

  it("is read as it was written", () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a note may have none
    const line = fc.string({ unit: "grapheme", minLength: 1 }).filter((one) => !/[\0-\x1f]/.test(one));
    const checkpoint = fc.record({
      origin: line,
      size: fc.maxSafeNat(),
      root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      extensions: fc.array(line, { maxLength: 4 }),
    });
    fc.assert(
      fc.property(checkpoint, (one) => {
        const back = parseCheckpoint(encodeCheckpoint(one));
        expect({ ...back, root: toHex(back.root) }).toEqual({ ...one, root: toHex(one.root) });
      }),
    );
  });
});

describe("what is no checkpoint is refused", () => {
  it.each([
    "",
    "\n",
    "a\n",
    "a\n1\n",
    `a\n1\n${ROOT}`,
    `\n1\n${ROOT}\n`,
    `a\n\n${ROOT}\n`,
    `a\n1\n\n${ROOT}\n`,
    `a\n01\n${ROOT}\n`,
    `a\n-1\n${ROOT}\n`,
    `a\n+1\n${ROOT}\n`,
    `a\n1.0\n${ROOT}\n`,
    `a\n1 \n${ROOT}\n`,
    `a\n0x1\n${ROOT}\n`,
    `a\n9007199254740992\n${ROOT}\n`,
    `a\n18446744073709551616\n${ROOT}\n`,
    `a\n1\n${ROOT} \n`,
    `a\n1\n${ROOT.slice(0, -1)}\n`,
    `a\n1\n${ROOT.replaceAll("/", "_")}\n`,
    `a\n1\n${ROOT.replace("I=", "J=")}\n`,
    "a\n1\nAAAA\n",
    `a\n1\n${toHex(root)}\n`,
    `a\n1\n${ROOT}\n\n`,
    `a\n1\n${ROOT}\n\nb\n`,
    `a\n1\n${ROOT}\nb`,
    `a\n1\n${ROOT}\nb\n\n`,
    `\r\na\n1\n${ROOT}\n`,
  ])("%j", (text) => {
    refuse(text).toBe("tlog/checkpoint");
  });

  it.each([
    [{ origin: "" }, "tlog/checkpoint"],
    [{ origin: "a\nb" }, "tlog/checkpoint"],
    [{ origin: "a\tb" }, "tlog/note"],
    [{ origin: "\ud800" }, "tlog/note"],
    [{ extensions: [""] }, "tlog/checkpoint"],
    [{ extensions: ["a\n"] }, "tlog/checkpoint"],
    [{ size: -1 }, "tlog/size"],
    [{ size: 2 ** 53 }, "tlog/size"],
    [{ root: new Uint8Array(31) }, "tlog/hash"],
  ])("and not made: %j", (change, code) => {
    expect(codeOf(() => encodeCheckpoint({ ...VALID, ...change }))).toBe(code);
    expect(codeOf(() => encodeCheckpoint(VALID))).toBe("not refused");
  });
});
