import { describe, expect, test } from "vitest";
import { type Case, patchCase, toDelivery } from "../test/case.ts";
import { loadCase } from "../test/fixtures.ts";
import type { FactValue } from "./fact.ts";
import { QUALITY_FACTS } from "./quality-facts.ts";

const DAY = 86_400;
const notification = loadCase("P33-listed-basis.permit");
const forward = loadCase("P26-repeated.permit");
const twoSources = loadCase("P26-weakest-of-two.permit");
const ownPart = loadCase("P26-own-part-is-weaker.permit");
const ownSource = loadCase("P31-own-source-expired.deny");
const three = loadCase("P29-three-agencies-and-spocs.permit");
const acknowledgement = loadCase("P02-node-acknowledges.permit");
const spoc = { type: "police", role: "spoc", status: "active", clearance: "confidential" };
const { at } = notification;
const message = (change: unknown) => ({ message: change });
const personal = (change: unknown) => ({ message: { personal: change } });
const answer = (change: unknown) => ({ history: { messages: { answer: { markings: change } } } });
const own = (change: unknown) => ({ history: { messages: { own: { markings: change } } } });

const strong = { source: "A", information: "1" };
const better = message({ evaluation: { source: "A", information: "3" } });

type Expected = Record<keyof typeof QUALITY_FACTS, [string, Case, unknown, FactValue | undefined][]>;

/** For each fact: the message, what changes in the case, and what the fact then is. */
type Evaluation = "evaluationKnown" | "evaluationStrengthened" | "evaluationWeakened";
const EVALUATION: Pick<Expected, Evaluation> = {
  evaluationKnown: [
    ["stated", notification, {}, true],
    ["not stated, by nobody", notification, message({ evaluation: null }), false],
    ["that of the source", forward, message({ evaluation: null }), true],
    [
      "none of the source",
      forward,
      { ...message({ evaluation: null }), ...answer({ evaluation: null }) },
      false,
    ],
    ["stated, and none of the source", forward, answer({ evaluation: null }), true],
    ["that of the sender's own earlier message", ownSource, message({ evaluation: null }), false],
    ["an acknowledgement tells nothing", acknowledgement, {}, false],
  ],
  evaluationStrengthened: [
    ["as given", forward, {}, false],
    ["left unsaid", forward, message({ evaluation: null }), false],
    ["a better source", forward, message({ evaluation: { source: "A" } }), true],
    ["a worse source", forward, message({ evaluation: { source: "C" } }), false],
    ["better information", forward, message({ evaluation: { information: "1" } }), true],
    ["better in one, worse in the other", forward, better, true],
    ["the source has none", forward, answer({ evaluation: null }), false],
    ["the weakest of two", twoSources, {}, false],
    ["that of the one", twoSources, message({ evaluation: { source: "B" } }), true],
    ["its own message anew", ownSource, message({ evaluation: { source: "A" } }), false],
    ["as weak as the sender's own part", ownPart, {}, false],
    ["that of the other part", ownPart, message({ evaluation: { source: "B", information: "2" } }), true],
    ["nothing drawn on", notification, {}, false],
  ],
  evaluationWeakened: [
    ["as given", forward, {}, false],
    ["left unsaid", forward, message({ evaluation: null }), false],
    ["a worse source", forward, message({ evaluation: { source: "C" } }), true],
    ["worse information", forward, message({ evaluation: { information: "3" } }), true],
    ["better in one, worse in the other", forward, better, true],
    ["the source has none", forward, answer({ evaluation: null }), false],
    ["of two", twoSources, message({ evaluation: { source: "X" } }), true],
    ["its own message anew", ownSource, message({ evaluation: { source: "X" } }), false],
    ["with the sender's own part, however good", ownPart, own({ evaluation: strong }), false],
    ["nothing drawn on", notification, {}, false],
  ],
};

