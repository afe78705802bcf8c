import { LeixError } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import type { Facts, FactValues } from "./facts.ts";
import type { PolicySet } from "./policy-set.ts";
import { rememberJudgements } from "./remembered-judgements.ts";

describe("judgements that are remembered", () => {
  test("the same facts are judged once; other facts, and kinds, on their own", () => {
    const asked: Facts[] = [];
    const listed = rememberJudgements({ reads: () => ["senderRole", "domestic"], judge: toEcho(asked) }, {});
    expect(listed("request", ["spoc", true])).toBe(listed("request", ["spoc", true]));
    expect(listed("request", ["spoc", false])).not.toBe(listed("request", ["spoc", true]));
    expect(listed("answer", ["spoc", true])).not.toBe(listed("request", ["spoc", true]));
    expect(asked).toEqual([
      { senderRole: "spoc", domestic: true },
      { senderRole: "spoc", domestic: false },
      { senderRole: "spoc", domestic: true },
    ]);
  });

  test("no two lists of values are taken for each other", () => {
    const flags = [true, false];
    const codes = [undefined, "", "n", "ny", "y", "="];
    const lists = flags.flatMap((flag) =>
      codes.flatMap((one) => codes.map((other): FactValues => [flag, one, other, !flag])),
    );
    const asked: Facts[] = [];
    const names = ["domestic", "purpose", "handling", "urgent"] as const;
    const listed = rememberJudgements({ reads: () => names, judge: toEcho(asked) }, {});
    for (const values of lists) listed("request", values);
    expect(asked).toHaveLength(lists.length);
  });

  test("what was not asked for longest is dropped where there are more than are kept", () => {
    const asked: Facts[] = [];
    const options = { memoEntriesMax: 2 };
    const listed = rememberJudgements({ reads: () => ["classificationRank"], judge: toEcho(asked) }, options);
    for (const rank of [0, 1, 0, 2, 0, 1]) listed("request", [rank]);
    expect(asked.map(({ classificationRank }) => classificationRank)).toEqual([0, 1, 2, 1]);
  });

  test("none is kept where none shall be, or where every question is counted", () => {
    for (const options of [{ memoEntriesMax: 0 }, { onQuestion: () => undefined }]) {
      const asked: Facts[] = [];
      const listed = rememberJudgements(
        { reads: () => ["classificationRank"], judge: toEcho(asked) },
        options,
      );
      for (const rank of [0, 0]) listed("request", [rank]);
      expect(asked).toHaveLength(2);
    }
  });

  test("an engine failure is not remembered", () => {
    let failed = false;
    const failOnce = (): void => {
      if (failed) return;
      failed = true;
      throw new LeixError("decision/engine", "once");
    };
    const listed = rememberJudgements({ reads: () => ["domestic"], judge: toEcho([], failOnce) }, {});
    expect(() => listed("request", [true])).toThrow(LeixError);
    expect(listed("request", [true]).effect).toBe("deny");
  });
});

/** Denies all, and says which facts it was told. */
function toEcho(asked: Facts[], before?: () => void): PolicySet["judge"] {
  return (_kind, told) => {
    before?.();
    asked.push(told);
    return { effect: "deny" as const, reasons: [], determining: [], checked: [], duties: [], facts: told };
  };
}
