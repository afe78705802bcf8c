import { describe, expect, test, vi } from "vitest";
import { decideCase } from "../test/case.ts";
import { loadCase, loadFiles, loadFilesWith, toError } from "../test/fixtures.ts";
import {
  POLICY_FILE_BYTES_MAX,
  POLICY_NESTING_MAX,
  POLICY_SET_BYTES_MAX,
  POLICY_TOKENS_MAX,
  SCHEMA_TOKENS_MAX,
} from "./limits.ts";
import { loadPolicySet, SCHEMA_FILE } from "./policy-set.ts";
import { checkPolicyFile } from "./policy-text.ts";

// Sets are loaded by the dozen, which a busy machine takes its time over.
vi.setConfig({ testTimeout: 60_000 });

const check = (content: string, name = "P99.cedar") => toError(() => checkPolicyFile(name, content));
const nest = (count: number, [open, close] = ["(", ")"]) => `${open?.repeat(count)}1${close?.repeat(count)}`;
const BRACKETS: readonly [string, string][] = [
  ["(", ")"],
  ["[", "]"],
  ["{", "}"],
];

test("our own files are well within", () => {
  for (const { name, content } of loadFiles()) expect(check(content, name)).toBe("no error");
});

describe("what Cedar may not even see", () => {
  const over = POLICY_NESTING_MAX + 1;
  test.each<[string, string, RegExp]>([
    ["200 brackets", nest(200), /200 of at most/],
    ["one bracket too many", nest(over), /nested brackets/],
    ["one of another kind", `{${nest(POLICY_NESTING_MAX)}}`, /nested brackets/],
    ["brackets behind some that close", `${")".repeat(500)}${nest(over)}`, /nested brackets/],
    ["brackets with a comment on every line", "( // (\n".repeat(over), /nested brackets/],
    ["brackets over semicolons", "(;".repeat(over), /nested brackets/],
    ["brackets behind a text with an escaped end", `"\\"" ${nest(over)}`, /nested brackets/],
    ["brackets behind a backslash at the end of a text", `"\\\\" ${nest(over)}`, /nested brackets/],
    ["a long chain", `1${" + 1".repeat(POLICY_TOKENS_MAX / 2)}`, /tokens/],
    ["a chain without spaces", `1${"+1".repeat(POLICY_TOKENS_MAX / 2)}`, /tokens/],
    ["numbers and words in one", "1if ".repeat(POLICY_TOKENS_MAX / 2 + 1), /tokens/],
    ["a chain over semicolons in brackets", `(${"1;".repeat(POLICY_TOKENS_MAX / 2)}`, /tokens/],
    ["a text without an end", '"abc', /no end/],
    ["a text that Cedar would not take for one", '"\\\n((((" ', /no end/],
    ["a long file", "é".repeat(POLICY_FILE_BYTES_MAX / 2 + 1), /bytes/],
  ])("%s", (_, content, detail) => {
    expect(check(content)).toMatch(new RegExp(`^statement/policy-set: .*${detail.source}`));
  });

  test("a schema with types in types, which Cedar would write out", () => {
    const schema = loadFiles().find(({ name }) => name === SCHEMA_FILE)?.content ?? "";
    const doubled = Array.from({ length: 40 }, (_, n) => `type T${n + 1} = { a: T${n}, b: T${n} };`);
    expect(check(`${schema}type T0 = Bool;${doubled.join("")}`, SCHEMA_FILE)).toMatch(/named types/);
  });

  test("a schema of too many tokens, of which it may have more than a policy", () => {
    const list = (tokens: number) => `${"1 ".repeat(tokens)};`;
    expect(check(list(SCHEMA_TOKENS_MAX), SCHEMA_FILE)).toMatch(/tokens/);
    expect(check(list(SCHEMA_TOKENS_MAX - 1), SCHEMA_FILE)).toBe("no error");
  });

  test("nothing of such a set reaches Cedar", () => {
    expect(toError(() => loadPolicySet(loadFilesWith(nest(200))))).toMatch(
      /^statement\/policy-set: .*nested/,
    );
  });

  test("a set that is too long as a whole", () => {
    const [last] = loadFilesWith("true").slice(-1);
    const many = Array.from({ length: POLICY_SET_BYTES_MAX / 32_000 + 1 }, (_, n) => {
      return { name: `P${n + 50}.cedar`, content: `${last?.content}${" ".repeat(32_000)}` };
    });
    expect(toError(() => loadPolicySet([...loadFiles(), ...many]))).toMatch(/bytes/);
  });
});

