import { describe, expect, it } from "vitest";
import {
  CLASSIFICATIONS,
  CrimeArea,
  DataClass,
  MESSAGE_KINDS,
  RefusalOption,
  Token,
  toClassificationRank,
} from "./vocabulary.ts";

describe("vocabulary", () => {
  it("ranks classifications from the lowest", () => {
    expect(CLASSIFICATIONS.map(toClassificationRank)).toEqual([0, 1, 2, 3]);
  });

  it("has the 30 crime areas of ER Annex I, and the twelve kinds", () => {
    expect(new Set(CrimeArea.options).size).toBe(30);
    expect(new Set(MESSAGE_KINDS).size).toBe(12);
    expect([new Set(DataClass.options).size, new Set(RefusalOption.options).size]).toEqual([8, 2]);
  });

  it("takes codes as tokens and no text", () => {
    for (const good of ["a", "not-available", "x1", "a".repeat(40)])
      expect(Token.safeParse(good).success).toBe(true);
    for (const bad of ["", "-a", "a-", "A", "a b", "a.b", "a".repeat(41), "ä", "a\n"]) {
      expect(Token.safeParse(bad).success).toBe(false);
    }
  });
});
