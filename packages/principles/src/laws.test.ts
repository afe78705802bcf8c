import { encodeCanonical, toClassificationRank, type Verdict } from "@leix/protocol";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { arbitraryCase, level } from "../test/arbitrary-case.ts";
import { type Case, decideCase, toDelivery } from "../test/case.ts";
import { loadFiles, loadFilesWith } from "../test/fixtures.ts";
import { loadPolicySet } from "./policy-set.ts";

/** Laws that hold for every message and every state, over generated ones. fast-check prints the seed. */

// A law is asked hundreds of times; what a busy machine makes of that says nothing about the law.
vi.setConfig({ testTimeout: 60_000 });

const files = loadFiles();
const set = loadPolicySet(files);
const RUNS = { numRuns: 300 };

const toPublic = ({ outcome, markings, recipients }: Verdict) =>
  encodeCanonical({ outcome, markings, recipients });

test("deny by default: where nothing permits, nothing passes", () => {
  const closed = loadPolicySet(
    files.map(({ name, content }) => {
      const nothing = 'permit (principal, action == Action::"review",';
      return { name, content: content.replace("permit (principal, action,", nothing) };
    }),
  );
  fc.assert(
    fc.property(arbitraryCase, (content) => {
      expect(decideCase(closed, content).outcome).toBe("denied");
    }),
    RUNS,
  );
});

test("adding a prohibition never permits more", () => {
  const extended = [
    "context.domestic",
    'context has purpose && context.purpose != "investigation"',
    "context.classificationRank >= 1",
    'context.recipientRole == "spoc"',
    "context.foreignMaterial || context.personalData",
  ].map((condition) => loadPolicySet(loadFilesWith(condition)));
  fc.assert(
    fc.property(arbitraryCase, fc.constantFrom(...extended), (content, stricter) => {
      const before = decideCase(set, content).recipients;
      const after = decideCase(stricter, content).recipients;
      const wider = after.filter(({ effect }, n) => effect === "permit" && before[n]?.effect !== "permit");
      expect(wider).toEqual([]);
    }),
    RUNS,
  );
});

test("deciding twice gives the same bytes: loaded again, with or without memory, or with a tiny one", () => {
  const others = [0, 1, 3].map((memoEntriesMax) => loadPolicySet([...files].reverse(), { memoEntriesMax }));
  fc.assert(
    fc.property(arbitraryCase, (content) => {
      const bytes = encodeCanonical(decideCase(set, content));
      for (const again of [set, ...others]) expect(encodeCanonical(decideCase(again, content))).toBe(bytes);
    }),
    RUNS,
  );
});

test("markings never loosen along a chain", () => {
  fc.assert(
    fc.property(arbitraryCase, (content) => {
      const { sources, markings: own } = toDelivery(content).material;
      for (const { markings: source } of sources.map(({ known }) => known)) {
        expect(own.handling).toEqual(expect.arrayContaining(source.handling));
        expect(own.origins).toEqual(expect.arrayContaining(source.origins));
        const rank = toClassificationRank(own.classification);
        expect(rank).toBeGreaterThanOrEqual(toClassificationRank(source.classification));
        expect(own.deleteBy).toBeLessThanOrEqual(source.deleteBy ?? Number.POSITIVE_INFINITY);
      }
    }),
    RUNS,
  );
});

test("what the sender does not hold, and consents not given to it, change nothing that it sees", () => {
  fc.assert(
    fc.property(arbitraryCase, (content) => {
      const { messages, consents } = content.history;
      const { iss } = content.message;
      const held = Object.entries(messages).filter(([, { holders }]) => holders.includes(iss));
      const given = Object.entries(consents).filter(([, { grantees }]) => grantees.includes(iss));
      const own = { messages: Object.fromEntries(held), consents: Object.fromEntries(given) };
      expect(toPublic(decideCase(set, { ...content, history: own }))).toBe(
        toPublic(decideCase(set, content)),
      );
    }),
    RUNS,
  );
});

test("where others sent what they sent changes nothing that the sender sees", () => {
  fc.assert(
    fc.property(arbitraryCase, fc.boolean(), (content, everywhere) => {
      const { iss, to, copies } = content.message;
      const messages = Object.entries(content.history.messages).map(([name, one]) => {
        const own = one.holders.filter((holder) => holder === iss);
        const holders = everywhere ? [...own, ...to, ...copies] : own;
        return [name, one.ref.iss === iss ? one : { ...one, holders }];
      });
      const history = { ...content.history, messages: Object.fromEntries(messages) };
      expect(toPublic(decideCase(set, { ...content, history }))).toBe(toPublic(decideCase(set, content)));
    }),
    RUNS,
  );
});

test("a message stopped whatever the others are cleared for shows no clearance", () => {
  fc.assert(
    fc.property(arbitraryCase, level, (content, clearance) => {
      const spoc = { type: "police", role: "spoc", status: "active", clearance: "unclassified" } as const;
      const agencies = { ...content.world.agencies, "AL-SPOC": spoc };
      const stopped = { ...content, world: { ...content.world, agencies } };
      const before = decideCase(set, stopped);
      const copy = before.recipients.find(({ agency, as }) => agency === "AL-SPOC" && as === "copy");
      fc.pre(copy?.effect === "deny");
      const others = Object.entries(agencies).map(([id, one]) => [id, { ...one, clearance }]);
      const changed = { ...content.world, agencies: { ...Object.fromEntries(others), "AL-SPOC": spoc } };
      expect(toPublic(decideCase(set, { ...content, world: changed }))).toBe(toPublic(before));
    }),
    RUNS,
  );
});

test("which rules are named never depends on anyone's clearance", () => {
  const toNamed = (content: Case) =>
    decideCase(set, content).recipients.map(({ reasons }) => reasons.filter((reason) => /^P/.test(reason)));
  fc.assert(
    fc.property(arbitraryCase, level, (content, clearance) => {
      const parties = Object.entries(content.world.agencies).map(([id, one]) => [id, { ...one, clearance }]);
      const changed = { ...content.world, agencies: Object.fromEntries(parties) };
      expect(toNamed({ ...content, world: changed })).toEqual(toNamed(content));
    }),
    RUNS,
  );
});

test("the generated messages meet every rule and every outcome, so that the laws are about something", () => {
  const verdicts = fc
    .sample(arbitraryCase, { numRuns: 3000, seed: 1 })
    .map((content) => decideCase(set, content));
  const outcomes = new Set(verdicts.map(({ outcome }) => outcome));
  expect([...outcomes].sort()).toEqual(["denied", "partly-permitted", "permitted"]);
  const rules = new Set(verdicts.flatMap(({ grounds }) => grounds.flatMap(({ determining }) => determining)));
  expect([...rules].sort()).toEqual(["P01", "P02", "P06", "P16", "P17", "P20", "P22", "P32", "P33", "base"]);
});
