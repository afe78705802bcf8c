import { describe, expect, test } from "vitest";
import { decodeUtf8, encodeUtf8 } from "./bytes.ts";
import {
  encodeLogAnswer,
  encodeLogQuestion,
  encodeLogRefusal,
  encodeTileAnswer,
  type LogQuestion,
  parseLogAnswer,
  parseLogQuestion,
  parseTileAnswer,
} from "./log-questions.ts";

const code = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
  return "taken";
};

describe("a question about the log", () => {
  test.each<LogQuestion>([
    { ask: "add-checkpoint", old: 0 },
    { ask: "cosignatures", lines: "— name abc=\n", size: 7 },
    { ask: "tile", path: "tile/entries/000.p/7" },
  ])("is read back: $ask", (question) => {
    expect(parseLogQuestion(encodeLogQuestion(question))).toEqual(question);
  });

  test.each([
    ["another question", '{"ask":"sign","size":7}', "input/schema"],
    ["a size below nothing", '{"ask":"add-checkpoint","old":-1}', "input/schema"],
    ["a member more", '{"ask":"tile","more":1,"path":"tile/0/000"}', "input/schema"],
    ["another order", '{"path":"tile/0/000","ask":"tile"}', "input/not-canonical"],
    ["too many bytes", `{"ask":"cosignatures","lines":"${"x".repeat(131_072)}","size":1}`, "input/too-large"],
    ["no JSON", "newest?", "input/not-json"],
  ])("is refused: %s", (_, text, expected) => {
    expect(code(() => parseLogQuestion(encodeUtf8(text)))).toBe(expected);
  });
});

describe("an answer about the log", () => {
  test("is read back, by the question", () => {
    const request = { request: "old 0\n\norigin\n" };
    expect(parseLogAnswer("add-checkpoint", encodeLogAnswer("add-checkpoint", request))).toEqual(request);
    const nothing = encodeLogAnswer("add-checkpoint", { request: null });
    expect(parseLogAnswer("add-checkpoint", nothing)).toEqual({ request: null });
    const accepted = encodeLogAnswer("cosignatures", { accepted: 1 });
    expect(parseLogAnswer("cosignatures", accepted)).toEqual({ accepted: 1 });
    expect(code(() => parseLogAnswer("tile", accepted))).toBe("input/schema");
  });

  test("has a tile's bytes, of every value", () => {
    const tile = Uint8Array.from({ length: 256 }, (_, at) => at);
    expect(parseTileAnswer(encodeTileAnswer(tile))).toEqual(tile);
    expect(code(() => parseTileAnswer(encodeUtf8('{"bytes":"a b"}')))).toBe("input/schema");
  });

  test("may be a refusal, whose code is thrown if it is one of ours", () => {
    const refusal = encodeLogRefusal("identity/account-unknown");
    expect(decodeUtf8(refusal)).toBe('{"code":"identity/account-unknown"}');
    expect(code(() => parseLogAnswer("tile", refusal))).toBe("identity/account-unknown");
    expect(code(() => parseLogAnswer("tile", encodeUtf8('{"code":"of/tomorrow"}')))).toBe("input/schema");
  });
});
