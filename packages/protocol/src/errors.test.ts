import { describe, expect, it } from "vitest";
import { ERRORS, invariant, isErrorCode, LeixError } from "./errors.ts";

describe("the catalogue", () => {
  it.each(Object.entries(ERRORS))("%s is in its form, says when and what to do", (code, { when, todo }) => {
    expect(code).toMatch(/^[a-z]+\/[a-z]+(?:-[a-z]+)*$/);
    for (const text of [when, todo]) expect(text).toMatch(/^[A-Z`a-z].*[.]$/s);
  });

  it("knows its own codes and no others", () => {
    expect(isErrorCode("jws/header")).toBe(true);
    for (const text of ["", "jws", "toString", "__proto__", "jws/Header"])
      expect(isErrorCode(text)).toBe(false);
  });
});

describe("LeixError", () => {
  it("carries code, detail and cause, and explains itself", () => {
    const cause = new Error("below");
    const error = new LeixError("jws/header", "two", { cause });
    expect(error).toMatchObject({ name: "LeixError", code: "jws/header", detail: "two", cause });
    expect(error.message).toBe("jws/header: two");
    for (const part of [ERRORS["jws/header"].when, ERRORS["jws/header"].todo, "two", "[jws/header]"]) {
      expect(error.explain()).toContain(part);
    }
  });

  it("does without a detail", () => {
    const error = new LeixError("jws/header");
    expect(error.message).toBe("jws/header");
    expect(error.detail).toBe("");
    expect(error.explain()).not.toContain("()");
  });
});

describe("invariant", () => {
  it("throws where it does not hold, and no coded error: it is a defect", () => {
    expect(() => invariant(true, "holds")).not.toThrow();
    expect(() => invariant(false, "does not hold")).toThrow();
    try {
      invariant(0, "does not hold");
    } catch (error) {
      expect(error).not.toBeInstanceOf(LeixError);
    }
    expect.hasAssertions();
  });
});
