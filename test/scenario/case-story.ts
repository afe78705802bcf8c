import type { Draft, SentMessage } from "@leix/client";
import type { Cast } from "./cast.ts";
import { toAgencies } from "./cast.ts";
import type { Leads } from "./rule-acts.ts";
import { expectTold, type Screen } from "./screen.ts";
import { CASE, expectOutcome, MARKED, OFFICERS, showDecision, toPersonal } from "./story.ts";

const DAY_SECONDS = 86_400;

/** One case: a container of cocaine, four countries, and who may know what about it. */
export async function tellCase(cast: Cast, screen: Screen): Promise<Leads> {
  const request = await askUrgently(cast, screen);
  const answer = await answerMarkedH2(cast, screen, request);
  await forwardWithoutConsent(cast, screen, answer);
  const consent = await askForConsent(cast, screen, answer);
  const forward = await forwardWithConsent(cast, screen, answer, consent);
  await followTheMoney(cast, screen);
  return { answer, consent, forward, toForward: () => toForward(answer, [consent]) };
}

function askUrgently(cast: Cast, screen: Screen): Promise<SentMessage> {
  return screen.step("Albanian customs asks Serbia's contact point, urgently", async () => {
    screen.tell(
      "Durrës, 03:40: 312 kg of cocaine in a container bound for Belgrade. The lorry leaves at six.",
    );
    const sent = await cast.send("AL-CUSTOMS", {
      kind: "request",
      to: toAgencies("RS-SPOC"),
      copies: toAgencies("AL-SPOC"),
      officer: OFFICERS.customs,
      ...CASE,
      ...MARKED,
      urgency: { ground: "losing-relevance" },
      access: "direct",
      offence: { eawListed: true, serious: true, maxPenaltyYears: 15 },
      ...toPersonal(),
      body: {
        text: "Who is the consignee of container LEIX 204817-3, and who drives for it?",
        facts: "312 kg found at the scanner in Durrës at 03:40.",
        grounds: "The consignee is registered in Belgrade.",
        personLink: "The driver is paid by the consignee.",
        urgencyReason: "The lorry is due to leave at six.",
        useRestriction: "Use granted for this case; do not name us.",
      },
    });
    expectOutcome(sent, "permitted");
    showDecision(screen, sent);
    await showText(cast, screen, "RS-SPOC", sent);
    return sent;
  });
}

function answerMarkedH2(cast: Cast, screen: Screen, request: SentMessage): Promise<SentMessage> {
  return screen.step("Serbia answers, marked H2: not to be passed on without its permission", async () => {
    const sent = await cast.send("RS-SPOC", {
      kind: "answer",
      to: toAgencies("AL-CUSTOMS"),
      copies: toAgencies("AL-SPOC"),
      re: request.ref,
      officer: OFFICERS.spoc,
      ...CASE,
      ...MARKED,
      handling: "H2",
      evaluation: { source: "B", information: "2" },
      ...toPersonal(),
      body: { text: "Consignee: a company in Zemun. The driver crosses at Božaj, always on Saturdays." },
    });
    expectOutcome(sent, "permitted");
    showDecision(screen, sent);
    await showText(cast, screen, "AL-CUSTOMS", sent);
    return sent;
  });
}

function toForward(answer: SentMessage, consents: readonly SentMessage[]): Draft {
  return {
    kind: "notification",
    to: toAgencies("ME-SPOC"),
    copies: toAgencies("AL-SPOC"),
    officer: OFFICERS.customs,
    ...CASE,
    ...MARKED,
    handling: "H2",
    evaluation: { source: "B", information: "2" },
    ...toPersonal(),
    derivedFrom: [answer.ref],
    ...(consents.length > 0 ? { consents: consents.map((one) => one.ref) } : {}),
    body: { text: "The driver crosses at Božaj, always on Saturdays.", relevance: "Božaj is yours." },
  };
}

function forwardWithoutConsent(cast: Cast, screen: Screen, answer: SentMessage): Promise<void> {
  return screen.step("Customs passes it on to Montenegro without asking: denied", async () => {
    const sent = await cast.send("AL-CUSTOMS", toForward(answer, []));
    expectOutcome(sent, "denied");
    showDecision(screen, sent);
    const { recipients } = cast.node("AL-CUSTOMS").explain(sent.ref.id);
    const reasons = recipients.flatMap((one) => one.reasons);
    for (const rule of ["P17.onward", "P20"]) {
      const reason = reasons.find((one) => one.reason === rule);
      expectTold(reason?.source, `${rule} is not named with its source`);
      screen.show(rule, `${reason.title}: ${reason.wrong}`);
      screen.show("modelled on", `${reason.source}  ${reason.link ?? ""}`);
      screen.show("to do", reason.todo);
    }
    const arrived = cast.node("ME-SPOC").archive.listReceived();
    expectTold(arrived.length === 0, "Montenegro received what was denied");
    screen.tell("Nothing has reached Montenegro.");
  });
}

