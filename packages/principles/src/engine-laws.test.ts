import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import { type MessageKind, toClassificationRank, type Verdict } from "@leix/protocol";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { arbitraryCase } from "../test/arbitrary-case.ts";
import { decideCase, toDelivery } from "../test/case.ts";
import { loadFiles, loadFilesWith, toError } from "../test/fixtures.ts";
import { type Facts, listFacts, toFacts } from "./facts.ts";
import { parsePolicyFile } from "./policy-file.ts";
import { loadPolicySet, SCHEMA_FILE } from "./policy-set.ts";

/** Laws about the engine, and about what stands between it and whoever asks. */

vi.setConfig({ testTimeout: 180_000 });

const files = loadFiles();
const set = loadPolicySet(files);
const RUNS = { numRuns: 80 };

const toEffects = ({ recipients }: Verdict) => recipients.map(({ effect }) => effect);

const isClassified = ({ markings }: Verdict) => toClassificationRank(markings.classification) > 0;

describe("an engine that fails is never a permit", () => {
  const overflowing = "context.classificationRank + 9223372036854775807 > 9223372036854775807";

  test("a prohibition that cannot be evaluated: an error, where it matters, and else no change", () => {
    const failing = loadPolicySet(loadFilesWith(overflowing));
    let errors = 0;
    fc.assert(
      fc.property(arbitraryCase, (content) => {
        const error = toError(() => decideCase(failing, content));
        const verdict = decideCase(set, content);
        if (isClassified(verdict)) {
          expect(error).toBe("decision/engine: policies P99");
          errors++;
        } else {
          expect(toEffects(decideCase(failing, content))).toEqual(toEffects(verdict));
        }
      }),
      RUNS,
    );
    expect(errors).toBeGreaterThan(0);
  });

  test("a duty that cannot be evaluated: the same, for whatever would pass", () => {
    const last = loadFilesWith(overflowing).at(-1);
    const content =
      last?.content.replace("forbid", '@obligation("tell-owner") @party("sender") forbid') ?? "";
    const failing = loadPolicySet([...files, { name: "P99.cedar", content }]);
    let errors = 0;
    fc.assert(
      fc.property(arbitraryCase, (one) => {
        const error = toError(() => decideCase(failing, one));
        const verdict = decideCase(set, one);
        if (verdict.outcome !== "denied" && isClassified(verdict)) {
          expect(error).toBe("decision/engine: policies P99");
          errors++;
        }
        if (error === "no error") expect(toEffects(decideCase(failing, one))).toEqual(toEffects(verdict));
      }),
      { numRuns: 200 },
    );
    expect(errors).toBeGreaterThan(0);
  });
});

/** Every policy as Cedar's own call takes it: parsed anew for each question, nothing kept from the last. */
const policies = files
  .filter(({ name }) => name !== SCHEMA_FILE)
  .flatMap(({ name, content }) => parsePolicyFile(name, content));
const gates = policies.filter(({ rule }) => rule?.duty === undefined);
const duties = policies.filter(({ rule }) => rule?.duty !== undefined);

function askPlainly(asked: typeof policies, kind: MessageKind, facts: Facts): cedar.Response {
  const answer = cedar.isAuthorized({
    principal: { type: "Sender", id: "sender" },
    action: { type: "Action", id: kind },
    resource: { type: "Delivery", id: "delivery" },
    context: facts,
    policies: { staticPolicies: Object.fromEntries(asked.map(({ id, text }) => [id, text])) },
    entities: [],
  });
  if (answer.type === "failure") throw new Error(JSON.stringify(answer.errors));
  expect(answer.response.diagnostics.errors).toEqual([]);
  return answer.response;
}

test("neither memory nor handing the policies over once changes an answer of the plain call", () => {
  const forgetful = loadPolicySet(files, { memoEntriesMax: 2 });
  fc.assert(
    fc.property(arbitraryCase, (content) => {
      const { kind, to, copies } = content.message;
      for (const recipient of [...to, ...copies]) {
        const facts = toFacts(toDelivery(content, recipient));
        const plain = askPlainly(gates, kind, facts);
        const { effect, determining, duties: owed } = set.judge(kind, facts);
        expect(effect).toBe(plain.decision === "allow" ? "permit" : "deny");
        expect(determining).toEqual([...plain.diagnostics.reason].sort());
        const laidOn = effect === "permit" ? askPlainly(duties, kind, facts).diagnostics.reason : [];
        expect(new Set(owed.map(({ rule }) => rule))).toEqual(new Set(laidOn.map((id) => id.slice(0, 3))));
        const values = listFacts(toDelivery(content, recipient), {}, set.reads(kind));
        for (const one of [set, forgetful]) {
          expect(one.judge(kind, facts)).toEqual(set.judge(kind, facts));
          expect(one.judgeListed(kind, values)).toEqual(set.judge(kind, facts));
        }
      }
    }),
    RUNS,
  );
});
