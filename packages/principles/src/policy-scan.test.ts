import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import { LeixError } from "@leix/protocol";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { loadFiles } from "../test/fixtures.ts";
import { parseParts } from "./policy-file.ts";
import { type PolicyParts, scanPolicies } from "./policy-scan.ts";
import { checkPolicyFile } from "./policy-text.ts";

vi.setConfig({ testTimeout: 300_000 });

const files = loadFiles().filter(({ name }) => name.endsWith(".cedar"));

/** Cedar's answer to the texts, as a set is handed to it. */
function isAccepted(parts: readonly PolicyParts[]): boolean {
  const staticPolicies = Object.fromEntries(parts.map(({ text }, i) => [`p${i}`, text]));
  return cedar.checkParsePolicySet({ staticPolicies }).type === "success";
}

/** What Cedar reads in a file; undefined where it is refused. */
function parseByCedar(content: string): PolicyParts[] | undefined {
  try {
    return parseParts("P99.cedar", content);
  } catch (error) {
    expect(error).toBeInstanceOf(LeixError);
    return undefined;
  }
}

/** Comparable: Cedar gives policies in an order of its own, and need not be given their annotations. */
function toComparable(parts: readonly PolicyParts[]): unknown[] {
  const read = parts.map(({ text, ...rest }) => {
    const parsed = cedar.policyToJson(text);
    const { annotations, ...judged } = parsed.type === "success" ? parsed.json : { annotations: undefined };
    return { ...rest, judged };
  });
  return read.map((one) => JSON.stringify(one, sortMembers)).sort();
}

function sortMembers(_: string, value: unknown): unknown {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? Object.fromEntries(Object.entries(value).toSorted()) : value;
}

describe("every file of the set", () => {
  test.each(files)("$name is read as Cedar reads it, without asking it", ({ content }) => {
    const scanned = scanPolicies(content);
    expect(scanned?.length).toBeGreaterThan(0);
    expect(toComparable(scanned ?? [])).toEqual(toComparable(parseParts("P99.cedar", content)));
  });
});

describe("what could be read in two ways is left to Cedar", () => {
  const head = "forbid (principal, action, resource)";
  test.each<[string, string]>([
    ["an escape in an annotation", `@id("a\\u{41}") ${head};`],
    ["an escape in a condition", `${head} when { context.purpose == "\\"" };`],
    ["an annotation twice", `@id("a") @id("b") ${head};`],
    ["an annotation without a text", `@id ${head};`],
    ["a template", "forbid (principal == ?principal, action, resource);"],
    ["a head that names who sends", 'forbid (principal == Sender::"sender", action, resource);'],
    ["an action in another one", 'forbid (principal, action in Action::"request", resource);'],
    ["an action of another type", 'forbid (principal, action == Other::Action::"request", resource);'],
    ["a comma behind the last", "forbid (principal, action, resource,);"],
    ["the context as a whole", `${head} when { context == {} };`],
    ["a method of the context", `${head} when { context.contains("a") };`],
    ["the context in brackets", `${head} when { (context).domestic };`],
    ["an index", `${head} when { context["domestic"] };`],
    ["a path that is asked for", `${head} when { context has domestic.deep };`],
    ["a name in quotes that is asked for", `${head} when { context has "domestic" };`],
    ["another thing that is asked for", `${head} when { -context has domestic };`],
    ["a sum that is asked for", `${head} when { 1 + context has domestic };`],
    ["a member called context", `${head} when { principal.context has domestic };`],
    ["a blank that is not ASCII", `${head}\u0085when { true };`],
    ["no end", head],
    ["no policy", "@id"],
  ])("%s", (_, content) => {
    expect(scanPolicies(content)).toBeUndefined();
  });

  test("and an empty file holds no policies", () => {
    expect(scanPolicies(" // nothing\n")).toEqual([]);
  });
});

describe("files with random changes", () => {
  const STRANGE = [
    ...['"', "\\", "/", "//", "\n", "\r", "\u0085", "\ufeff", "é", ";", "(", ")", "{", "}", "[", "]", "."],
    ...[
      "context",
      "context.",
      "context has",
      "has",
      "is",
      "in",
      "like",
      "if",
      "::",
      "?principal",
      "@id",
      "=",
    ],
    ...['"context.a"', '"\\n"', "principal", "forbid", "permit", "unless", "when { context.a }", "-", "!"],
    ...['Action::"x"', "contains", ".contains(context.a)", "a.b", '["a"]', "0", "1e9", "&&", "||", "'", ","],
  ];
  /** Cuts, repeats, swaps and insertions at the borders of tokens, and characters anywhere. */
  const change = fc.tuple(
    fc.constantFrom("cut", "repeat", "swap", "insert", "replace", "character"),
    fc.nat(),
    fc.constantFrom(...STRANGE),
  );
  const altered = fc
    .tuple(fc.constantFrom(...files), fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([{ content }, changes]) => changes.reduce(alter, content));

  function alter(content: string, [how, seed, strange]: readonly [string, number, string]): string {
    const tokens = content.match(/\/\/[^\n]*|"[^"]*"|\w+|\s+|[^\w\s]/g) ?? [];
    const at = seed % Math.max(1, tokens.length);
    const token = tokens[at] ?? "";
    if (how === "character") {
      const place = seed % (content.length + 1);
      return content.slice(0, place) + strange + content.slice(place + (seed % 2));
    }
    if (how === "cut") tokens.splice(at, 1);
    if (how === "repeat") tokens.splice(at, 0, token);
    if (how === "swap") tokens.splice(at, 2, tokens[at + 1] ?? "", token);
    if (how === "insert") tokens.splice(at, 0, ` ${strange} `);
    if (how === "replace") tokens[at] = strange;
    return tokens.join("");
  }

  test("are refused where Cedar refuses them, and read as Cedar reads them everywhere else", () => {
    const counts = { left: 0, refused: 0, read: 0 };
    fc.assert(
      fc.property(altered, (content) => {
        try {
          checkPolicyFile("P99.cedar", content);
        } catch {
          return;
        }
        const scanned = scanPolicies(content);
        const parsed = parseByCedar(content);
        if (!scanned) counts.left++;
        else if (!isAccepted(scanned)) {
          counts.refused++;
          expect(parsed).toBeUndefined();
        } else {
          counts.read++;
          expect(toComparable(scanned)).toEqual(toComparable(parsed ?? []));
        }
      }),
      { numRuns: 3_000 },
    );
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(50);
  });
});