describe("what is within the limits", () => {
  test.each<[string, string]>([
    ["brackets in a text", `"${"(".repeat(500)}"`],
    ["brackets in a comment", `// ${"(".repeat(500)}`],
    ["brackets beside each other", "()".repeat(100)],
    ["a semicolon between two chains", `${"1 ".repeat(POLICY_TOKENS_MAX - 1)};`.repeat(3)],
    ...BRACKETS.map((pair): [string, string] => [`nested ${pair[0]}`, nest(POLICY_NESTING_MAX, pair)]),
  ])("%s", (_, content) => {
    expect(check(content)).toBe("no error");
  });

  // The policy's own brackets and tokens leave so much for its condition.
  const levels = POLICY_NESTING_MAX - 1;
  const links = (tokens: number) => Math.floor((POLICY_TOKENS_MAX - 60) / tokens);
  const chains: [string, string][] = [
    ["and", `context.domestic${" && context.domestic".repeat(links(5))}`],
    ["or", `false${" || false".repeat(links(3))}`],
    ["plus", `1${" + 1".repeat(links(2))} == 7`],
    ["times", `1${" * 1".repeat(links(2))} == 7`],
    ["if in else", `${"if false then true else ".repeat(links(5))}context.domestic`],
    ["if in if", `${"if ".repeat(links(5))}true${" then true else false".repeat(links(5))}`],
    ["has", `context has purpose${".purpose".repeat(links(2))}`],
    ["members", `context${".domestic".repeat(links(2))}`],
    ["namespaces", `principal == ${"A::".repeat(links(3))}Sender::"sender"`],
    ["a list", `[1${", 1".repeat(links(2))}].contains(1)`],
  ];
  const open = (text: string) => text.repeat(levels);
  const nests: [string, string][] = [
    ["brackets", `${open("(")}true${open(")")}`],
    ["lists", `${open("[")}1${open("]")} == [1]`],
    ["records", `${open("{a: ")}1${open("}")} == {a: 1}`],
    ["four times not", `${open("!!!!(")}true${open(")")}`],
    ["equals", `${open("true == (")}true${open(")")}`],
    ["calls", `${open("ip(")}"1"${open(")")} == ip("1")`],
    ["both", `${open("(")}1${" + 1".repeat(links(2) - POLICY_NESTING_MAX)} == 7${open(")")}`],
  ];

  test.each([...chains, ...nests])("Cedar comes back from %s", (_, condition) => {
    const answer = toError(() => decideCase(loadPolicySet(loadFilesWith(condition)), sample));
    expect(answer).toMatch(/^(?:no error|statement\/policy-set|decision\/engine)/);
    expect(answer).not.toMatch(/of at most/);
  });

  const tokens = SCHEMA_TOKENS_MAX - 10;
  test.each<[string, string]>([
    ["sets in sets", `${"Set<".repeat(tokens / 3)}Bool${">".repeat(tokens / 3)}`],
    ["namespaces", `${"A::".repeat(tokens / 3)}Bool`],
    ["facts", `{ ${Array.from({ length: tokens / 4 }, (_, n) => `f${n}: Bool`).join(", ")} }`],
  ])("Cedar comes back from a schema of %s", (_, type) => {
    const schema = { name: SCHEMA_FILE, content: `type Facts = ${type};` };
    expect(toError(() => loadPolicySet([schema]))).toMatch(/^statement\/policy-set: (?!.*of at most)/);
  });

  const sample = loadCase("P17-forward-with-consent.permit");
});
