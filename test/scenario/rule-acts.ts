import type { Draft, SentMessage } from "@leix/client";
import type { MessageRef, Notice } from "@leix/protocol";
import { type Cast, toAgencies } from "./cast.ts";
import { expectTold, type Screen } from "./screen.ts";
import { CASE, expectOutcome, MARKED, OFFICERS, showDecision, toPersonal } from "./story.ts";

/** What the case leaves behind: an answer marked H2, the consent to forward it, and the forward. */
export interface Leads {
  readonly answer: SentMessage;
  readonly consent: SentMessage;
  readonly forward: SentMessage;
  /** The same forward once more, as a new message. */
  readonly toForward: () => Draft;
}

/** What becomes of information after it was shared: taken back, corrected, needed to save a life. */
export async function tellRules(cast: Cast, screen: Screen, leads: Leads): Promise<void> {
  await withdrawConsent(cast, screen, leads);
  await correctTwoHops(cast, screen, leads);
  await overrideForLife(cast, screen, leads);
  await letTimeRunOut(cast, screen);
}

function withdrawConsent(cast: Cast, screen: Screen, leads: Leads): Promise<void> {
  return screen.step(
    "Serbia withdraws its consent: what follows is denied, the holders are told",
    async () => {
      const withdrawn = await cast.send("RS-SPOC", {
        kind: "consent-withdrawal",
        to: toAgencies("AL-CUSTOMS"),
        re: leads.consent.ref,
        officer: OFFICERS.spoc,
        ...CASE,
        body: { text: "The source is at risk: nobody else, please." },
      });
      expectOutcome(withdrawn, "permitted");
      const again = await cast.send("AL-CUSTOMS", leads.toForward());
      expectOutcome(again, "denied");
      showDecision(screen, again);
      const reasons = again.decision?.recipients.flatMap((one) => one.reasons) ?? [];
      expectTold(
        reasons.every((one) => one.startsWith("P18")),
        `not for the withdrawal alone: ${reasons}`,
      );
      showNotice(screen, await cast.notice("ME-SPOC", "consent-withdrawn", withdrawn.ref));
    },
  );
}

function correctTwoHops(cast: Cast, screen: Screen, { answer, forward }: Leads): Promise<void> {
  return screen.step("Serbia corrects its answer: Montenegro, two hops away, is told too", async () => {
    const corrected = await cast.send("RS-SPOC", {
      kind: "correction",
      to: toAgencies("AL-CUSTOMS"),
      re: answer.ref,
      action: "rectify",
      officer: OFFICERS.spoc,
      ...CASE,
      ...MARKED,
      handling: "H2",
      evaluation: { source: "B", information: "2" },
      body: { text: "Not on Saturdays: the driver crosses on Sundays." },
    });
    expectOutcome(corrected, "permitted");
    showDecision(screen, corrected);
    const told = await cast.notice("ME-SPOC", "rectify", corrected.ref);
    expectTold(told.held?.id === forward.ref.id, "the notice names another message");
    showNotice(screen, told);
    await cast.receive("AL-CUSTOMS", corrected.ref);
    await cast.acknowledge("AL-CUSTOMS", answer.ref, "rectified", OFFICERS.customs);
    await cast.acknowledge("ME-SPOC", forward.ref, "rectified", OFFICERS.spoc);
    screen.tell("Both have acknowledged: rectified. Had one not, it would be recorded after three days.");
  });
}

function overrideForLife(cast: Cast, screen: Screen, { answer }: Leads): Promise<void> {
  return screen.step("A life is in danger: the restriction is lifted, the owner told at once", async () => {
    const warning: Draft = {
      kind: "notification",
      to: toAgencies("ME-SPOC"),
      officer: OFFICERS.customs,
      ...CASE,
      ...MARKED,
      handling: "H2",
      ...toPersonal(),
      derivedFrom: [answer.ref],
      override: { code: "imminent-threat-to-life" },
      body: {
        text: "The driver's family is held in a house at Božaj. He dies if the lorry is stopped.",
        relevance: "Božaj is yours.",
        justification: "An intercepted call of this morning.",
      },
    };
    const byAnyone = await cast.send("AL-CUSTOMS", warning);
    expectOutcome(byAnyone, "denied");
    showDecision(screen, byAnyone);
    screen.tell("Not everyone may decide that. The duty officer may:");
    const used = await cast.send("AL-CUSTOMS", { ...warning, officer: OFFICERS.duty });
    expectOutcome(used, "permitted");
    showDecision(screen, used);
    const duties = used.decision?.recipients.flatMap((one) => one.obligations) ?? [];
    const review = duties.find(({ duty }) => duty === "review");
    expectTold(review?.due, "no review is due");
    screen.show(
      "review",
      `due ${new Date(review.due * 1_000).toISOString().slice(0, 10)}, by ${review.party}`,
    );
    showNotice(screen, await cast.notice("RS-SPOC", "override-used", used.ref));
  });
}

/** Between Albania and North Macedonia an exercise runs: an answer is due in seconds. */
function letTimeRunOut(cast: Cast, screen: Screen): Promise<void> {
  return screen.step(
    "A request of the exercise with North Macedonia is left lying, and runs late",
    async () => {
      const request = await cast.send("AL-CUSTOMS", {
        kind: "request",
        to: toAgencies("MK-SPOC"),
        officer: OFFICERS.customs,
        ...CASE,
        ...MARKED,
        body: {
          text: "Has the lorry with plates TR 402 XK ever crossed at Kafasan?",
          facts: "The plates were read in Durrës at 03:40.",
          grounds: "The toll at Struga knows the vehicle.",
          useRestriction: "For this case alone.",
        },
      });
      expectOutcome(request, "permitted");
      const due = request.decision?.recipients
        .flatMap((one) => one.obligations)
        .find(({ duty }) => duty === "answer");
      expectTold(due?.due, "no answer is due");
      screen.show("due", `${new Date(due.due * 1_000).toISOString()} (${due.rule}), by ${due.party}`);
      for (const spoc of ["AL-SPOC", "MK-SPOC"]) {
        showNotice(screen, await cast.notice(spoc, "overdue", request.ref));
      }
      const late = await cast.send("MK-SPOC", {
        kind: "answer",
        to: toAgencies("AL-CUSTOMS"),
        re: request.ref,
        officer: OFFICERS.spoc,
        ...CASE,
        ...MARKED,
        evaluation: { source: "A", information: "1" },
        body: { text: "Twice in October, both times empty." },
      });
      expectOutcome(late, "permitted");
      screen.tell("A late answer is an answer. That it was late is in the ledger, once.");
    },
  );
}

function showNotice(screen: Screen, { to, notice, rule, by, held, about }: Notice): void {
  const what: MessageRef = held ?? about;
  screen.show("told", `${to}: ${notice} (${rule})${by ? ` by ${by}` : ""}, about ${what.iss} ${what.id}`);
}
