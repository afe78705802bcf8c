import { describe, expect, it } from "vitest";
import { readVectors, toJsonText } from "../vectors/files.ts";
import { listCases } from "../vectors/make.ts";
import { runVector } from "../vectors/run.ts";
import { isErrorCode } from "./errors.ts";

const valid = readVectors("valid");
const invalid = readVectors("invalid");

describe("valid vectors", () => {
  it.each(valid)("%s", async (_, vector) => {
    expect(vector).toHaveProperty("expect");
    expect(await runVector(vector)).toEqual(vector.expect);
  });
});

describe("invalid vectors", () => {
  it.each(invalid)("%s", async (_, vector) => {
    expect(isErrorCode(vector.code ?? "")).toBe(true);
    expect(await runVector(vector)).toEqual({ code: vector.code });
  });
});

describe("the folders", () => {
  it("hold what the script makes, no more and no less, and the script makes what it says", async () => {
    const cases = await listCases();
    const names = [...valid, ...invalid].map(([name]) => name);
    expect(cases.map(({ name }) => `${name}.json`).toSorted()).toEqual(names.toSorted());
    for (const { name, code, expect: expected, ...vector } of cases) {
      const answer = JSON.parse(toJsonText(code ? { code } : expected));
      expect({ name, answer: await runVector(vector) }).toEqual({ name, answer });
    }
  });

  it("have vectors of everything that travels", () => {
    for (const vectors of [valid, invalid]) {
      const kinds = new Set(vectors.map(([, { what }]) => what));
      for (const what of ["token", "envelope", "body", "decision", "record", "copy"]) {
        expect(kinds).toContain(what);
      }
    }
  });

  it("are read only where there is something in them", () => {
    expect(() => readVectors("none" as "valid")).toThrow();
  });
});
