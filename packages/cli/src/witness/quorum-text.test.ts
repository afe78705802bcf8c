import type { WitnessQuorum } from "@leix/exchange";
import { judgeQuorum } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { findQuorumProblem, toQuorumText } from "./quorum-text.ts";

const toQuorum = (quorum: number, countries: number): WitnessQuorum => {
  return { quorum, countries, verdict: judgeQuorum(quorum, countries) };
};

describe("the quorum, in words", () => {
  test.each([
    [0, 2, "no country has to cosign a checkpoint; 2 countries have a witness"],
    [1, 1, "1 of them must cosign a checkpoint; 1 country has a witness"],
    [3, 4, "3 of them must cosign a checkpoint; 4 countries have a witness"],
  ])("%d of %d", (quorum, countries, text) => {
    expect(toQuorumText(toQuorum(quorum, countries))).toBe(text);
    expect(findQuorumProblem(toQuorum(quorum, countries))).toBeUndefined();
  });

  test.each([
    [2, 4, /^2 of 4 countries .*split view/, /--quorum 3\./],
    [3, 2, /^3 countries must .* only 2 have a witness/, /^Register a valid key/],
  ])("%d of %d is a problem, with what to do", (quorum, countries, detail, todo) => {
    const problem = findQuorumProblem(toQuorum(quorum, countries));
    expect(problem?.detail).toMatch(detail);
    expect(problem?.todo).toMatch(todo);
  });
});
