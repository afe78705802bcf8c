import type { ConsentPermit } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { patchCase, toDelivery } from "../test/case.ts";
import { consent, forwarded, known, marked, message, relayed, relayedOf, toId } from "../test/forwarded.ts";
import { SOURCE_FACTS } from "./source-facts.ts";

/** What becomes of a consent: given or not, and ended or not. */
type State = "missing" | "given" | "ended";
type Row = [string, unknown, State];

/** A consent has to fit the message in all but its permit, and be named by it. */
const SCOPE: Row[] = [
  ["in scope", {}, "given"],
  ["for one more second", consent({ until: forwarded.at + 1 }), "given"],
  ["expired at this second", consent({ until: forwarded.at }), "ended"],
  ["withdrawn", consent({ withdrawn: true }), "ended"],
  ["withdrawn, and expired", consent({ withdrawn: true, until: 1 }), "ended"],
  ["for another recipient", consent({ recipients: ["AL-SPOC"] }), "missing"],
  ["for another purpose", consent({ purposes: ["prosecution"] }), "missing"],
  ["over another message", consent({ of: { id: toId(60) } }), "missing"],
  ["over another content", consent({ of: { digest: forwarded.ref.digest } }), "missing"],
  ["addressed to another agency", consent({ grantees: ["AL-SPOC"] }), "missing"],
  ["by another agency", consent({ ref: { iss: "RS-SPOC" } }), "missing"],
  ["not recorded", { history: { consents: { consent: null } } }, "missing"],
  ["not named", message({ consents: null }), "missing"],
  ["for another recipient, and withdrawn", consent({ recipients: ["AL-SPOC"], withdrawn: true }), "missing"],
];

interface Permit {
  readonly permit: ConsentPermit;
  readonly given: keyof typeof SOURCE_FACTS;
  readonly ended: keyof typeof SOURCE_FACTS;
  /** Makes the sample's material one that asks for the permit. */
  readonly asking: unknown;
  /** Makes it one that does not. */
  readonly free: unknown;
}

const third = { iss: "MK-FIU", id: toId(52), digest: forwarded.ref.digest };
const PERMITS: Permit[] = [
  {
    permit: "forward",
    given: "forwardConsented",
    ended: "forwardConsentEnded",
    asking: {},
    free: message({ to: ["RS-FIU"] }),
  },
  {
    permit: "other-purpose",
    given: "otherPurposeConsented",
    ended: "otherPurposeConsentEnded",
    asking: known(marked({ purpose: "detection" })),
    free: known(marked({ purpose: "investigation" })),
  },
  {
    permit: "disseminate",
    given: "disseminateConsented",
    ended: "disseminateConsentEnded",
    asking: known(marked({ handling: ["H2"] })),
    free: known(marked({ handling: ["H1"] })),
  },
  {
    permit: "evidence",
    given: "evidenceConsented",
    ended: "evidenceConsentEnded",
    asking: {},
    free: message({ to: ["RS-FIU"] }),
  },
  {
    permit: "evidence",
    given: "h1EvidenceConsented",
    ended: "h1EvidenceConsentEnded",
    asking: known(marked({ handling: ["H1"] })),
    free: known(marked({ handling: ["H2"] })),
  },
  {
    permit: "transfer",
    given: "transferConsented",
    ended: "transferConsentEnded",
    // Derived from RS-FIU's answer to a recipient of a third country.
    asking: {
      message: { to: ["ME-SPOC"] },
      history: { consents: { consent: { recipients: ["ME-SPOC"] } } },
    },
    free: message({ to: ["RS-POLICE"] }),
  },
  {
    permit: "forward",
    given: "onwardForwardConsented",
    ended: "onwardForwardConsentEnded",
    asking: {
      message: { to: ["ME-SPOC"] },
      history: { consents: { consent: { recipients: ["ME-SPOC"] } } },
    },
    free: message({ to: ["RS-POLICE"] }),
  },
];
const OTHER_PERMITS: Record<ConsentPermit, ConsentPermit[]> = {
  forward: ["disseminate", "evidence", "other-purpose", "transfer"],
  "other-purpose": ["disseminate", "evidence", "forward", "transfer"],
  disseminate: ["evidence", "forward", "other-purpose", "transfer"],
  evidence: ["disseminate", "forward", "other-purpose", "transfer"],
  transfer: ["disseminate", "evidence", "forward", "other-purpose"],
};

describe.each(PERMITS)("$given and $ended", ({ permit, given, ended, asking, free }) => {
  const sample = patchCase(patchCase(forwarded, consent({ permits: [permit] })), asking);
  const toState = (patches: unknown[]): State => {
    const delivery = toDelivery(patches.reduce(patchCase, sample));
    const isGiven = SOURCE_FACTS[given].derive(delivery);
    const isEnded = SOURCE_FACTS[ended].derive(delivery);
    if (!isGiven) return "missing";
    return isEnded ? "ended" : "given";
  };

  test.each(SCOPE)("%s", (_, patch, state) => {
    expect(toState([patch])).toBe(state);
  });

  test("with other permits", () => {
    const others = consent({ permits: OTHER_PERMITS[permit] });
    expect(toState([others])).toBe("missing");
    expect(toState([others, consent({ withdrawn: true })])).toBe("missing");
  });

  test("over what asks for none", () => {
    expect(toState([free])).toBe("given");
    expect(toState([free, consent({ withdrawn: true })])).toBe("given");
  });

  test("one that ended beside one in force", () => {
    const ref = { ...forwarded.history.consents.consent?.ref, id: toId(70) };
    const later = { ...sample.history.consents.consent, ref };
    const named = message({ consents: [...(toConsents(sample) ?? []), ref] });
    const both = [consent({ withdrawn: true }), { history: { consents: { later } } }, named];
    expect(toState(both)).toBe("given");
    expect(toState([...both, { history: { consents: { later: { until: 1 } } } }])).toBe("ended");
  });
});

function toConsents({ message }: typeof forwarded) {
  return message.kind === "acknowledgement" ? [] : message.consents;
}

describe("of two origins", () => {
  const derive = (name: "forwardConsented" | "forwardConsentEnded", patch: unknown) => {
    const both = patchCase(forwarded, known(relayedOf("H0"), { derivedFrom: [relayed] }));
    return SOURCE_FACTS[name].derive(toDelivery(patchCase(both, patch)));
  };

  test("one consent is not enough", () => {
    expect(derive("forwardConsented", {})).toBe(false);
  });

  test("the one given may have ended, though the other never was", () => {
    expect(derive("forwardConsentEnded", {})).toBe(false);
    expect(derive("forwardConsentEnded", consent({ withdrawn: true }))).toBe(true);
  });
});

test("a transfer needs the consents of third countries alone", () => {
  const origins = [relayed, third];
  const mixed = patchCase(forwarded, known(marked({ origins })));
  const over = { ...forwarded.history.consents.consent, of: third, permits: ["transfer"] };
  const given = patchCase(mixed, consent({ ...over, ref: { iss: "MK-FIU" } }));
  const named = patchCase(given, message({ consents: [given.history.consents.consent?.ref] }));
  expect(SOURCE_FACTS.transferConsented.derive(toDelivery(mixed))).toBe(false);
  expect(SOURCE_FACTS.transferConsented.derive(toDelivery(named))).toBe(true);
});
