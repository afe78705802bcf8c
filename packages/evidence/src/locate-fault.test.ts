import { encodeUtf8, limits } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { locateFault } from "./locate-fault.ts";

/** The member or element at which a text stops being canonical JSON. */
const VALID = '{"a":[1,{"b":"x"},"y"],"c":{"d":null}}';

describe("the path to a fault", () => {
  test.each<[string, string, readonly (string | number)[]]>([
    ["an element that is no value", VALID.replace('"y"', "?"), ["a", 2]],
    ["a member's value that does not end", VALID.replace('"x"', '"x'), ["a", 1, "b"]],
    ["a number with a leading zero", VALID.replace("1", "01"), ["a", 0]],
    ["an unknown escape", VALID.replace("x", "\\q"), ["a", 1, "b"]],
    ["white space", VALID.replace("null", " null"), ["c", "d"]],
    ["members in another order", '{"c":1,"a":2}', ["a"]],
    ["another spelling of a text", VALID.replace("y", "\\u0079"), ["a", 2]],
    ["a missing colon", VALID.replace('"d":', '"d" '), ["c", "d"]],
    ["a comma too many", VALID.replace("1,", "1,,"), ["a", 1]],
    ["brackets of two kinds", VALID.replace('"y"]', '"y"}'), ["a", 2]],
    ["a text in place of a container", VALID.replace('{"d":null}', '"d":null}'), ["c"]],
    ["nothing", "", []],
  ])("%s", (_, text, path) => {
    expect(locateFault(encodeUtf8(text))).toEqual(path);
  });

  test("a string of as many bytes as a file may have", () => {
    const text = `{"a":["${"a".repeat(limits.EVIDENCE_BYTES_MAX - 10)}`;
    expect(locateFault(encodeUtf8(text))).toEqual(["a", 0]);
  });

  test("bytes that are no text", () => {
    const bytes = encodeUtf8(VALID);
    bytes[VALID.indexOf("x")] = 0xff;
    expect(locateFault(bytes)).toEqual(["a", 1, "b"]);
  });
});
