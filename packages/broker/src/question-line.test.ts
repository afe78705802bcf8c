import { AccountId } from "@leix/protocol";
import { describe, expect, it } from "vitest";
import { createNkey } from "./accounts/nkeys.ts";
import { QuestionLine } from "./question-line.ts";

const createAccount = (): AccountId => AccountId.parse(createNkey("account").getPublicKey());
const [flooding, other, third] = [createAccount(), createAccount(), createAccount()];
const LIMITS = { atOnceMax: 4, atOncePerAccountMax: 2, waitingPerAccountMax: 10 };

const takeAll = (line: QuestionLine<string>): string[] => {
  const taken: string[] = [];
  for (let next = line.take(); next; next = line.take()) taken.push(next.question);
  return taken;
};

describe("questions of several parties", () => {
  it("are taken by turns, each party's in its order", () => {
    const line = new QuestionLine<string>({ ...LIMITS, atOnceMax: 100, atOncePerAccountMax: 100 });
    for (const name of ["a1", "a2", "a3"]) line.add(flooding, name);
    for (const name of ["b1", "b2"]) line.add(other, name);
    line.add(third, "c1");
    expect(takeAll(line)).toEqual(["a1", "b1", "c1", "a2", "b2", "a3"]);
  });

  it("leave room for others, whatever one has waiting; and no more are taken than may be", () => {
    const line = new QuestionLine<string>(LIMITS);
    const taken = Array.from({ length: 30 }, (_, i) => line.add(flooding, `a${i}`));
    expect(taken.filter(Boolean)).toHaveLength(LIMITS.waitingPerAccountMax);
    expect(takeAll(line)).toEqual(["a0", "a1"]);
    line.add(other, "b0");
    expect(takeAll(line)).toEqual(["b0"]);
    for (const name of ["c0", "c1", "c2"]) line.add(third, name);
    expect(takeAll(line)).toEqual(["c0"]);
    line.answered(flooding);
    expect(takeAll(line)).toEqual(["a2"]);
    line.answered(third);
    expect(takeAll(line)).toEqual(["c1"]);
  });

  it("make room again when they are taken", () => {
    const line = new QuestionLine<string>({ ...LIMITS, waitingPerAccountMax: 1 });
    expect([line.add(flooding, "a0"), line.add(flooding, "a1")]).toEqual([true, false]);
    expect(takeAll(line)).toEqual(["a0"]);
    expect([line.add(flooding, "a2"), takeAll(line)]).toEqual([true, ["a2"]]);
  });
});
