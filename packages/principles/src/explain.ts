import type { RecipientOutcome } from "@leix/protocol";
import type { Rule } from "./rule.ts";
import { ENGLISH } from "./texts-en/index.ts";

/** Anything a sender can be given as the reason of a denial. */
export type Reason = RecipientOutcome["reasons"][number];

/** A reason in words for people. Outside the policy set's digest: a better wording changes no rule. */
export interface Explanation {
  readonly title: string;
  /** What is wrong. */
  readonly wrong: string;
  /** What the sender can do about it. */
  readonly todo: string;
  /** What the rule is modelled on, as its policy says; absent where the reason is the exchange's own. */
  readonly source?: string;
  readonly link?: string;
  readonly confidence?: Rule["confidence"];
}

const TEXTS: Readonly<Record<string, Readonly<Record<string, Explanation>>>> = { en: ENGLISH };

/**
 * Of a policy without a text of its own, its rule's. English where the language has no text for it; undefined
 * where this program knows no such reason.
 */
export function explainRule(reason: Reason, language: string): Explanation | undefined {
  const rule = reason.split(".", 1)[0] ?? reason;
  return find(language, reason) ?? find(language, rule) ?? find("en", reason) ?? find("en", rule);
}

function find(language: string, reason: string): Explanation | undefined {
  const texts = Object.hasOwn(TEXTS, language) ? TEXTS[language] : undefined;
  return texts !== undefined && Object.hasOwn(texts, reason) ? texts[reason] : undefined;
}
