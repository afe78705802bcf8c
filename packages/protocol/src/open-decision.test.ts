import { describe, expect, it } from "vitest";
import { signEvent } from "../vectors/chain.ts";
import { codeOf } from "../vectors/codes.ts";
import { CUSTOMS, createSalts, KEYS, LAPSE, RS_SPOC, SPOC, TELLING, toPlace } from "../vectors/examples.ts";
import { toSigningKey } from "../vectors/keys.ts";
import { toDigest } from "./bytes.ts";
import { encodeCanonical } from "./canonical.ts";
import { DECISION_TYP, type Lapse } from "./decision.ts";
import { signJws } from "./jws.ts";
import { listElements, openDecision, toLapse, toSalts, toVerdict } from "./open-decision.ts";
import { createDisclosure, type Disclosure, encodeSdJwt } from "./sd-jwt.ts";
import { countLapseSalts, hideLapse } from "./verdict.ts";

/** Of events; verdict.test.ts has the same of messages. */

const SALTS = createSalts(countLapseSalts(LAPSE));
const [SPARE = "", OTHER_SPARE = ""] = createSalts(20).slice(18);
const [DUTY] = LAPSE.overdue;
const [NOTICE] = LAPSE.notices;

function toPayload(lapse: Lapse = LAPSE, salts = createSalts(countLapseSalts(lapse))) {
  const { hidden, disclosures } = hideLapse(lapse, salts);
  return { payload: { ...toPlace(toDigest("tick")), kind: "event" as const, ...hidden }, disclosures };
}

async function sign(payload: unknown, disclosures: readonly Disclosure[] = []): Promise<string> {
  return encodeSdJwt((await signJws(payload, DECISION_TYP, toSigningKey(KEYS.policy))).token, disclosures);
}

async function refusal(payload: unknown, disclosures: readonly Disclosure[] = []): Promise<string> {
  const text = await sign(payload, disclosures);
  return codeOf(() => openDecision(text));
}

describe("hiding an event", () => {
  it("and opening it gives it back, with the salts and digests in the order they were taken", async () => {
    const opened = openDecision(await signEvent(LAPSE, toDigest("tick")));
    expect(opened.content.kind).toBe("event");
    expect(toLapse(opened)).toEqual(LAPSE);
    expect(toSalts(opened)).toEqual(SALTS);
    expect(listElements(opened.content)).toEqual(opened.disclosures.map(({ digest }) => digest));
    expect(opened).toMatchObject({ outcome: undefined, markings: undefined, recipients: [], grounds: [] });
  });

  it("again with the same salts gives the same bytes", async () => {
    const { payload, disclosures } = toPayload();
    const opened = openDecision(await sign(payload, disclosures.toReversed()));
    const again = toPayload(toLapse(opened), toSalts(opened));
    expect(encodeCanonical(again.payload)).toBe(encodeCanonical(opened.jws.payload));
    expect(again.disclosures).toEqual(disclosures);
  });

  it("leaves no word of it in what is signed", () => {
    const text = JSON.stringify(toPayload().payload);
    for (const word of [CUSTOMS, SPOC, RS_SPOC, "P08", "P10", "answer", LAPSE.overdue[0]?.about.id]) {
      expect(text).not.toContain(word);
    }
  });

  it("takes one salt for each hidden value, and a duty or a notice at least", () => {
    expect(countLapseSalts(LAPSE)).toBe(3);
    expect(() => hideLapse(LAPSE, SALTS)).not.toThrow();
    expect(() => hideLapse({ ...LAPSE, notices: [] }, SALTS.slice(2))).not.toThrow();
    expect(() => hideLapse(LAPSE, SALTS.slice(1))).toThrow();
    expect(() => hideLapse(LAPSE, SALTS.with(1, SALTS[0] ?? ""))).toThrow();
    expect(() => hideLapse(LAPSE, SALTS.with(1, "short"))).toThrow();
    expect(() => hideLapse({ ...LAPSE, overdue: [] }, SALTS.slice(1))).not.toThrow();
    expect(() => hideLapse({ overdue: [], notices: [] }, [])).toThrow();
  });

  it("is no verdict", async () => {
    const opened = openDecision(await signEvent(LAPSE, toDigest("tick")));
    expect(() => toVerdict(opened)).toThrow();
  });
});

describe("an event of which not all is disclosed", () => {
  it("opens as far as it is, and is not taken for the whole", async () => {
    const { payload, disclosures } = toPayload();
    for (let missing = 0; missing < disclosures.length; missing++) {
      const opened = openDecision(await sign(payload, disclosures.toSpliced(missing, 1)));
      expect(opened.overdue.length + opened.notices.length).toBe(2);
      expect(codeOf(() => toLapse(opened))).toBe("decision/disclosure");
      expect(codeOf(() => toSalts(opened))).toBe("decision/disclosure");
    }
    expect(disclosures).toHaveLength(3);
  });
});

describe("an event is refused", () => {
  const { payload, disclosures } = toPayload();

  it("with a disclosure that nothing signed covers, or one given twice", async () => {
    const forged = createDisclosure(SPARE, { ...NOTICE, to: CUSTOMS });
    expect(await refusal(payload, [...disclosures, forged])).toBe("decision/disclosure");
    expect(await refusal(payload, disclosures.with(2, forged))).toBe("decision/disclosure");
    expect(await refusal(payload, [...disclosures, ...disclosures.slice(0, 1)])).toBe("decision/disclosure");
  });

  it("where a digest stands in two places", async () => {
    const [duty] = payload.overdue;
    for (const more of [{ overdue: [duty, duty] }, { notices: [duty] }]) {
      expect(await refusal({ ...payload, ...more })).toBe("decision/malformed");
    }
  });

  it.each([
    ["nothing", { overdue: [], notices: [] }],
    ["no place for duties", { overdue: undefined }],
    ["no place for notices", { notices: undefined }],
    ["no _sd_alg", { _sd_alg: undefined }],
    ["members of a message's decision", { _sd: [toDigest("a"), toDigest("b")] }],
    ["a policy set", { policySet: toDigest("set") }],
    ["the tick in clear", { tick: 1 }],
    ["a duty in clear", { overdue: [DUTY] }],
  ])("with %s", async (_, more) => {
    expect(await refusal({ ...payload, ...more })).toBe("decision/malformed");
  });

  it.each([
    ["a notice", createDisclosure(SPARE, NOTICE)],
    ["a name", createDisclosure(SPARE, DUTY, "overdue")],
    ["a duty without a time", createDisclosure(SPARE, { ...DUTY, due: undefined })],
    ["a duty about nothing", createDisclosure(SPARE, { ...DUTY, about: undefined })],
    ["a duty of a country", createDisclosure(SPARE, { ...DUTY, party: "RS" })],
  ])("where the place of a duty hides %s", async (_, element) => {
    const altered = { ...payload, overdue: [{ "...": element.digest }], notices: [] };
    expect(await refusal(altered, [element])).toBe("decision/malformed");
  });

  it.each([
    ["a duty", createDisclosure(OTHER_SPARE, DUTY)],
    ["an outcome", createDisclosure(OTHER_SPARE, TELLING.recipients[0])],
    ["words", createDisclosure(OTHER_SPARE, { ...NOTICE, notice: "You are late" })],
  ])("where the place of a notice hides %s", async (_, element) => {
    const altered = { ...payload, notices: [{ "...": element.digest }] };
    expect(await refusal(altered, [element])).toBe("decision/malformed");
  });
});
