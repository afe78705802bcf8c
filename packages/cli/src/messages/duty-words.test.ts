import { loadPolicySet } from "@leix/principles";
import type { AgencyId, Notice, Obligation } from "@leix/protocol";
import { loadPolicyFiles } from "@leix/runtime";
import { expect, test } from "vitest";
import { toDeed, toDueText, toNoticeWords } from "./duty-words.ts";

test("every duty of the policies has words", () => {
  const names = loadPolicySet(loadPolicyFiles()).rules.flatMap(({ duty }) => duty?.name ?? []);
  expect(new Set(names).size).toBeGreaterThan(15);
  for (const name of [...names, "overdue", "recall", "readable-by-others"])
    expect(toDeed(name), name).not.toBe(name);
});

test.each([
  ["+01:00", "2027-01-15 09:00 +01:00"],
  ["-03:30", "2027-01-15 04:30 -03:30"],
  ["+00:00", "2027-01-15 08:00 +00:00"],
  [undefined, "2027-01-15 08:00 UTC"],
])("a time with the offset %s", (offset, text) => {
  expect(toDueText(1_800_000_000, offset)).toBe(text);
});

test("a notice names whose act it is about, or what is to be done", () => {
  const [to, by] = ["AL-SPOC" as AgencyId, "RS-FIU" as AgencyId];
  const about = {} as Notice["about"];
  const rule: Obligation["rule"] = "P24";
  expect(toNoticeWords({ to, by, rule, notice: "override-used", about })).toBe(
    "material of this agency was used under a life-threat override: RS-FIU (P24)",
  );
  expect(toNoticeWords({ to, rule: "P30", notice: "restrict", about, due: 1_800_000_000 })).toMatch(
    /^AL-SPOC is to restrict .* by 2027-01-15 08:00 UTC \(P30\)$/,
  );
});
