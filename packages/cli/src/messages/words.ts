import type { ExplainedReason, MessageExplanation, StoredMessage } from "@leix/client";
import type { Claims } from "@leix/protocol";
import { toTimeText } from "./paper.ts";

/** What each state of a message means to an officer. */
export const STATUS_WORDS: Readonly<Record<StoredMessage["status"], string>> = {
  stored: "waiting here: the exchange has not acknowledged it yet",
  received: "received by the exchange, not decided yet",
  permitted: "permitted",
  "partly-permitted": "permitted to some, denied to others",
  denied: "denied",
  rejected: "rejected",
  accepted: "verified",
  unverifiable: "not to be trusted: it could not be verified",
  undecryptable: "cannot be read",
};

const HANDLING_WORDS: Readonly<Record<string, string>> = {
  H0: "to prevent and combat crime",
  H1: "not in judicial proceedings without the provider's permission",
  H2: "not to anyone new without the provider's permission",
  H3: "other restrictions, in the text",
};

export function toHandlingWords(code: string): string {
  return `${code} (${HANDLING_WORDS[code] ?? "unknown code"})`;
}

const CONFIDENCE_WORDS: Readonly<Record<string, string>> = {
  V: "read in the text",
  S: "confirmed by a summary",
  K: "known, not re-read",
};

type Sourced = Pick<ExplainedReason, "source" | "link" | "confidence">;

/** `Modelled on Dir 3(d) (known, not re-read): https://…`. */
export function toSourceWords({ source, link, confidence }: Sourced): string | undefined {
  if (!source) return undefined;
  const how = confidence ? ` (${CONFIDENCE_WORDS[confidence] ?? confidence})` : "";
  return `Modelled on ${source}${how}${link ? `: ${link}` : ""}`;
}

/** `request to RS-FIU, copies to RS-SPOC`; `notification to AL+forum, version 2: AL-SPOC, RS-FIU`. */
export function toAddressWords({ kind, group, to, copies }: Claims): string {
  const list = group ? `${group.id}, version ${group.version}: ` : "";
  return `${kind} to ${list}${to.join(", ")}${copies.length > 0 ? `, copies to ${copies.join(", ")}` : ""}`;
}

const WAITING_WORDS =
  "it waits at the exchange, which has refused too many of this agency's messages within a minute; " +
  "it is decided later, in its turn";

/** One sentence on what became of it. */
export function toOutcomeSentence(explanation: MessageExplanation): string {
  const { status, isWaiting, ledgerIndex, decidedAt } = explanation;
  const place = ledgerIndex === undefined ? "" : `, record ${ledgerIndex} of the ledger`;
  const time = decidedAt === undefined ? "" : `, ${toTimeText(decidedAt)}`;
  const words = isWaiting ? WAITING_WORDS : STATUS_WORDS[status];
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${place}${time}.`;
}

/** `useRestriction`, as the command line has it: `--use-restriction`. */
export function toFlag(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
