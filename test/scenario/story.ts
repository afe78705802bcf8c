import type { SentMessage } from "@leix/client";
import { expectTold, type Screen } from "./screen.ts";

const DAY_SECONDS = 86_400;

/** Who answers for the messages of the story. */
export const OFFICERS = {
  customs: { name: "A. Hoxha", role: "officer" },
  duty: { name: "L. Marku", role: "duty-officer" },
  spoc: { name: "M. Jovanović", role: "duty-officer" },
} as const;
export const CASE = { purpose: "investigation", crime: "drug-trafficking" } as const;
export const MARKED = { classification: "restricted", handling: "H0" } as const;

/** When the story begins: whoever passes something on may not keep it longer than it was given for. */
const BEGAN = Math.floor(Date.now() / 1_000);

/** Personal data of a suspect, for ninety days. */
export function toPersonal() {
  const subjects = [{ category: "suspect" as const }];
  return {
    personal: { subjects, basis: "treaty" as const, factual: "fact" as const, asOf: BEGAN - 3_600 },
    deleteBy: BEGAN + 90 * DAY_SECONDS,
  };
}

export function expectOutcome(sent: SentMessage, status: SentMessage["status"]): void {
  const why = sent.problem ? `${sent.problem.code} ${sent.problem.detail}` : "";
  const reasons = sent.decision?.recipients.map((one) => `${one.agency} ${one.reasons.join("+")}`) ?? [];
  expectTold(
    sent.status === status,
    `it was to be ${status} and is ${sent.status} ${why}${reasons.join(", ")}`,
  );
}

export function showDecision(screen: Screen, sent: SentMessage): void {
  const { decision, claims } = sent;
  screen.show("message", `${claims.kind} ${sent.ref.id}`);
  screen.show("ledger", `record ${decision?.content.index}`);
  for (const { agency, as, effect, reasons } of decision?.recipients ?? []) {
    screen.show(
      as === "to" ? "to" : "copy",
      `${agency}: ${effect}${reasons.length > 0 ? ` (${reasons.join(", ")})` : ""}`,
    );
  }
}
