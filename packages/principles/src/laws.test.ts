import {
  ConsentPermit,
  encodeCanonical,
  limits,
  listDisclosedLines,
  listTelling,
  MESSAGE_KINDS,
  Purpose,
  toClassificationRank,
  type Verdict,
  verifyVerdictSize,
} from "@leix/protocol";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { arbitraryCase, arbitraryCaseOf } from "../test/arbitrary-case.ts";
import { type Case, decideCase, patchCase, toDelivery } from "../test/case.ts";
import { loadFiles, loadFilesWith } from "../test/fixtures.ts";
import { listRequired } from "../test/required-claims.ts";
import { listTelling as listTellingFacts, toFacts } from "./facts.ts";
import { loadPolicySet } from "./policy-set.ts";
import type { Rule } from "./rule.ts";

/** Laws that hold for every message and every state, over generated ones. fast-check prints the seed. */

// A law is asked hundreds of times; what a busy machine makes of that says nothing about the law.
vi.setConfig({ testTimeout: 180_000 });

const files = loadFiles();
const set = loadPolicySet(files);
const RUNS = { numRuns: 120 };

/** The places of the recipients that a message is let through to. */
function listPermitted({ recipients }: Verdict): number[] {
  return recipients.flatMap(({ effect }, n) => (effect === "permit" ? [n] : []));
}

test("deny by default: where nothing permits, nothing passes", () => {
  const closed = loadPolicySet(
    files.map(({ name, content }) => {
      const nothing = 'permit (principal, action == Action::"review",';
      return { name, content: content.replace("permit (principal, action,", nothing) };
    }),
  );
  fc.assert(
    fc.property(arbitraryCase, (content) => {
      fc.pre(content.message.kind !== "review");
      const { outcome, recipients, notices } = decideCase(closed, content);
      expect(outcome).toBe("denied");
      expect(recipients.flatMap(({ obligations }) => obligations)).toEqual([]);
      expect(notices).toEqual([]);
    }),
    RUNS,
  );
});

test("whatever is remembered, a decision rests on facts derived anew, and is spelled the same", () => {
  fc.assert(
    fc.property(arbitraryCase, (content) => {
      const verdict = decideCase(set, content);
      const names = set.reads(content.message.kind);
      const fresh = verdict.grounds.map(({ agency }) => {
        return listTellingFacts(toFacts(toDelivery(content, agency)), names);
      });
      expect(verdict.grounds.map(({ facts }) => facts)).toEqual(fresh);
      const copy: Verdict = JSON.parse(JSON.stringify(verdict));
      const { outcome, markings, recipients, grounds, notices } = copy;
      const elements = [...recipients, ...grounds, ...notices].map(encodeCanonical);
      const members = [`"outcome",${encodeCanonical(outcome)}`, `"markings",${encodeCanonical(markings)}`];
      expect(listDisclosedLines(verdict)).toEqual([...members, ...elements].map((line) => `${line}\n`));
    }),
    RUNS,
  );
});

test("adding a prohibition never permits more, and no duty either", () => {
  const extended = [
    "context.domestic",
    'context has purpose && context.purpose != "investigation"',
    "context.classificationRank >= 1",
    'context.recipientRole == "spoc"',
    "context.foreignMaterial || context.personalData",
    'context.requestStanding == "open" && !context.limitPassed',
  ].map((condition) => loadPolicySet(loadFilesWith(condition)));
  fc.assert(
    fc.property(arbitraryCase, fc.constantFrom(...extended), (content, stricter) => {
      const before = decideCase(set, content);
      const after = decideCase(stricter, content);
      expect(listPermitted(before)).toEqual(expect.arrayContaining(listPermitted(after)));
      for (const n of listPermitted(after)) expect(after.recipients[n]).toEqual(before.recipients[n]);
    }),
    RUNS,
  );
});

