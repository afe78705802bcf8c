import { describe, expect, it } from "vitest";
import { signDecision, signEvent } from "../vectors/chain.ts";
import { codeOf } from "../vectors/codes.ts";
import { CUSTOMS, FIU, HOLDER, LAPSE, RS_SPOC, SPOC, TELLING, VERDICT } from "../vectors/examples.ts";
import { toDigest } from "./bytes.ts";
import type { Verdict } from "./decision.ts";
import { AgencyId } from "./ids.ts";
import { type OpenDecision, openDecision, toLapse, toSalts, toVerdict } from "./open-decision.ts";
import { presentNotices, presentToRecipient, presentToSender } from "./presentation.ts";

const STRANGER = AgencyId.parse("ME-SPOC");

const decide = async (verdict: Verdict = TELLING) =>
  openDecision(await signDecision(verdict, toDigest("input")));
const lapse = async () => openDecision(await signEvent(LAPSE, toDigest("tick")));

/** Everything that was disclosed, under its own name. */
function listShown({ outcome, markings, recipients, grounds, overdue, notices }: OpenDecision) {
  const lists = Object.entries({ recipients, grounds, overdue, notices });
  const members = Object.entries({ outcome, markings }).filter(([, value]) => value !== undefined);
  return Object.fromEntries([...members, ...lists.filter(([, list]) => list.length > 0)]);
}
const open = (text: string) => listShown(openDecision(text));

describe("what is shown of a message's decision", () => {
  it("to the sender: every outcome and the markings, no grounds, nor who else is told", async () => {
    const shown = openDecision(presentToSender(await decide()));
    const { outcome, markings, recipients } = TELLING;
    expect(listShown(shown)).toEqual({ outcome, markings, recipients });
    expect(shown.disclosures).toHaveLength(4);
    expect(codeOf(() => toVerdict(shown))).toBe("decision/disclosure");
    expect(codeOf(() => toSalts(shown))).toBe("decision/disclosure");
  });

  it("to the sender of what was denied: no markings, for they tell what its sources are", async () => {
    const shown = open(presentToSender(await decide({ ...VERDICT, outcome: "denied" })));
    expect(shown).toEqual({ outcome: "denied", recipients: VERDICT.recipients });
  });

  it("to a recipient: its own outcome and the markings, nothing of the others", async () => {
    const shown = openDecision(presentToRecipient(await decide(), CUSTOMS));
    expect(listShown(shown)).toEqual({ markings: VERDICT.markings, recipients: [VERDICT.recipients[0]] });
    expect(shown.disclosures).toHaveLength(2);
  });

  it("to a recipient that is denied: its own outcome alone; to a stranger: nothing", async () => {
    const whole = await decide();
    expect(open(presentToRecipient(whole, FIU))).toEqual({ recipients: [VERDICT.recipients[1]] });
    expect(presentToRecipient(whole, STRANGER)).toBe(`${whole.jws.token}~`);
  });

  it("to a party that is told: its own notices alone, however many", async () => {
    const [first, second] = TELLING.notices;
    if (!first || !second) throw new Error("two notices");
    const again = { ...first, about: { ...first.about, digest: toDigest("another copy") } };
    const whole = await decide({ ...TELLING, notices: [first, second, again] });
    expect(open(presentNotices(whole, HOLDER))).toEqual({ notices: [first, again] });
    expect(open(presentNotices(whole, RS_SPOC))).toEqual({ notices: [second] });
  });

  it("as notices, to the sender, a recipient, whom a notice names, or a stranger: nothing", async () => {
    const whole = await decide();
    for (const agency of [SPOC, CUSTOMS, FIU, STRANGER]) {
      expect(presentNotices(whole, agency)).toBe(`${whole.jws.token}~`);
    }
  });

  it("to a party that is told and is a recipient too: each in its own place", async () => {
    const [notice] = TELLING.notices;
    if (!notice) throw new Error("a notice");
    const own = { ...notice, to: CUSTOMS };
    const whole = await decide({ ...TELLING, notices: [own] });
    expect(open(presentToRecipient(whole, CUSTOMS))).not.toHaveProperty("notices");
    expect(open(presentNotices(whole, CUSTOMS))).toEqual({ notices: [own] });
  });

  it("does not grow when it is shown again", async () => {
    const shown = presentToRecipient(await decide(), CUSTOMS);
    expect(presentToRecipient(openDecision(shown), CUSTOMS)).toBe(shown);
    expect(openDecision(presentToSender(openDecision(shown))).disclosures).toHaveLength(1);
    expect(openDecision(presentNotices(openDecision(shown), HOLDER)).disclosures).toEqual([]);
  });

  it("is the same signed token to everybody", async () => {
    const whole = await decide();
    const texts = [presentToSender(whole), presentToRecipient(whole, CUSTOMS), presentNotices(whole, HOLDER)];
    for (const text of texts) expect(openDecision(text).jws).toEqual(whole.jws);
  });

  it("tells how many are told, and of nobody who", async () => {
    const shown = openDecision(presentToRecipient(await decide(), CUSTOMS));
    expect(shown.content).toHaveProperty("notices.length", TELLING.notices.length);
    expect(JSON.stringify(shown)).not.toContain(HOLDER);
  });
});

describe("what is shown of an event", () => {
  it("to a party that is told: its own notice, no duty, nothing of the others", async () => {
    const whole = await lapse();
    for (const agency of [SPOC, RS_SPOC]) {
      const shown = openDecision(presentNotices(whole, agency));
      expect(listShown(shown)).toEqual({ notices: LAPSE.notices.filter(({ to }) => to === agency) });
      expect(codeOf(() => toLapse(shown))).toBe("decision/disclosure");
      expect(codeOf(() => toSalts(shown))).toBe("decision/disclosure");
    }
  });

  it("to whose time ran out, to a stranger, and as any part of a message's decision: nothing", async () => {
    const whole = await lapse();
    const texts = [
      presentNotices(whole, CUSTOMS),
      presentNotices(whole, STRANGER),
      presentToSender(whole),
      presentToRecipient(whole, SPOC),
    ];
    for (const text of texts) expect(text).toBe(`${whole.jws.token}~`);
  });
});