const TIMES: Omit<Expected, keyof typeof EVALUATION | keyof typeof PERSONS> = {
  factualStated: [
    ["fact", notification, {}, true],
    ["assessment", notification, personal({ factual: "assessment" }), true],
    ["unsaid", notification, personal({ factual: null }), false],
    ["no personal data", notification, personal(null), false],
  ],
  asOfStated: [
    ["stated", notification, {}, true],
    ["at the very beginning of time", notification, personal({ asOf: 0 }), true],
    ["unsaid", notification, personal({ asOf: null }), false],
    ["no personal data", notification, personal(null), false],
  ],
  asOfInFuture: [
    ["when it was issued", notification, personal({ asOf: notification.message.iat }), false],
    ["a second later", notification, personal({ asOf: notification.message.iat + 1 }), true],
    ["unsaid", notification, personal({ asOf: null }), false],
  ],
  asOfOld: [
    ["half a year", notification, personal({ asOf: at - 180 * DAY }), false],
    ["a second more", notification, personal({ asOf: at - 180 * DAY - 1 }), true],
    [
      "a second more when received",
      notification,
      { received: at + 1, ...personal({ asOf: at - 180 * DAY }) },
      true,
    ],
    ["unsaid", notification, personal({ asOf: null }), false],
  ],
  deleteByKnown: [
    ["stated", notification, {}, true],
    ["unsaid", notification, message({ deleteBy: null }), false],
    ["with the source", forward, answer({ deleteBy: at + 1 }), true],
    ["of the sender's own earlier message", ownSource, {}, false],
  ],
  expired: [
    ["a second before", notification, message({ deleteBy: at + 1 }), false],
    ["at that second", notification, message({ deleteBy: at }), true],
    ["no such time", notification, message({ deleteBy: null }), false],
    [
      "decided when it has come, if received before",
      notification,
      { at: at + 9, received: at, ...message({ deleteBy: at + 9 }) },
      true,
    ],
    ["a source's, a second before", forward, answer({ deleteBy: at + 1 }), false],
    ["a source's, at that second", forward, answer({ deleteBy: at }), true],
    ["an own source's, a second before", ownSource, own({ deleteBy: at + 1 }), false],
    ["an own source's, at that second", ownSource, own({ deleteBy: at }), true],
    [
      "of a source that the sender does not hold",
      forward,
      {
        history: { messages: { answer: { holders: ["MK-FIU"], markings: { deleteBy: 1 } } } },
      },
      false,
    ],
  ],
  keptLong: [
    ["three years", notification, message({ deleteBy: at + 1_096 * DAY }), false],
    ["a second more", notification, message({ deleteBy: at + 1_096 * DAY + 1 }), true],
    ["no such time", notification, message({ deleteBy: null }), false],
    [
      "less by a source",
      forward,
      { ...message({ deleteBy: at + 2_000 * DAY }), ...answer({ deleteBy: at + DAY }) },
      false,
    ],
  ],
};

const PERSONS: Pick<Expected, "subjects" | "specialBasis" | "strictNecessityDeclared" | "broadcast"> = {
  subjects: [
    ["one", notification, {}, ["suspect"]],
    [
      "several, sorted, each once",
      notification,
      personal({ subjects: [{ category: "witness" }, { category: "contact" }, { category: "witness" }] }),
      ["contact", "witness"],
    ],
    [
      "under 18",
      notification,
      personal({ subjects: [{ category: "suspect", minor: true }] }),
      ["minor", "suspect"],
    ],
    [
      "not under 18",
      notification,
      personal({ subjects: [{ category: "suspect", minor: false }] }),
      ["suspect"],
    ],
    ["nobody", notification, personal(null), []],
    ["an acknowledgement is about nobody", acknowledgement, {}, []],
  ],
  specialBasis: [
    ["the law", notification, personal({ special: "law" }), "law"],
    ["none", notification, {}, undefined],
    ["no personal data", notification, personal(null), undefined],
  ],
  strictNecessityDeclared: [
    ["declared", notification, message({ declares: { strictNecessity: true } }), true],
    ["denied", notification, message({ declares: { strictNecessity: false } }), false],
    ["other texts declared", notification, {}, false],
    ["nothing declared", notification, message({ declares: null }), false],
  ],
  broadcast: [
    ["one agency", notification, {}, false],
    ["a group", notification, message({ group: { id: "AL+balkan-desk", version: 1 } }), true],
    ["three agencies, and copies to single points of contact", three, {}, false],
    ["four agencies", three, message({ to: ["RS-POLICE", "RS-BORDER", "RS-CUSTOMS", "RS-FIU"] }), true],
    [
      "three agencies, and a copy to the single point of contact of a third country",
      three,
      { world: { agencies: { "MK-SPOC": spoc } }, message: { copies: ["AL-SPOC", "MK-SPOC"] } },
      true,
    ],
    ["three agencies, and a copy to a fourth", three, message({ copies: ["AL-SPOC", "RS-FIU"] }), true],
    [
      "three agencies, and a copy to one that is not registered",
      three,
      message({ copies: ["RS-CERT"] }),
      true,
    ],
  ],
};

const EXPECTED: Expected = { ...EVALUATION, ...TIMES, ...PERSONS };

describe.each(Object.entries(EXPECTED))("%s", (name, expected) => {
  test.each(expected)("%s", (_, original, patch, value) => {
    const delivery = toDelivery(patchCase(original, patch));
    expect(QUALITY_FACTS[name as keyof typeof QUALITY_FACTS].derive(delivery)).toEqual(value);
  });

  test("takes more than one value", () => {
    expect(new Set(expected.map(([, , , value]) => JSON.stringify(value))).size).toBeGreaterThan(1);
  });
});
