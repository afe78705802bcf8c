import { limits } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { patchCase, toDelivery } from "../test/case.ts";
import { loadCase } from "../test/fixtures.ts";
import { SOURCE_FACTS } from "./source-facts.ts";

// AL-CUSTOMS forwards MK-FIU's `answer`, received for an investigation, to RS-POLICE with MK-FIU's `consent`.
const sample = loadCase("P17-forward-with-consent.permit");
const original = sample.message;
const answer = sample.history.messages.answer?.ref;
const id = (n: number) => `01920000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
const own = { iss: "AL-CUSTOMS", id: id(50), digest: answer?.digest };
const relayed = { iss: "MK-SPOC", id: id(51), digest: answer?.digest };

const message = (patch: unknown) => ({ message: patch });
const consent = (patch: unknown) => ({ history: { consents: { consent: patch } } });
const marked = (markings: unknown, holders = ["MK-FIU", "AL-CUSTOMS"]) => ({ answer: { markings, holders } });
const known = (messages: unknown, patch: unknown = {}) => ({ history: { messages }, message: patch });
/** A message that the sender made itself of the answer. */
const ownOf = (purpose: string, handling = "H0", holders = ["AL-CUSTOMS", "MK-FIU"]) => {
  const markings = { handling: [handling], classification: "restricted", purpose, origins: [own, answer] };
  return { "own relay": { ref: own, markings, holders } };
};
/** A message that another agency made of the answer. */
const relayedOf = (handling: string, holders = ["MK-SPOC", "AL-CUSTOMS"]) => {
  const markings = { handling: [handling], classification: "restricted", origins: [relayed, answer] };
  return { relayed: { ref: relayed, markings: { ...markings, purpose: "investigation" }, holders } };
};
const many = Array.from({ length: limits.ORIGINS_MAX }, (_, n) => ({ ...relayed, id: id(1000 + n) }));

/** What every kind of consent has to fit, apart from its permit. */
const MISFITS: [string, unknown, boolean][] = [
  ["another recipient", consent({ recipients: ["RS-SPOC"] }), false],
  ["another purpose", consent({ purposes: ["prosecution"] }), false],
  ["over another message", consent({ of: { id: id(60) } }), false],
  ["over another content", consent({ of: { digest: sample.ref.digest } }), false],
  ["addressed to another agency", consent({ grantees: ["RS-SPOC"] }), false],
  ["expired at this second", consent({ until: sample.at }), false],
  ["withdrawn", consent({ withdrawn: true }), false],
  ["not recorded", { history: { consents: { consent: null } } }, false],
  ["not named", message({ consents: null }), false],
];
const h2 = marked({ handling: ["H2"] });
const other = message({ purpose: "detection" });
/** Makes the sample's consent one of the permit, and the material one that asks for it. */
const base: Record<string, unknown> = {
  forwardConsented: {},
  otherPurposeConsented: {
    history: {
      messages: marked({ purpose: "detection" }),
      consents: { consent: { permits: ["other-purpose"] } },
    },
  },
  disseminateConsented: {
    history: { messages: h2, consents: { consent: { permits: ["disseminate"] } } },
  },
};

/** For each fact: what changes in the sample, and what the fact then is. */
const EXPECTED: Record<keyof typeof SOURCE_FACTS, [string, unknown, boolean][]> = {
  unknownSource: [
    ["held", {}, false],
    ["never recorded", { history: { messages: { answer: null } } }, true],
    [
      "recorded with another digest",
      message({ derivedFrom: [{ ...answer, digest: sample.ref.digest }] }),
      true,
    ],
    ["not held by the sender", known(marked({}, ["MK-FIU", "RS-POLICE"])), true],
    ["none named", message({ derivedFrom: null }), false],
    ["the same one named twice", message({ derivedFrom: [answer, answer] }), false],
  ],
  originsExceeded: [
    ["as many as fit, with the message itself", known(marked({ origins: many.slice(1) })), false],
    ["one more", known(marked({ origins: many })), true],
  ],
  foreignMaterial: [
    ["another agency's", {}, true],
    ["going back to it", message({ to: ["MK-FIU"] }), false],
    ["none", message({ derivedFrom: null }), false],
    ["behind a message of one's own", known(ownOf("investigation"), { derivedFrom: [own] }), true],
    ["behind the recipient's", known(relayedOf("H0"), { derivedFrom: [relayed], to: ["MK-SPOC"] }), true],
    ["in a source not held", known(marked({}, ["MK-FIU"])), false],
  ],
  forwardConsented: [
    ["consented", {}, true],
    ["no foreign material", message({ to: ["MK-FIU"], consents: null }), true],
    ["permits something else", consent({ permits: ["disseminate", "evidence", "other-purpose"] }), false],
    ["by another agency", consent({ ref: { iss: "MK-SPOC" } }), false],
    ["one of two origins", known(relayedOf("H0"), { derivedFrom: [relayed] }), false],
    ...MISFITS,
  ],
  otherPurpose: [
    ["the same purpose", {}, false],
    ["another", other, true],
    ["the message states none", message({ purpose: null }), true],
    ["the source came with none", known(marked({ purpose: null })), true],
    ["another, back to the originator", message({ purpose: "detection", to: ["MK-FIU"] }), false],
    [
      "changed by a message of one's own in between",
      known(ownOf("detection"), { purpose: "detection", derivedFrom: [own] }),
      true,
    ],
    ["kept by one's own message in between", known(ownOf("detection"), { derivedFrom: [own] }), false],
    [
      "behind a message of one's own, of one that the sender does not hold",
      known(
        { ...ownOf("investigation"), ...marked({ purpose: "prosecution" }, ["MK-FIU"]) },
        { derivedFrom: [own] },
      ),
      false,
    ],
    ["no source", message({ purpose: "detection", derivedFrom: null }), false],
  ],
  otherPurposeConsented: [
    ["consented", {}, true],
    [
      "the same purpose",
      { history: { messages: marked({ purpose: "investigation" }), consents: { consent: null } } },
      true,
    ],
    ["permits something else", consent({ permits: ["forward", "disseminate"] }), false],
    ...MISFITS,
  ],
  restrictedMaterial: [
    ["H0", {}, false],
    ["H2", known(h2), true],
    ["H2, whatever the message says of itself", known(h2, { handling: "H0" }), true],
    ["H2 back to the originator", known(h2, { to: ["MK-FIU"] }), false],
    ["H2 that it has from others", known(marked({ handling: ["H2"] }, ["AL-CUSTOMS", "RS-POLICE"])), true],
    ["one's own H2 message", known({ ...ownOf("detection", "H2") }, { derivedFrom: [own] }), true],
    ["H2 inherited by a relayed message", known(relayedOf("H2"), { derivedFrom: [relayed] }), true],
    [
      "a relayed message that the recipient has from its sender",
      known(relayedOf("H2", ["AL-CUSTOMS", "RS-POLICE"]), { derivedFrom: [relayed] }),
      true,
    ],
    [
      "a relayed message on its way back",
      known(relayedOf("H2", ["AL-CUSTOMS"]), { derivedFrom: [relayed], to: ["MK-SPOC"] }),
      false,
    ],
    [
      "one's own H2 message that was let through to the recipient",
      known(ownOf("detection", "H2", ["AL-CUSTOMS", "RS-POLICE"]), { derivedFrom: [own] }),
      false,
    ],
    [
      "and beside it the original, which the recipient has from others",
      known(
        {
          ...ownOf("detection", "H2", ["AL-CUSTOMS", "RS-POLICE"]),
          ...marked({ handling: ["H2"] }, ["AL-CUSTOMS", "RS-POLICE"]),
        },
        { derivedFrom: [own, answer] },
      ),
      true,
    ],
    [
      "H2 behind one's own message, which the recipient has from others",
      known(
        { ...ownOf("detection", "H2"), ...marked({}, ["AL-CUSTOMS", "RS-POLICE"]) },
        { derivedFrom: [own] },
      ),
      true,
    ],
    ["H2 in a source not held", known(marked({ handling: ["H2"] }, ["MK-FIU"])), false],
  ],
  disseminateConsented: [
    ["consented", {}, true],
    ["not H2", { history: { messages: marked({ handling: ["H1"] }), consents: { consent: null } } }, true],
    ["permits something else", consent({ permits: ["forward", "other-purpose"] }), false],
    ...MISFITS,
  ],
};

describe.each(Object.entries(EXPECTED))("%s", (name, expected) => {
  test.each(expected)("%s", (_, patch, value) => {
    const changed = patchCase(patchCase(sample, base[name] ?? {}), patch);
    expect(SOURCE_FACTS[name as keyof typeof SOURCE_FACTS].derive(toDelivery(changed))).toBe(value);
  });

  test("takes both values", () => {
    expect(new Set(expected.map(([, , value]) => value)).size).toBe(2);
  });
});

test("the sample is what its facts are about", () => {
  expect(original.to).toEqual(["RS-POLICE"]);
  expect(answer?.iss).toBe("MK-FIU");
});
