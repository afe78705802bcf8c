import { countryOf, encodeCanonical } from "@leix/protocol";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { arbitraryCase } from "../test/arbitrary-case.ts";
import { level } from "../test/arbitrary-history.ts";
import { type Case, decideCase, patchCase } from "../test/case.ts";
import { loadFiles } from "../test/fixtures.ts";
import { loadPolicySet } from "./policy-set.ts";

/** Laws about what a sender sees of what is not its own, over generated messages and states. */

vi.setConfig({ testTimeout: 180_000 });

const set = loadPolicySet(loadFiles());
const RUNS = { numRuns: 120 };

/** All that a decision ever shows the sender. */
function toPublic(content: Case): string {
  const { outcome, markings, recipients } = decideCase(set, content);
  return encodeCanonical({ outcome, markings, recipients });
}

/** The history without what its test does not keep. */
function keep<T>(named: Record<string, T>, isKept: (one: T) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(named).filter(([, one]) => isKept(one)));
}

test("what the sender neither holds nor was given or asked changes nothing that it sees", () => {
  fc.assert(
    fc.property(arbitraryCase, (content) => {
      const { messages, consents, requests } = content.history;
      const { iss } = content.message;
      // A request that its own country's single point of contact holds is no secret from it (P38).
      const spoc = content.world.countries[countryOf(iss)]?.spoc ?? iss;
      const own = {
        messages: keep(messages, ({ kind, holders, copies }) => {
          if (copies.some(({ agency }) => agency === iss)) return true;
          return holders.includes(iss) || (kind === "request" && holders.includes(spoc));
        }),
        consents: keep(consents, ({ ref, grantees }) => ref.iss === iss || grantees.includes(iss)),
        requests: keep(requests, ({ ref, to }) => ref.iss === iss || ref.iss === spoc || iss in to),
      };
      expect(toPublic({ ...content, history: own })).toBe(toPublic(content));
    }),
    RUNS,
  );
});

test("a request that the sender was not asked looks like none, however it stands with others", () => {
  let guesses = 0;
  fc.assert(
    fc.property(arbitraryCase, (content) => {
      const { iss, kind, ...message } = content.message;
      fc.pre(["answer", "refusal", "clarification", "delay"].includes(kind) && "re" in message);
      const others = Object.entries(content.history.requests).map(([name, one]) => {
        const { [iss]: _, ...to } = one.to;
        return [name, { ...one, to }];
      });
      const withOthers = {
        ...content,
        history: { ...content.history, requests: Object.fromEntries(others) },
      };
      const without = { ...content, history: { ...content.history, requests: {} } };
      expect(toPublic(withOthers)).toBe(toPublic(without));
      guesses++;
    }),
    RUNS,
  );
  expect(guesses).toBeGreaterThan(5);
});

test("where things went, from others or from the sender, changes nothing that it sees", () => {
  fc.assert(
    fc.property(arbitraryCase, fc.boolean(), (content, everywhere) => {
      const { iss, to, copies } = content.message;
      const messages = Object.entries(content.history.messages).map(([name, one]) => {
        // That the SPOCs of both ends got what came to it, the sender knows: their copies are mandatory.
        const ends = [iss, one.ref.iss].map((party) => content.world.countries[countryOf(party)]?.spoc);
        const own = one.holders.filter((holder) => holder === iss || ends.includes(holder));
        const others = [...to, ...copies].filter((agency) => !ends.includes(agency));
        const holders = everywhere ? [...own, ...others] : own;
        const readBy = one.readBy.filter((reader) => reader === iss);
        // That it holds something made of a message, the sender knows.
        const moved = { ...one, readBy, copies: one.copies.filter(({ agency }) => agency === iss) };
        const isAsked = one.kind === "request";
        return [name, one.ref.iss === iss || isAsked ? moved : { ...moved, holders }];
      });
      const history = { ...content.history, messages: Object.fromEntries(messages) };
      expect(toPublic({ ...content, history })).toBe(toPublic(content));
    }),
    RUNS,
  );
});

test("a message stopped whatever the others are cleared for shows no clearance", () => {
  const spoc = { type: "police", role: "spoc", status: "active", clearance: "unclassified" } as const;
  fc.assert(
    fc.property(arbitraryCase, level, (content, clearance) => {
      const { kind, to, copies } = content.message;
      fc.pre(kind !== "acknowledgement" && !to.some((agency) => agency === "AL-SPOC"));
      const stopped = patchCase(content, {
        world: { agencies: { "AL-SPOC": spoc } },
        message: { classification: "secret", copies: [...new Set([...copies, "AL-SPOC"])] },
      });
      const { recipients } = decideCase(set, stopped);
      expect(recipients.map(({ effect }) => effect)).not.toContain("permit");
      const others = Object.keys(content.world.agencies).filter((id) => id !== "AL-SPOC");
      const agencies = Object.fromEntries(others.map((id) => [id, { clearance }]));
      expect(toPublic(patchCase(stopped, { world: { agencies } }))).toBe(toPublic(stopped));
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