test("taking one of ours away never permits less", () => {
  const loosened = ["P01", "P03", "P13", "P17", "P22", "P31", "P35"].map((rule) =>
    loadPolicySet(files.filter(({ name }) => name !== `${rule}.cedar`)),
  );
  fc.assert(
    fc.property(arbitraryCase, fc.constantFrom(...loosened), (content, looser) => {
      const before = listPermitted(decideCase(set, content));
      expect(listPermitted(decideCase(looser, content))).toEqual(expect.arrayContaining(before));
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

describe("removing a required claim", () => {
  test("never turns a denial into a permit", () => {
    fc.assert(
      fc.property(arbitraryCase, (content) => {
        const before = listPermitted(decideCase(set, content));
        for (const { claim, patch } of listRequired(content.message)) {
          const after = listPermitted(decideCase(set, patchCase(content, { message: patch })));
          expect(before, `without ${claim}`).toEqual(expect.arrayContaining(after));
        }
      }),
      { numRuns: 80 },
    );
  });

  test("each of them turns some permit into a denial, so that the law is about something", () => {
    const decisive = new Set<string>();
    const listed = new Set<string>();
    for (const content of fc.sample(arbitraryCase, { numRuns: 600, seed: 2 })) {
      const before = listPermitted(decideCase(set, content));
      for (const { claim, patch } of listRequired(content.message)) {
        listed.add(claim);
        if (before.length === 0 || decisive.has(claim)) continue;
        const after = listPermitted(decideCase(set, patchCase(content, { message: patch })));
        if (after.length < before.length) decisive.add(claim);
      }
    }
    expect(listed.size).toBeGreaterThan(12);
    expect([...decisive].sort()).toEqual([...listed].sort());
  });
});

describe("markings never loosen", () => {
  test("from what a message draws on to the message", () => {
    fc.assert(
      fc.property(arbitraryCase, (content) => {
        const { sources, markings: own, originsExceeded } = toDelivery(content).material;
        for (const { known, origins } of sources) {
          // A chain cut short reaches nobody: P35.
          if (!originsExceeded) expect(own.origins).toEqual(expect.arrayContaining(known.markings.origins));
          if (known.markings.personal) expect(own.personal).toBe(true);
          // What the sender made of its own alone it may loosen, by sharing it anew.
          if (known.ref.iss === content.message.iss && origins.length === 0) continue;
          expectStricter(own, known.markings);
        }
      }),
      { numRuns: 600 },
    );
  });

  test("along a chain of hops, each drawing on what the one before it was", () => {
    const hops = fc.tuple(arbitraryCaseOf("MK-FIU"), arbitraryCaseOf("RS-POLICE"), arbitraryCase);
    let links = 0;
    fc.assert(
      fc.property(hops, ([first, ...later]) => {
        let before = { ref: first.ref, markings: decideCase(set, first).markings };
        for (const content of later) {
          const hop = drawOn(content, before);
          const { outcome, markings } = decideCase(set, hop);
          if (hop.message.kind === "acknowledgement") return;
          const { originsExceeded } = toDelivery(hop).material;
          if (originsExceeded) expect(outcome).toBe("denied");
          else expect(markings.origins).toEqual(expect.arrayContaining(before.markings.origins));
          expectStricter(markings, before.markings);
          if (outcome !== "denied" && before.markings.evaluation !== undefined) {
            expectNotBetter(markings.evaluation, before.markings.evaluation);
            links++;
          }
          before = { ref: hop.ref, markings };
        }
      }),
      RUNS,
    );
    expect(links).toBeGreaterThan(0);
  });
});

type Markings = Verdict["markings"];

function expectStricter(own: Markings, source: Markings): void {
  expect(own.handling).toEqual(expect.arrayContaining(source.handling));
  const rank = toClassificationRank(own.classification);
  expect(rank).toBeGreaterThanOrEqual(toClassificationRank(source.classification));
  expect(own.deleteBy ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(
    source.deleteBy ?? Number.POSITIVE_INFINITY,
  );
  if (source.personal) expect(own.personal).toBe(true);
}

/** Of letters and of numbers the later is the weaker. */
function expectNotBetter(own: Markings["evaluation"], source: NonNullable<Markings["evaluation"]>): void {
  expect(own?.source.localeCompare(source.source)).toBeGreaterThanOrEqual(0);
  expect(own?.information.localeCompare(source.information)).toBeGreaterThanOrEqual(0);
}

/** The case with one source more, which its sender holds and may pass on; an acknowledgement has none. */
function drawOn(content: Case, { ref, markings }: { ref: Case["ref"]; markings: Markings }): Case {
  const { message } = content;
  if (message.kind === "acknowledgement") return content;
  const earlier = { ref, markings, holders: [ref.iss, message.iss], readBy: [message.iss] };
  const derivedFrom = [...(message.derivedFrom ?? []), ref].slice(-limits.SOURCES_MAX);
  const given = markings.origins.slice(0, 8).map((of, n) => toConsent(content, of, n));
  const consents = [...(message.consents ?? []), ...given.map((consent) => consent.ref)];
  return patchCase(content, {
    message: { derivedFrom, consents },
    history: { messages: { earlier }, consents: Object.fromEntries(given.entries()) },
  });
}

/** By the originator of a message, to this sender and for all that it may want to do with it. */
function toConsent({ message, at }: Case, of: Case["ref"], n: number) {
  const ref = { ...of, id: `01920000-0000-7000-8000-0000000010${n}0` };
  const scope = { recipients: [...message.to, ...message.copies], purposes: [...Purpose.options] };
  const terms = { permits: [...ConsentPermit.options], until: at + 1, withdrawn: false };
  return { ref, of, grantees: [message.iss], ...scope, ...terms };
}

/** Whether a policy stops, or lays its duty on, a delivery of the case. */
function listActing(content: Case): string[] {
  const { to, copies, kind } = content.message;
  return [...to, ...copies].flatMap((recipient) => {
    const { determining, duties } = set.judge(kind, toFacts(toDelivery(content, recipient)));
    const owed = set.rules.filter((rule) => duties.some((duty) => isLaidOnBy(rule, duty)));
    return [...determining, ...owed.map(({ policy }) => policy)];
  });
}

type Duty = ReturnType<typeof set.judge>["duties"][number];

function isLaidOnBy({ rule, duty }: Rule, { rule: own, name, party, term }: Duty): boolean {
  return rule === own && duty?.name === name && duty.party === party && duty.term === term;
}

test("a verdict fits the protocol's limits, and tells nobody twice, nor the sender", () => {
  let notices = 0;
  fc.assert(
    fc.property(arbitraryCase, (content) => {
      const verdict = decideCase(set, content);
      expect(() => verifyVerdictSize(verdict)).not.toThrow();
      const telling = listTelling(verdict.notices);
      const told = telling.map((notice) => encodeCanonical(notice));
      expect(new Set(told).size).toBe(told.length);
      expect(telling.map(({ to }) => to)).not.toContain(content.message.iss);
      if (verdict.outcome === "denied") expect(told).toEqual([]);
      notices += told.length;
    }),
    { numRuns: 600 },
  );
  expect(notices).toBeGreaterThan(0);
});

test("the generated messages meet every policy and outcome, so that the laws are about something", () => {
  const sampled = fc.sample(arbitraryCase, { numRuns: 3_000, seed: 1 });
  const outcomes = new Set(sampled.slice(0, 100).map((content) => decideCase(set, content).outcome));
  expect([...outcomes].sort()).toEqual(["denied", "partly-permitted", "permitted"]);
  const kinds = new Set(sampled.map(({ message }) => message.kind));
  expect([...kinds].sort()).toEqual([...MESSAGE_KINDS].sort());
  const acting = new Set(sampled.flatMap(listActing));
  expect([...acting].sort()).toEqual([...set.rules.map(({ policy }) => policy), "base"].sort());
});
