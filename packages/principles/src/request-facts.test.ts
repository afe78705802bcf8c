import { describe, expect, test } from "vitest";
import { type Case, patchCase, toDelivery } from "../test/case.ts";
import { loadCase } from "../test/fixtures.ts";
import type { FactValue } from "./fact.ts";
import { REQUEST_FACTS } from "./request-facts.ts";

type Stated = Exclude<keyof typeof REQUEST_FACTS, "askedElsewhere">;
const request = loadCase("P05-complete.permit");
const notification = loadCase("P37-crime-and-relevance.permit");
const answer = loadCase("P37-answer-without-relevance.permit", {
  message: { crime: "terrorism", offence: { eawListed: true } },
});
const declare = (declares: object) => ({ message: { declares } });
const urgent = { message: { urgency: { ground: "life" }, declares: { urgencyReason: true } } };

/** For each fact of what the sender states: a message, what changes in it, and what the fact then is. */
const EXPECTED: Record<Stated, [string, Case, unknown, FactValue][]> = {
  crimeStated: [
    ["by a request", request, {}, true],
    ["by a notification", notification, {}, true],
    ["not", request, { message: { crime: null } }, false],
    ["by what is not asked for it", answer, {}, false],
  ],
  offenceStated: [
    ["not", request, {}, false],
    ["as nothing", request, { message: { offence: {} } }, false],
    ["as a penalty", request, { message: { offence: { maxPenaltyYears: 0 } } }, true],
    ["as no serious one", request, { message: { offence: { serious: false } } }, true],
    ["by what is not asked for it", answer, {}, false],
  ],
  eawListed: [
    ["unstated", request, {}, false],
    ["listed", request, { message: { offence: { eawListed: true } } }, true],
    ["not listed", request, { message: { offence: { eawListed: false } } }, false],
    ["in an answer", answer, {}, false],
  ],
  factsDeclared: [
    ["declared", request, {}, true],
    ["declared to be absent", request, declare({ facts: false }), false],
    ["nothing declared", request, { message: { declares: null } }, false],
    ["in a notification", notification, declare({ facts: true }), false],
  ],
  groundsDeclared: [
    ["declared", request, {}, true],
    ["not declared", request, declare({ grounds: null }), false],
  ],
  useRestrictionDeclared: [
    ["declared", request, {}, true],
    ["not declared", request, declare({ useRestriction: null }), false],
  ],
  personLinkDeclared: [
    ["not declared", request, {}, false],
    ["declared", request, declare({ personLink: true }), true],
  ],
  relevanceDeclared: [
    ["declared", notification, {}, true],
    ["declared to be absent", notification, declare({ relevance: false }), false],
    ["in a request", request, declare({ relevance: true }), false],
  ],
  urgencyClaimed: [
    ["not", request, {}, false],
    ["on no ground", request, { message: { urgency: {} } }, true],
    ["on a ground", request, urgent, true],
    ["in an answer, which has none", answer, {}, false],
  ],
  urgent: [
    ["not called so", request, declare({ urgencyReason: true }), false],
    ["on a ground, with its reason", request, urgent, true],
    ["without the reason", request, { message: { urgency: { ground: "life" } } }, false],
    ["with a reason said to be absent", patchCase(request, urgent), declare({ urgencyReason: false }), false],
    ["without a ground", patchCase(request, urgent), { message: { urgency: { ground: null } } }, false],
  ],
  access: [
    ["direct", request, { message: { access: "direct" } }, "direct"],
    ["indirect", request, { message: { access: "indirect" } }, "indirect"],
    ["unstated", request, {}, "unstated"],
    ["of an answer", answer, {}, "unstated"],
  ],
};

describe.each(Object.entries(EXPECTED))("%s", (name, expected) => {
  test.each(expected)("%s", (_, content, patch, value) => {
    const delivery = toDelivery(patchCase(content, patch));
    expect(REQUEST_FACTS[name as Stated].derive(delivery)).toBe(value);
  });

  test("takes more than one value", () => {
    expect(new Set(expected.map(([, , , value]) => value)).size).toBeGreaterThan(1);
  });
});

describe("askedElsewhere", () => {
  const sample = loadCase("P38-spoc-holds-the-other.duty");
  const derive = (content: Case, recipient?: (typeof content.message.to)[number]) =>
    REQUEST_FACTS.askedElsewhere.derive(toDelivery(content, recipient));
  const standing = (one: string) => ({
    history: { requests: { other: { to: { "RS-POLICE": { standing: one } } } } },
  });
  const holders = (...list: string[]) => ({ history: { messages: { other: { holders: list } } } });
  const unstated = { history: { requests: { other: { crime: null } } }, message: { crime: null } };

  test.each<[string, unknown, boolean]>([
    ["open, and the SPOC holds it", {}, true],
    ["waits for a clarification", standing("clarifying"), true],
    ["answered", standing("answered"), false],
    ["refused", standing("refused"), false],
    ["neither states a crime", unstated, true],
    ["one states no crime", { message: { crime: null } }, false],
    ["of another case", { message: { case: "7b0c6a4e-2f1d-4c3b-9a8e-5d6f7a8b9c0e" } }, false],
    ["held by its sender alone", holders("AL-POLICE", "RS-POLICE"), false],
    ["held by this sender", holders("AL-CUSTOMS", "RS-POLICE"), true],
    ["held by the recipient's SPOC", holders("AL-CUSTOMS", "RS-SPOC"), true],
    ["held by others of the recipient's country", holders("AL-CUSTOMS", "AL-SPOC", "RS-FIU"), false],
    ["absent as a message", { history: { messages: { other: null } } }, false],
    ["the country has no SPOC", { world: { countries: { AL: { spoc: null } } } }, false],
    ["the country is not registered", { world: { countries: { AL: null } } }, false],
  ])("%s", (_, patch, value) => {
    expect(derive(patchCase(sample, patch))).toBe(value);
  });

  test("of what is told to the sender's own country, and of other kinds, it says nothing", () => {
    const own = patchCase(sample, {
      history: { requests: { other: { to: { "AL-SPOC": { standing: "open" } } } } },
    });
    expect(derive(own, own.message.copies[0])).toBe(false);
    expect(derive(patchCase(sample, { message: { kind: "notification" } }))).toBe(false);
  });

  describe("a further request", () => {
    const re = Object.values(sample.history.requests)[0]?.ref;
    const follow = (thread: string) => patchCase(sample, { message: { re, thread } });

    test("in the thread of the other repeats nothing", () => {
      expect(derive(follow(re?.id ?? ""))).toBe(false);
    });

    test("in a thread that the other did not open", () => {
      const third = follow("01920000-0000-7000-8000-000000000099");
      expect(derive(third)).toBe(true);
      expect(derive(patchCase(third, { history: { messages: { other: { re } } } }))).toBe(false);
    });
  });
});
