import { LeixError } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { loadFiles } from "../test/fixtures.ts";
import type { Facts } from "./facts.ts";
import { loadPolicySet } from "./policy-set.ts";
import { rememberJudgements } from "./remembered-judgements.ts";

const set = loadPolicySet(loadFiles(), { memoEntriesMax: 0 });

const facts = (rank: number): Facts => ({ ...FACTS, classificationRank: rank });
const FACTS: Facts = { domestic: false, senderRole: "spoc", pairPurposes: ["detection", "prevention"] };

describe("judgements that are remembered", () => {
  test("the same facts are judged once, whatever else is told; other facts, and kinds, on their own", () => {
    const asked: Facts[] = [];
    const own = { ...set, reads: () => ["classificationRank" as const, "senderRole" as const] };
    const judge = rememberJudgements({ ...own, judge: toEcho(asked) }, {});
    expect(judge("request", facts(1))).toBe(judge("request", { ...facts(1), domestic: true }));
    expect(judge("request", facts(2))).not.toBe(judge("request", facts(1)));
    expect(judge("answer", facts(1))).not.toBe(judge("request", facts(1)));
    expect(asked).toHaveLength(3);
  });

  test("the oldest is dropped where there are more than are kept; none is kept where none shall be", () => {
    const asked: Facts[] = [];
    const judge = rememberJudgements({ ...set, judge: toEcho(asked) }, { memoEntriesMax: 2 });
    for (const rank of [0, 1, 2, 2, 1, 0]) judge("request", facts(rank));
    expect(asked.map(({ classificationRank }) => classificationRank)).toEqual([0, 1, 2, 0]);
    expect(rememberJudgements(set, { memoEntriesMax: 0 })).toBe(set.judge);
    expect(rememberJudgements(set, { onQuestion: () => undefined })).toBe(set.judge);
  });

  test("an engine failure is not remembered", () => {
    const asked: Facts[] = [];
    let failed = false;
    const judge = rememberJudgements(
      {
        ...set,
        judge: (kind, told) => {
          if (failed) return toEcho(asked)(kind, told);
          failed = true;
          throw new LeixError("decision/engine", "once");
        },
      },
      {},
    );
    expect(() => judge("request", facts(0))).toThrow(LeixError);
    expect(judge("request", facts(0)).effect).toBe("deny");
  });
});

function toEcho(asked: Facts[]) {
  return (_kind: unknown, told: Facts) => {
    asked.push(told);
    return { effect: "deny" as const, reasons: [], determining: [], checked: [], duties: [], facts: told };
  };
}
