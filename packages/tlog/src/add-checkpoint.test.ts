import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  encodeAddCheckpoint,
  encodeCosignatures,
  encodeTreeSize,
  parseAddCheckpoint,
  parseCosignatures,
  parseTreeSize,
} from "./add-checkpoint.ts";
import { toBytes } from "./note.testkit.ts";
import { encodeNote, parseNote } from "./note.ts";
import { codeOf } from "./refusal.testkit.ts";

/** tlog-witness, the example request and response. */
const toLine = (name: string, encoded: string) => `— ${name} ${encoded}\n`;
const CHECKPOINT = [
  "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n",
  toLine(
    "example.com/behind-the-sofa",
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=",
  ),
  toLine(
    "example.com/behind-the-sofa",
    "opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=",
  ),
].join("");
const HASHES = `PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=
`;
const REQUEST = `old 20852014\n${HASHES}\n${CHECKPOINT}`;
const COSIGNED_1 =
  "CMp+6LWBU0anHGH5aNDTJkH/gj79sG+T6+iP2ThYN5krrDJbR1HDnucjL39QsZTSvVjyQLrdk3DXDqI5G2HgLatVs0pWh6Up69HVOw==";
const COSIGNED_2 =
  "I7rEps0pvK2UqkS2gSpVUDhrhVtQV9lgF6pRrWAvjJHjyWpW7VcE3SiOlVlbQNt64vWhO+DlkL0+UfzuOBMh9ChdMkP1vi/lCAsmlw==";
const COSIGNED_3 =
  "AWui8Sk55XjYLOijihBjhqEH6nS1ndDymE0a+6idX7pLcnoB+dhnz0854aLZgrrKbYKA7nC3HNJhm/kWl7oJlqU3rXXvpysAdyP3wQ==";
const RESPONSE =
  toLine("witness.example/w1", COSIGNED_1) +
  toLine("witness.example/w1", COSIGNED_2) +
  toLine("witness.example/w2", COSIGNED_3);
const parse = (text: string) => parseAddCheckpoint(toBytes(text));
const toText = (bytes: Uint8Array) => Buffer.from(bytes).toString();

describe("an add-checkpoint request", () => {
  it("is the specification's example", () => {
    const { oldSize, hashes, note } = parse(REQUEST);
    expect(oldSize).toBe(20_852_014);
    expect(hashes.map((hash) => Buffer.from(hash).toString("base64"))).toEqual(HASHES.trim().split("\n"));
    expect(toText(encodeNote(note))).toBe(CHECKPOINT);
    expect(toText(encodeAddCheckpoint({ oldSize, hashes, note }))).toBe(REQUEST);
  });

  it("may have no hashes, and up to 63", () => {
    expect(parse(`old 0\n\n${CHECKPOINT}`).hashes).toEqual([]);
    const line = HASHES.slice(0, 45);
    expect(parse(`old 1\n${line.repeat(63)}\n${CHECKPOINT}`).hashes).toHaveLength(63);
    for (const count of [64, 65, 1_000]) {
      expect(codeOf(() => parse(`old 1\n${line.repeat(count)}\n${CHECKPOINT}`))).toBe("tlog/add-checkpoint");
    }
  });

  it("is read as it was written", () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const note = parseNote(toBytes(CHECKPOINT));
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.array(hash, { maxLength: 63 }), (oldSize, hashes) => {
        const back = parseAddCheckpoint(encodeAddCheckpoint({ oldSize, hashes, note }));
        expect(back.oldSize).toBe(oldSize);
        expect(back.hashes.map((one) => [...one])).toEqual(hashes.map((one) => [...one]));
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ["nothing", "", "tlog/add-checkpoint"],
    ["a checkpoint alone", CHECKPOINT, "tlog/add-checkpoint"],
    ["no empty line", "old 1\n", "tlog/add-checkpoint"],
    ["no size", `old \n\n${CHECKPOINT}`, "tlog/add-checkpoint"],
    ["a size with a zero before it", `old 01\n\n${CHECKPOINT}`, "tlog/add-checkpoint"],
    ["a size below 0", `old -1\n\n${CHECKPOINT}`, "tlog/add-checkpoint"],
    ["a size too large", `old 9007199254740992\n\n${CHECKPOINT}`, "tlog/add-checkpoint"],
    ["two spaces", `old  1\n\n${CHECKPOINT}`, "tlog/add-checkpoint"],
    ["another word", `size 1\n\n${CHECKPOINT}`, "tlog/add-checkpoint"],
    ["an empty line first", `\nold 1\n\n${CHECKPOINT}`, "tlog/add-checkpoint"],
    ["a proof line that is short", `old 1\nAAAA\n\n${CHECKPOINT}`, "tlog/add-checkpoint"],
    [
      "a proof line that is no base64",
      `old 1\n${HASHES.replace("=", "")}\n${CHECKPOINT}`,
      "tlog/add-checkpoint",
    ],
    [
      "a proof line with a space",
      `old 1\n${HASHES.replace("=", "= ")}\n${CHECKPOINT}`,
      "tlog/add-checkpoint",
    ],
    ["no checkpoint", "old 1\n\n", "tlog/note"],
    ["a checkpoint without signatures", `old 1\n\n${CHECKPOINT.split("—")[0]}`, "tlog/note"],
    ["a checkpoint cut off", REQUEST.slice(0, -1), "tlog/note"],
    ["control characters", `old 1\r\n\r\n${CHECKPOINT}`, "tlog/note"],
    ["too many bytes", `old 1\n\n${"a".repeat(1_004_097)}`, "tlog/note"],
  ])("is refused: %s", (_, text, code) => {
    expect(codeOf(() => parse(text))).toBe(code);
  });

  it("is not made of what is none", () => {
    const good = parse(REQUEST);
    const hashes = Array(64).fill(good.hashes[0]);
    expect(codeOf(() => encodeAddCheckpoint({ ...good, oldSize: -1 }))).toBe("tlog/size");
    expect(codeOf(() => encodeAddCheckpoint({ ...good, hashes }))).toBe("tlog/add-checkpoint");
    expect(codeOf(() => encodeAddCheckpoint({ ...good, hashes: [new Uint8Array(31)] }))).toBe("tlog/hash");
  });
});

describe("its answers", () => {
  it("200 has signature lines", () => {
    const lines = parseCosignatures(toBytes(RESPONSE));
    expect(lines.map(({ name }) => name)).toEqual([
      "witness.example/w1",
      "witness.example/w1",
      "witness.example/w2",
    ]);
    expect(toText(encodeCosignatures(lines))).toBe(RESPONSE);
    for (const text of ["", "\n", RESPONSE.slice(0, -1), `${RESPONSE}\n`, `\n${RESPONSE}`, CHECKPOINT]) {
      expect(codeOf(() => parseCosignatures(toBytes(text)))).toBe("tlog/note");
    }
    expect(codeOf(() => encodeCosignatures([]))).toBe("tlog/note");
  });

  it("409 has a tree size", () => {
    expect(toText(encodeTreeSize(20_852_014))).toBe("20852014\n");
    for (const size of [0, 1, Number.MAX_SAFE_INTEGER])
      expect(parseTreeSize(encodeTreeSize(size))).toBe(size);
    for (const text of ["", "1", "\n", "01\n", "1\n\n", "-1\n", "9007199254740992\n", " 1\n"]) {
      expect(codeOf(() => parseTreeSize(toBytes(text)))).toBe("tlog/add-checkpoint");
    }
    expect(codeOf(() => encodeTreeSize(0.5))).toBe("tlog/size");
  });
});