function askForConsent(cast: Cast, screen: Screen, answer: SentMessage): Promise<SentMessage> {
  return screen.step(
    "Customs asks for consent, and Serbia gives it: for Montenegro, for this purpose, for a week",
    async () => {
      const asked = await cast.send("AL-CUSTOMS", {
        kind: "consent-request",
        to: toAgencies("RS-SPOC"),
        officer: OFFICERS.customs,
        re: answer.ref,
        of: answer.ref,
        recipients: toAgencies("ME-SPOC", "AL-SPOC"),
        ...CASE,
        ...MARKED,
        body: { text: "Montenegro's border police could stop the lorry at Božaj." },
      });
      expectOutcome(asked, "permitted");
      await cast.receive("RS-SPOC", asked.ref);
      const given = await cast.send("RS-SPOC", {
        kind: "consent",
        to: toAgencies("AL-CUSTOMS"),
        officer: OFFICERS.spoc,
        re: asked.ref,
        ...CASE,
        ...MARKED,
        grant: {
          of: answer.ref,
          recipients: toAgencies("ME-SPOC", "AL-SPOC"),
          purposes: ["investigation"],
          permits: ["forward", "disseminate", "transfer"],
          until: Math.floor(Date.now() / 1000) + 7 * DAY_SECONDS,
        },
      });
      expectOutcome(given, "permitted");
      showDecision(screen, given);
      await cast.receive("AL-CUSTOMS", given.ref);
      return given;
    },
  );
}

function forwardWithConsent(
  cast: Cast,
  screen: Screen,
  answer: SentMessage,
  consent: SentMessage,
): Promise<SentMessage> {
  return screen.step("The same forward, now with the consent: permitted", async () => {
    const sent = await cast.send("AL-CUSTOMS", toForward(answer, [consent]));
    expectOutcome(sent, "permitted");
    showDecision(screen, sent);
    await showText(cast, screen, "ME-SPOC", sent);
    const received = await cast.receive("ME-SPOC", sent.ref);
    const handling = received.decision?.markings?.handling.join(", ");
    expectTold(handling?.includes("H2"), "the H2 of the answer is lost on the way");
    screen.show("in force", `${handling}: Montenegro may not pass it on either without Serbia's permission`);
    return sent;
  });
}

/**
 * Inside Serbia: what a unit is not cleared for is denied, and the sender is not told what it is cleared for.
 */
function followTheMoney(cast: Cast, screen: Screen): Promise<void> {
  return screen.step(
    "Serbia brings in its financial intelligence unit, at the right level the second time",
    async () => {
      const draft = {
        kind: "request",
        to: toAgencies("RS-FIU"),
        officer: OFFICERS.spoc,
        ...CASE,
        ...MARKED,
        body: {
          text: "Accounts of the consignee in Zemun since March, please.",
          facts: "The consignee of a container with 312 kg of cocaine.",
          grounds: "The unit receives the banks' reports.",
          useRestriction: "For this case alone.",
        },
      } as const;
      const tooHigh = await cast.send("RS-SPOC", { ...draft, classification: "confidential" });
      expectOutcome(tooHigh, "denied");
      showDecision(screen, tooHigh);
      const reasons = tooHigh.decision?.recipients.flatMap((one) => one.reasons) ?? [];
      expectTold(reasons.join() === "withheld", `the answer tells more than it should: ${reasons.join()}`);
      const right = await cast.send("RS-SPOC", draft);
      expectOutcome(right, "permitted");
      showDecision(screen, right);
      await showText(cast, screen, "RS-FIU", right);
    },
  );
}

async function showText(cast: Cast, screen: Screen, agency: string, sent: SentMessage): Promise<void> {
  const received = await cast.receive(agency, sent.ref);
  const form = await cast.node(agency).archive.read(received);
  expectTold(form, `${agency} cannot read the message`);
  screen.show(agency, `“${form.text}”`);
}
