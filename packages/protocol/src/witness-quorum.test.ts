import { expect, test } from "vitest";
import { judgeQuorum, toSoundQuorum } from "./witness-quorum.ts";

/** Whether two groups of k can be chosen of n so that nobody is in both: by choosing them. */
function canBeDisjoint(k: number, n: number): boolean {
  const groups: number[] = [];
  for (let set = 0; set < 2 ** n; set++) {
    if (set.toString(2).replaceAll("0", "").length === k) groups.push(set);
  }
  return groups.some((one) => groups.some((other) => (one & other) === 0));
}

test.each([1, 2, 3, 4, 5, 6, 7])("of %d countries a quorum is sound where any two share one", (countries) => {
  for (let quorum = 1; quorum <= countries; quorum++) {
    const verdict = canBeDisjoint(quorum, countries) ? "split" : "sound";
    expect([quorum, judgeQuorum(quorum, countries)]).toEqual([quorum, verdict]);
  }
  const least = toSoundQuorum(countries);
  expect(judgeQuorum(least, countries)).toBe("sound");
  expect(judgeQuorum(least - 1, countries)).not.toBe("sound");
  expect(judgeQuorum(countries + 1, countries)).toBe("unreachable");
  expect(judgeQuorum(0, countries)).toBe("none");
});
