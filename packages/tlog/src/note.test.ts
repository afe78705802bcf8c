import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ENOCH, PETER, TEXT, toBytes } from "./note.testkit.ts";
import { encodeNote, isKeyName, type Note, parseNote } from "./note.ts";
import { codeOf } from "./refusal.testkit.ts";

const refuse = (text: string | Uint8Array) =>
  expect(codeOf(() => parseNote(typeof text === "string" ? toBytes(text) : text)));
const WHOLE = `${TEXT}\n${PETER.line}${ENOCH.line}`;
/** signed-note, the first example. */
const QUASIMODO =
  "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n" +
  "— quasimodo.example/salvatore " +
  "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";

describe("a note", () => {
  it("is its text, with the last newline, and its signatures", () => {
    const { text, signatures } = parseNote(toBytes(WHOLE));
    expect(text).toBe(TEXT);
    expect(signatures.map(({ name, keyId, signature }) => [name, keyId, signature.byteLength])).toEqual([
      ["PeterNeumann", 0xc74f20a3, 64],
      ["EnochRoot", 0xaf0cfe78, 64],
    ]);
  });

  it("may have empty lines: the last one ends the text", () => {
    const { text, signatures } = parseNote(toBytes(QUASIMODO));
    expect(text).toBe(QUASIMODO.slice(0, QUASIMODO.indexOf("\n— ")));
    expect(signatures).toHaveLength(1);
    expect(parseNote(toBytes(`\n\n\n${PETER.line}`)).text).toBe("\n\n");
    expect(parseNote(toBytes(`a\n\n${PETER.line}\n${PETER.line}`)).text).toBe(`a\n\n${PETER.line}`);
  });

  it.each([WHOLE, QUASIMODO, `\n\n${PETER.line}`, `\ufeffa\u2028\u0085\x7f\n\n${PETER.line}`])(
    "is encoded as it was: %j",
    (text) => {
      expect(Buffer.from(encodeNote(parseNote(toBytes(text)))).toString()).toBe(text);
    },
  );

  it("has at most 100 signatures, and a million bytes", () => {
    expect(parseNote(toBytes(`${TEXT}\n${PETER.line.repeat(100)}`)).signatures).toHaveLength(100);
    refuse(`${TEXT}\n${PETER.line.repeat(101)}`).toBe("tlog/note");
    const rest = 1_000_000 - toBytes(`\n\n${PETER.line}`).byteLength;
    refuse(`${"a".repeat(rest)}\n\n${PETER.line}`).toBe("not refused");
    refuse(`${"a".repeat(rest + 1)}\n\n${PETER.line}`).toBe("tlog/note");
  });

  it("of anything that can be encoded is read back", () => {
    const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter(isKeyName);
    const signature = fc.uint8Array({ minLength: 1, maxLength: 80 });
    const line = fc.record({ name, keyId: fc.integer({ min: 0, max: 2 ** 32 - 1 }), signature });
    const text = fc
      .string({ unit: "grapheme", maxLength: 60 })
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a note may have none
      .map((one) => `${one.replaceAll(/[\0-\t\v-\x1f]/g, "\n")}\n`);
    fc.assert(
      fc.property(text, fc.array(line, { minLength: 1, maxLength: 20 }), (body, signatures) => {
        const note: Note = { text: body, signatures };
        const back = parseNote(encodeNote(note));
        expect(back.text).toBe(body);
        expect(back.signatures.map((one) => ({ ...one, signature: [...one.signature] }))).toEqual(
          signatures.map((one) => ({ ...one, signature: [...one.signature] })),
        );
      }),
    );
  });
});

describe("what is no note is refused", () => {
  const [, encoded = ""] = PETER.line.slice(2).trimEnd().split(" ");
  const withLine = (line: string) => `${TEXT}\n${line}`;

  it.each([
    ["nothing", ""],
    ["text alone", TEXT],
    ["text and an empty line", `${TEXT}\n`],
    ["signatures alone", PETER.line],
    ["no empty line", `${TEXT}${PETER.line}`],
    ["no newline at the end", WHOLE.slice(0, -1)],
    ["a newline too many", `${WHOLE}\n`],
    ["a line that is none", `${WHOLE}Unexpected line.\n`],
    ["a control character", `\x01${WHOLE}`],
    ["NUL", `a\0${WHOLE}`],
    ["a tab", `a\t${WHOLE}`],
    ["a carriage return", WHOLE.replaceAll("\n", "\r\n")],
    ["a control character in a name", withLine(`— a\x1f ${encoded}\n`)],
    ["a name with a space", withLine(`— Bad Name ${encoded}\n`)],
    ["a name with a no-break space", withLine(`— Bad\u00a0Name ${encoded}\n`)],
    ["a name with a line separator", withLine(`— Bad\u2028Name ${encoded}\n`)],
    ["a name with NEL", withLine(`— Bad\u0085Name ${encoded}\n`)],
    ["a name with an ideographic space", withLine(`— Bad\u3000Name ${encoded}\n`)],
    ["a name with a plus", withLine(`— Bad+Name ${encoded}\n`)],
    ["no name", withLine(`—  ${encoded}\n`)],
    ["no signature", withLine("— Name\n")],
    ["an empty signature", withLine("— Name \n")],
    ["a key id alone", withLine("— Name AAAAAA==\n")],
    ["three bytes", withLine("— Name AAAA\n")],
    ["a second space", withLine(`— Name  ${encoded}\n`)],
    ["a space at the end", withLine(`— Name ${encoded} \n`)],
    ["another dash", withLine(`- Name ${encoded}\n`)],
    ["an en dash", withLine(`– Name ${encoded}\n`)],
    ["a dash without its space", withLine(`—Name ${encoded}\n`)],
    ["base64url", withLine(`— Name ${encoded.replaceAll("/", "_")}\n`)],
    ["no padding", withLine(`— Name ${encoded.replace("=", "")}\n`)],
    ["stray bits", withLine(`— Name ${encoded.replace("AM=", "AN=")}\n`)],
  ])("%s", (_, text) => {
    refuse(text).toBe("tlog/note");
  });

  it("bytes that are not UTF-8: alone, cut off, overlong, a surrogate", () => {
    for (const bytes of [[0xff], [0xe2, 0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80]]) {
      refuse(Uint8Array.of(...bytes, ...toBytes(WHOLE))).toBe("tlog/note");
    }
  });

  it("and is not made", () => {
    const { signatures } = parseNote(toBytes(WHOLE));
    const line = { name: "a", keyId: 1, signature: Uint8Array.of(1) };
    const broken: readonly Note[] = [
      { text: "", signatures },
      { text: "abc", signatures },
      { text: "a\tb\n", signatures },
      { text: "a\ud800\n", signatures },
      { text: TEXT, signatures: [] },
      { text: TEXT, signatures: Array(101).fill(line) },
      { text: TEXT, signatures: [{ ...line, name: "" }] },
      { text: TEXT, signatures: [{ ...line, name: "a\nb" }] },
      { text: TEXT, signatures: [{ ...line, name: "a+b" }] },
      { text: TEXT, signatures: [{ ...line, name: "\udc00" }] },
      { text: TEXT, signatures: [{ ...line, signature: new Uint8Array() }] },
      { text: `${"a".repeat(1_000_000)}\n`, signatures },
    ];
    for (const note of broken) expect(codeOf(() => encodeNote(note))).toBe("tlog/note");
    expect(codeOf(() => encodeNote({ text: TEXT, signatures }))).toBe("not refused");
  });
});
