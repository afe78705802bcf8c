import { describe, expect, test } from "vitest";
import { toError } from "../test/fixtures.ts";
import { isChecked, parsePermission, parseRule } from "./rule.ts";

const annotations = {
  id: "P08.other",
  principle: "Deadline",
  rule: "A request is answered within 7 days.",
  source: "Dir 5(1)",
  link: "https://eur-lex.europa.eu/eli/dir/2023/977/oj",
  confidence: "V",
  disclosure: "sender",
};
const duty = { obligation: "answer", party: "recipient", due: "P7D" };

const parse = (changes: object = {}, kinds?: string[]) =>
  parseRule("P08.cedar", { ...annotations, ...changes }, kinds);

describe("a rule is read from its annotations", () => {
  test("with its policy, its rule, its text and its source", () => {
    const { id: policy, rule: text, ...rest } = annotations;
    expect(parse()).toEqual({ ...rest, policy, text, rule: "P08" });
  });

  test("with its duty, and the term of it where there is one", () => {
    expect(parse(duty).duty).toEqual({ name: "answer", party: "recipient", term: "P7D" });
    expect(parse({ obligation: "answer", party: "recipient" }).duty).toEqual({
      name: "answer",
      party: "recipient",
    });
    expect(parse()).not.toHaveProperty("duty");
  });

  test.each(["sender", "recipient", "originators", "holders"] as const)("with a duty of the %s", (party) => {
    expect(parse({ ...duty, party }).duty?.party).toBe(party);
  });

  test.each(["PT8H", "PT5S", "PT90M", "P3D", "P30D"])("with the term %s", (due) => {
    expect(parse({ ...duty, due }).duty?.term).toBe(due);
  });

  test("with the kinds that it is asked about", () => {
    expect(parse({}, ["answer"]).kinds).toEqual(["answer"]);
    expect(parse()).not.toHaveProperty("kinds");
    expect(isChecked(parse({}, ["answer"]), "answer")).toBe(true);
    expect(isChecked(parse({}, ["answer"]), "refusal")).toBe(false);
    expect(isChecked(parse(), "refusal")).toBe(true);
  });
});

describe("a rule is refused", () => {
  test.each<[string, object, RegExp]>([
    ["with a duty of nobody", { obligation: "answer" }, /P08\.other: @obligation and @party go together/],
    ["with a party without a duty", { party: "sender" }, /P08\.other: @obligation and @party go together/],
    ["with a term of no duty", { due: "P7D" }, /P08\.other: @due without @obligation/],
    ["with a duty of a party that there is not", { ...duty, party: "everyone" }, /annotation @party$/],
    ["with a duty that is no code", { ...duty, obligation: "Answer it" }, /annotation @obligation$/],
    ["with a term of weeks", { ...duty, due: "P1W" }, /annotation @due$/],
    ["with a term of months, which are not all as long", { ...duty, due: "P1M" }, /annotation @due$/],
    ["with a term of days and hours", { ...duty, due: "P3DT1H" }, /annotation @due$/],
    ["with a term of nothing", { ...duty, due: "P0D" }, /annotation @due$/],
    ["with a link that is none", { link: "Dir 5(1)" }, /annotation @link$/],
    ["with an id that is none", { id: "P8" }, /annotation @id$/],
    ["with an annotation that is not known", { doe: "P7D" }, /annotation @doe$/],
    ["with two mistakes, both named", { id: "P8", confidence: "A" }, /annotation @id, @confidence$/],
  ])("%s", (_, changes, detail) => {
    const error = toError(() => parse(changes));
    expect(error).toMatch(/^statement\/policy-set: P08\.cedar: /);
    expect(error).toMatch(detail);
  });
});

test("the permission is read as such, and has no duty", () => {
  const { principle, rule } = annotations;
  expect(toError(() => parsePermission("base.cedar", { id: "base", principle, rule }))).toBe("no error");
  for (const wrong of [{ id: "P08", principle, rule }, { id: "base", principle, rule, ...duty }, {}]) {
    expect(toError(() => parsePermission("base.cedar", wrong))).toMatch(
      /^statement\/policy-set: base\.cedar/,
    );
  }
});
