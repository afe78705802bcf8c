import { expect, test } from "vitest";
import { alignRows, createPaper, toSafeText, toTimeText, wrapText } from "./paper.ts";

function createScreen(isTTY?: boolean) {
  const written: string[] = [];
  return { written, write: (text: string) => written.push(text), ...(isTTY === undefined ? {} : { isTTY }) };
}

test("colours are for a terminal only", () => {
  const [terminal, file] = [createScreen(true), createScreen()];
  for (const screen of [terminal, file]) {
    const paper = createPaper(screen);
    paper.line(paper.colours.red("denied"));
  }
  expect(terminal.written).toEqual(["\u001b[31mdenied\u001b[39m\n"]);
  expect(file.written).toEqual(["denied\n"]);
});

test("columns are as wide as their widest cell, and nothing trails", () => {
  expect(alignRows([["a", "bb", ""], ["ccc", "d"], []])).toEqual(["a    bb", "ccc  d", ""]);
});

test("a text is broken at its spaces, and a long word is left whole", () => {
  expect(wrapText("one two three  four", 9)).toEqual(["one two", "three", "four"]);
  expect(wrapText("a https://example.org/long b", 10)).toEqual(["a", "https://example.org/long", "b"]);
  expect(wrapText("", 10)).toEqual([""]);
});

test.each([
  ["an escape sequence", "a\u001b[2Jb", "a\\u{1b}[2Jb"],
  ["a one-character introducer of such", "a\u009b31mb", "a\\u{9b}31mb"],
  ["a mark that turns the direction", "abc\u202egpj.exe", "abc\\u{202e}gpj.exe"],
  ["a return to the start of the line", "paid\rnot ", "paid\\u{d}not "],
  ["a character that is not seen", "a\u200bb", "a\\u{200b}b"],
  ["a line separator", "a\u2028b", "a\\u{2028}b"],
])("%s is shown, not obeyed", (_name, text, shown) => {
  expect(toSafeText(text)).toBe(shown);
});

test("words, line breaks and tabs stay as they are", () => {
  const text = "Чаршаф, ëngjëll\n\t— 100 % ✓";
  expect(toSafeText(text)).toBe(text);
});

test("a time is told in UTC, to the minute", () => {
  expect(toTimeText(1_800_000_059)).toBe("2027-01-15 08:00 UTC");
});
