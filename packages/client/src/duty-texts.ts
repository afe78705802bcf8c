import { type Explanation, explainRule } from "@leix/principles";
import type { Obligation } from "@leix/protocol";

/** A duty in words: what it is because of, what is to be done, what it is modelled on. */
export type ExplainedDuty = Obligation & { readonly text?: Explanation };

type Policy = Parameters<typeof explainRule>[0];

/** Which policy of a rule lays it on, where that is not the rule's own first one. */
const POLICIES: Readonly<Record<string, Policy>> = {
  "justify-missing-copy": "P04.justification",
  "seek-authorisation": "P11.seek",
  "consent-withdrawn": "P18.told",
  "evidence-use-notice": "P19.notice",
  "acknowledge-caveat": "P21.acknowledge",
  "override-used": "P24.told",
  review: "P24.review",
  "tell-of-rectification": "P30.outdated",
  "verify-before-use": "P27.verify",
  rectify: "P30.rectify",
  erase: "P30.erase",
  restrict: "P30.restrict",
  recall: "P30.recall",
  "readable-by-others": "P32.exposed",
  "review-retention": "P31.review",
  "document-transfer": "P33.documentation",
  "transferred-onward": "P34.told",
};

/** Undefined where this program has no text for it: a newer policy set may lay on what it does not know. */
export function explainDuty(
  { rule, duty }: Pick<Obligation, "rule" | "duty">,
  language: string,
): Explanation | undefined {
  const policy = Object.hasOwn(POLICIES, duty) ? POLICIES[duty] : undefined;
  return explainRule(policy?.startsWith(rule) ? policy : rule, language);
}
