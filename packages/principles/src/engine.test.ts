import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import type { MessageKind } from "@leix/protocol";
import { describe, expect, test, vi } from "vitest";
import { decideCase, patchCase, toDelivery } from "../test/case.ts";
import { loadCase, loadCases, loadFiles, loadFilesWith, toError } from "../test/fixtures.ts";
import { CEDAR_VERSION, createEngine } from "./engine.ts";
import { type Facts, toFacts } from "./facts.ts";
import { loadPolicySet, SCHEMA_FILE } from "./policy-set.ts";

/** Each trap of Cedar that design.md names: that it is there, and that we do not step into it. */

// Several sets are loaded in one test, which a busy machine takes its time over.
vi.setConfig({ testTimeout: 60_000 });

const files = loadFiles();
const permitted = loadCase("P17-forward-with-consent.permit");
const facts = toFacts(toDelivery(permitted));

const request = (ids: cedar.PolicySet, context: Facts) =>
  cedar.isAuthorized({
    principal: { type: "Sender", id: "sender" },
    action: { type: "Action", id: "notification" },
    resource: { type: "Delivery", id: "delivery" },
    context,
    policies: ids,
    entities: [],
  });

describe("a prohibition whose evaluation fails", () => {
  const overflowing = "context.classificationRank + 9223372036854775807 > 9223372036854775807";

  test("is skipped by Cedar, which then permits", () => {
    const forbid = `forbid (principal, action, resource) when { ${overflowing} };`;
    const base = "permit (principal, action, resource);";
    const answer = request({ staticPolicies: { base, forbid } }, facts);
    expect(answer).toMatchObject({ type: "success", response: { decision: "allow" } });
  });

  test("is an engine error here, and never a permit", () => {
    const set = loadPolicySet(loadFilesWith(overflowing));
    expect(toError(() => decideCase(set, permitted))).toBe("decision/engine: policies P99");
  });

  test("is one too where another rule denies anyway, and again when asked again", () => {
    const set = loadPolicySet(loadFilesWith(overflowing));
    const denied = patchCase(permitted, { message: { consents: null } });
    expect(toError(() => decideCase(set, denied))).toBe("decision/engine: policies P99");
    expect(toError(() => decideCase(set, denied))).toBe("decision/engine: policies P99");
  });

  test("is one where it is a duty", () => {
    const [rule] = loadFilesWith(overflowing).slice(-1);
    const duty = rule?.content.replace("forbid", '@obligation("tell-owner") @party("sender") forbid') ?? "";
    const set = loadPolicySet([...files, { name: "P99.cedar", content: duty }]);
    expect(toError(() => decideCase(set, permitted))).toBe("decision/engine: policies P99");
  });

  test("does not hurt a set in which nothing fails", () => {
    const unclassified = { message: { classification: "unclassified", derivedFrom: null } };
    const set = loadPolicySet(loadFilesWith(overflowing));
    expect(decideCase(set, patchCase(permitted, unclassified)).outcome).toBe("permitted");
  });
});

describe("facts that are not those of the list", () => {
  const set = loadPolicySet(files);
  test.each<[string, object]>([
    ["a rank that is no number", { classificationRank: "1" }],
    ["a required fact missing", { domestic: undefined }],
  ])("are an engine error: %s", (_, change) => {
    expect(toError(() => set.judge("notification", { ...facts, ...change }))).toMatch(/^decision\/engine/);
  });
});

describe("an engine that gives no clean answer", () => {
  const base = { id: "base", text: "permit (principal, action, resource);" };

  test("because it is asked about a kind that is none", () => {
    const engine = createEngine("kind", [base]);
    expect(toError(() => engine.ask("gossip" as MessageKind, facts))).toMatch(/^decision\/engine/);
  });

  test("because it is told a fact of another list", () => {
    const engine = createEngine("whole", [base]);
    expect(toError(() => engine.ask("notification", { ...facts, ...{ overdue: true } }))).toMatch(
      /^decision\/engine/,
    );
  });

  test("because it refuses the request", () => {
    const engine = createEngine("refuses", [base]);
    const misread = Object.defineProperty({ ...facts }, "toJSON", { value: () => 7, enumerable: false });
    expect(toError(() => engine.ask("notification", misread))).toMatch(/^decision\/engine/);
  });
});

describe("ids", () => {
  test("are lost by Cedar where policies are given as one text", () => {
    const text = '@id("base") permit (principal, action, resource);';
    const answer = request({ staticPolicies: text }, facts);
    expect(answer).toMatchObject({ response: { diagnostics: { reason: ["policy0"] } } });
  });

  test("come in order, although Cedar gives them in none", () => {
    const text = "forbid (principal, action, resource);";
    const ids = Array.from({ length: 20 }, (_, n) => `P${n + 10}`);
    const engine = createEngine("order", ids.map((id) => ({ id, text })).reverse());
    expect(engine.ask("notification", facts)).toEqual({ permitted: false, policies: ids });
  });

  test("survive here", () => {
    const set = loadPolicySet(loadFilesWith("!context.domestic"));
    const { grounds } = decideCase(set, permitted);
    expect(grounds[0]?.determining).toEqual(["P99"]);
    expect(decideCase(loadPolicySet(files), permitted).grounds[0]?.determining).toEqual(["base"]);
  });
});

test("sets coexist: each answers by its own rules, in any order", () => {
  const one = loadPolicySet(files);
  const other = loadPolicySet(loadFilesWith("!context.domestic"));
  const again = loadPolicySet(files);
  const outcomes = [one, other, again, other, one].map((set) => decideCase(set, permitted).outcome);
  expect(outcomes).toEqual(["permitted", "denied", "permitted", "denied", "permitted"]);
  expect(one.digest).toBe(again.digest);
  expect(one.digest).not.toBe(other.digest);
});

test("requests are valid under the schema, which is not asked again at run time", () => {
  const schema = files.find(({ name }) => name === SCHEMA_FILE)?.content ?? "";
  const asked = loadCases().map(({ content }) => {
    const answer = cedar.isAuthorized({
      principal: { type: "Sender", id: "sender" },
      action: { type: "Action", id: content.message.kind },
      resource: { type: "Delivery", id: "delivery" },
      context: toFacts(toDelivery(content)),
      schema,
      validateRequest: true,
      policies: { staticPolicies: { base: "permit (principal, action, resource);" } },
      entities: [],
    });
    return answer.type;
  });
  expect(asked.length).toBeGreaterThan(0);
  expect([...new Set(asked)]).toEqual(["success"]);
});

test("the version is Cedar's own, as a decider names it", () => {
  expect(CEDAR_VERSION).toBe(cedar.getCedarVersion());
  expect(CEDAR_VERSION).toMatch(/^[0-9]+\.[0-9]+\.[0-9]+$/);
});
