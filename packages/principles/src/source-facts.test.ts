import { describe, expect, test } from "vitest";
import { patchCase, toDelivery } from "../test/case.ts";
import {
  answer,
  consent,
  forwarded,
  known,
  many,
  marked,
  message,
  own,
  ownAlone,
  ownOf,
  relayed,
  relayedOf,
  toId,
} from "../test/forwarded.ts";
import { SOURCE_FACTS } from "./source-facts.ts";

/** Facts about consents have a test of their own, and one fact is no flag. */
type Elsewhere = `${string}Consented` | `${string}ConsentEnded` | "handlingInForce";

const h2 = marked({ handling: ["H2"] });
const h3 = marked({ handling: ["H3"] });
const other = message({ purpose: "detection" });
const third = { iss: "MK-FIU", id: toId(52), digest: answer?.digest };
/** The answer, as a third country's. */
const thirds = marked({ origins: [third] });
const DAY = 86_400;
/** To a third country, with both consents. */
const onward = {
  message: { to: ["MK-SPOC"] },
  history: { consents: { consent: { permits: ["forward", "transfer"], recipients: ["MK-SPOC"] } } },
};
/** Of the answer: it states nothing else. */
const acknowledgement = {
  message: {
    ...{ kind: "acknowledgement", status: "read", re: answer, to: ["RS-FIU"], evidenceUse: null },
    ...{ purpose: null, handling: null, classification: null, evaluation: null, crime: null },
    ...{ declares: null, derivedFrom: null, consents: null },
  },
};

