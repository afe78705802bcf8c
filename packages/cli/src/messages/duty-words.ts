import type { Notice, Obligation } from "@leix/protocol";
import { toTimeText } from "./paper.ts";

/** What a duty asks of the party that owes it: `AL-SPOC is to …`. */
const DUTY_WORDS: Readonly<Record<string, string>> = {
  answer: "answer the request",
  rectify: "rectify what it holds, and acknowledge it as rectified",
  erase: "erase what it holds, and acknowledge it as erased",
  restrict: "restrict the use of what it holds, and acknowledge it as restricted",
  recall: "erase or restrict what it holds, or send a review of it: it was signed with a key in wrong hands",
  "acknowledge-caveat": "have an officer read the caveat, and acknowledge it as read",
  "check-duplicate": "find out whether its country has asked the same already",
  "document-transfer": "document the transfer",
  "justify-missing-copy": "set down why a copy is withheld",
  review: "review the override, and send the review",
  "review-retention": "review in time whether the data are still needed",
  "tell-of-rectification": "tell the recipient that the material was rectified",
  "seek-authorisation": "apply for the judge's leave at once",
  "verify-before-use": "verify the data before using them",
};

/** What is to be known, and asks for nothing. */
const KNOWN_WORDS: Readonly<Record<string, string>> = {
  "consent-withdrawn": "the consent was withdrawn",
  "evaluation-defaulted": "the information counts as X4: it was not evaluated",
  "evidence-use-notice": "it is not to be used as evidence without its sender's consent",
  "override-used": "material of this agency was used under a life-threat override",
  "readable-by-others": "others may have read a message of this agency: the key it was encrypted to leaked",
  overdue: "the time to do what is owed has run out",
  "transferred-onward": "material of this agency was transferred to a third country",
  "urgency-downgraded": "the request counts as not urgent",
};

/** `RS-FIU is to answer the request by 2027-01-23 00:00 +01:00 (P08)`. */
export function toDutyWords({ duty, party, rule, due, offset }: Obligation): string {
  const known = KNOWN_WORDS[duty];
  if (known !== undefined) return `${known} (${rule})`;
  const by = due === undefined ? "" : ` by ${toDueText(due, offset)}`;
  return `${party} is to ${toDeed(duty)}${by} (${rule})`;
}

/** `answer the request`; of a duty that this program has no words for, its code. */
export function toDeed(duty: string): string {
  return DUTY_WORDS[duty] ?? KNOWN_WORDS[duty] ?? duty;
}

/** `the time to do what is owed has run out, RS-FIU's (P08)`. */
export function toNoticeWords({ notice, rule, to, by, due }: Notice): string {
  const known = KNOWN_WORDS[notice];
  if (known === undefined) return toDutyWords({ duty: notice, party: to, rule, ...(due ? { due } : {}) });
  return `${known}${by === undefined ? "" : `: ${by}`} (${rule})`;
}

/** In the time of the zone whose days were counted, where that is known: `2027-01-23 00:00 +01:00`. */
export function toDueText(due: number, offset: string | undefined): string {
  if (offset === undefined) return toTimeText(due);
  const [, sign = "+", hours = "0", minutes = "0"] = /^([+-])(\d\d):(\d\d)$/.exec(offset) ?? [];
  const seconds = (Number(hours) * 60 + Number(minutes)) * 60 * (sign === "-" ? -1 : 1);
  return toTimeText(due + seconds).replace("UTC", offset);
}
