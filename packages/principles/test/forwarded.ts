import { limits } from "@leix/protocol";
import { loadCase } from "./fixtures.ts";

/**
 * What the tests about material start from: AL-CUSTOMS forwards RS-FIU's `answer`, received for an
 * investigation, to RS-POLICE with RS-FIU's `consent`.
 */
export const forwarded = loadCase("P17-forward-with-consent.permit");

export const answer = forwarded.history.messages.answer?.ref;
export const toId = (n: number) => `01920000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
export const own = { iss: "AL-CUSTOMS", id: toId(50), digest: answer?.digest };
export const relayed = { iss: "RS-SPOC", id: toId(51), digest: answer?.digest };
/** As many origins as a decision can carry. */
export const many = Array.from({ length: limits.ORIGINS_MAX }, (_, n) => ({
  ...relayed,
  id: toId(1000 + n),
}));

/** Merge patches over it. */
export const message = (patch: unknown) => ({ message: patch });
export const consent = (patch: unknown) => ({ history: { consents: { consent: patch } } });
export const known = (messages: unknown, patch: unknown = {}) => ({ history: { messages }, message: patch });
export const marked = (markings: unknown, holders = ["RS-FIU", "AL-CUSTOMS"]) => {
  return { answer: { markings, holders } };
};

/** A message that the sender made itself of the answer. */
export function ownOf(purpose: string, handling = "H0", holders = ["AL-CUSTOMS", "RS-FIU"]) {
  const markings = { handling: [handling], classification: "restricted", purpose, origins: [own, answer] };
  return { "own relay": { ref: own, markings, holders } };
}

/** A message that the sender wrote without anyone else's material. */
export function ownAlone(markings: object) {
  const marks = { handling: ["H0"], classification: "restricted", purpose: "investigation", ...markings };
  return { "own alone": { ref: own, markings: { ...marks, origins: [own] }, holders: ["AL-CUSTOMS"] } };
}

/** A message that another agency made of the answer. */
export function relayedOf(handling: string, holders = ["RS-SPOC", "AL-CUSTOMS"]) {
  const markings = { handling: [handling], classification: "restricted", origins: [relayed, answer] };
  return { relayed: { ref: relayed, markings: { ...markings, purpose: "investigation" }, holders } };
}