/** For each fact: what changes in the sample, and what the fact then is. */
const EXPECTED: Record<Exclude<keyof typeof SOURCE_FACTS, Elsewhere>, [string, unknown, boolean][]> = {
  unknownSource: [
    ["held", {}, false],
    ["never recorded", { history: { messages: { answer: null } } }, true],
    [
      "recorded with another digest",
      message({ derivedFrom: [{ ...answer, digest: forwarded.ref.digest }] }),
      true,
    ],
    ["not held by the sender", known(marked({}, ["RS-FIU", "RS-POLICE"])), true],
    ["none named", message({ derivedFrom: null }), false],
    ["the same one named twice", message({ derivedFrom: [answer, answer] }), false],
  ],
  originsExceeded: [
    ["as many as fit, with the message itself", known(marked({ origins: many.slice(1) })), false],
    ["one more", known(marked({ origins: many })), true],
  ],
  foreignMaterial: [
    ["another agency's", {}, true],
    ["going back to it", message({ to: ["RS-FIU"] }), false],
    ["none", message({ derivedFrom: null }), false],
    ["behind a message of one's own", known(ownOf("investigation"), { derivedFrom: [own] }), true],
    ["behind the recipient's", known(relayedOf("H0"), { derivedFrom: [relayed], to: ["RS-SPOC"] }), true],
    ["in a source not held", known(marked({}, ["RS-FIU"])), false],
  ],
  otherPurpose: [
    ["the same purpose", {}, false],
    ["another", other, true],
    ["the message states none", message({ purpose: null }), true],
    ["the source came with none", known(marked({ purpose: null })), true],
    ["another, back to the originator", message({ purpose: "detection", to: ["RS-FIU"] }), false],
    [
      "changed by a message of one's own in between",
      known(ownOf("detection"), { purpose: "detection", derivedFrom: [own] }),
      true,
    ],
    ["kept by one's own message in between", known(ownOf("detection"), { derivedFrom: [own] }), false],
    [
      "behind a message of one's own, of one that the sender does not hold",
      known(
        { ...ownOf("investigation"), ...marked({ purpose: "prosecution" }, ["RS-FIU"]) },
        { derivedFrom: [own] },
      ),
      false,
    ],
    ["no source", message({ purpose: "detection", derivedFrom: null }), false],
  ],
  restrictedMaterial: [
    ["H0", {}, false],
    ["H2", known(h2), true],
    ["H2, whatever the message says of itself", known(h2, { handling: "H0" }), true],
    ["H2 back to the originator", known(h2, { to: ["RS-FIU"] }), false],
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
      known(relayedOf("H2", ["AL-CUSTOMS"]), { derivedFrom: [relayed], to: ["RS-SPOC"] }),
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
    ["H2 in a source not held", known(marked({ handling: ["H2"] }, ["RS-FIU"])), false],
  ],
  evidenceUse: [
    ["not stated", {}, false],
    ["stated", message({ evidenceUse: true }), true],
    ["denied", message({ evidenceUse: false }), false],
    ["of an acknowledgement", acknowledgement, false],
  ],
  thirdCountryMaterial: [
    ["of the recipient's country", {}, false],
    ["of a third country", known(marked({ origins: [relayed, third] })), true],
    [
      "of a third country, within the sender's own",
      { ...known(thirds), ...message({ to: ["AL-SPOC"] }) },
      false,
    ],
    ["of a third country, back to it", { ...known(thirds), ...message({ to: ["MK-SPOC"] }) }, false],
    ["the sender's own", known(ownAlone({}), { derivedFrom: [own], to: ["MK-SPOC"] }), false],
    ["of one country, to another", message({ to: ["MK-SPOC"] }), true],
    [
      "of the sender's own country",
      known(marked({ origins: [{ ...third, iss: "AL-FIU" }] }), { to: ["MK-SPOC"] }),
      false,
    ],
  ],
  transferUnauthorised: [
    ["no transfer", {}, false],
    ["no consent", { ...onward, ...message({ to: ["MK-SPOC"], consents: null }) }, true],
    ["both", onward, false],
    ["one of the two", { ...onward, ...consent({ permits: ["forward"] }) }, true],
    ["the other", { ...onward, ...consent({ permits: ["transfer"], recipients: ["MK-SPOC"] }) }, true],
    ["ended when it was received", { ...onward, received: forwarded.at + DAY }, true],
    ["ended since", { ...onward, at: forwarded.at + DAY, received: forwarded.at }, false],
  ],
  caveatUnread: [
    ["H0", {}, false],
    ["H3", known(h3), true],
    ["H3 that an officer has read", known({ answer: { ...h3.answer, readBy: ["AL-CUSTOMS"] } }), false],
    [
      "H3 that an officer of the recipient has read",
      known({ answer: { ...h3.answer, readBy: ["RS-POLICE"] } }),
      true,
    ],
    ["H3 back to its originator", known(h3, { to: ["RS-FIU"] }), false],
    [
      "H3 behind one's own message",
      known({ ...h3, ...ownOf("investigation", "H3") }, { derivedFrom: [own] }),
      true,
    ],
    [
      "H3 behind one's own message, read",
      known(
        { answer: { ...h3.answer, readBy: ["AL-CUSTOMS"] }, ...ownOf("investigation", "H3") },
        { derivedFrom: [own] },
      ),
      false,
    ],
    ["H3 that one set oneself", known(ownAlone({ handling: ["H3"] }), { derivedFrom: [own] }), false],
    ["H3 that the relaying agency set", known(relayedOf("H3"), { derivedFrom: [relayed] }), true],
    ["H3 in a source not held", known(marked({ handling: ["H3"] }, ["RS-FIU"])), false],
  ],
  handlingLoosened: [
    ["as the source", {}, false],
    ["H0 from H2", known(h2), true],
    ["H1 from H2", known(h2, { handling: "H1" }), true],
    ["H2 from H2", known(h2, { handling: "H2" }), false],
    ["H3 from H2", known(h2, { handling: "H3" }), false],
    ["H2 from H1 and H2", known(marked({ handling: ["H1", "H2"] }), { handling: "H2" }), false],
    ["not stated", known(h2, { handling: null }), false],
    ["back to the originator", known(h2, { to: ["RS-FIU"] }), true],
    ["one's own", known(ownAlone({ handling: ["H3"] }), { derivedFrom: [own] }), false],
    ["one's own, drawing on others", known(ownOf("investigation", "H2"), { derivedFrom: [own] }), true],
    ["in a source not held", known(marked({ handling: ["H2"] }, ["RS-FIU"])), false],
  ],
  classificationLoosened: [
    ["as the source", {}, false],
    ["lower", message({ classification: "unclassified" }), true],
    ["higher", message({ classification: "confidential" }), false],
    ["not stated", message({ classification: null }), false],
    ["no source", message({ classification: "unclassified", derivedFrom: null }), false],
    ["one's own", known(ownAlone({ classification: "secret" }), { derivedFrom: [own] }), false],
    ["of an acknowledgement", acknowledgement, false],
  ],
  deletionLoosened: [
    ["no date at all", {}, false],
    ["the source has none", message({ deleteBy: 200 }), false],
    ["the same", known(marked({ deleteBy: 200 }), { deleteBy: 200 }), false],
    ["earlier", known(marked({ deleteBy: 200 }), { deleteBy: 199 }), false],
    ["later", known(marked({ deleteBy: 200 }), { deleteBy: 201 }), true],
    ["not stated", known(marked({ deleteBy: 200 })), false],
    ["one's own", known(ownAlone({ deleteBy: 200 }), { derivedFrom: [own], deleteBy: 201 }), false],
  ],
};

describe.each(Object.entries(EXPECTED))("%s", (name, expected) => {
  test.each(expected)("%s", (_, patch, value) => {
    const fact = SOURCE_FACTS[name as keyof typeof EXPECTED];
    expect(fact.derive(toDelivery(patchCase(forwarded, patch)))).toBe(value);
  });

  test("takes both values", () => {
    expect(new Set(expected.map(([, , value]) => value)).size).toBe(2);
  });
});

test.each<[string, unknown, string[]]>([
  ["its own", {}, ["H0"]],
  ["its own and those it inherits", known(marked({ handling: ["H1", "H3"] })), ["H0", "H1", "H3"]],
  ["none", message({ handling: null, derivedFrom: null }), []],
])("handling in force: %s", (_, patch, codes) => {
  const delivery = toDelivery(patchCase(forwarded, patch));
  expect(SOURCE_FACTS.handlingInForce.derive(delivery)).toEqual(codes);
});

test("the sample is what its facts are about", () => {
  expect(forwarded.message.to).toEqual(["RS-POLICE"]);
  expect(answer?.iss).toBe("RS-FIU");
});
