import { Notice, RecipientOutcome } from "./decision.ts";
import type { AgencyId, Digest } from "./ids.ts";
import { type OpenDecision, toDigests } from "./open-decision.ts";
import { type Disclosure, encodeSdJwt } from "./sd-jwt.ts";

/** What the sender is shown: every outcome; the markings only where something was let through. */
export function presentToSender(decision: OpenDecision): string {
  const outcomes = listOutcomeDigests(decision);
  const isLetThrough = decision.outcome !== undefined && decision.outcome !== "denied";
  return present(decision, ({ name, digest }) => {
    if (name === "markings") return isLetThrough;
    return name === "outcome" || outcomes.has(digest);
  });
}

/**
 * What one recipient is shown: its own outcome and, where it is let through to, the markings it has to obey.
 */
export function presentToRecipient(decision: OpenDecision, agency: AgencyId): string {
  const outcomes = listOutcomeDigests(decision);
  const isPermitted = decision.recipients.some((one) => one.agency === agency && one.effect === "permit");
  return present(decision, ({ name, digest, value }) => {
    if (name === "markings") return isPermitted;
    return outcomes.has(digest) && RecipientOutcome.safeParse(value).data?.agency === agency;
  });
}

/** What a party is shown that is told of something: the notices to it, and nothing else. */
export function presentNotices(decision: OpenDecision, agency: AgencyId): string {
  const { content } = decision;
  const isTelling = content.kind === "message" || content.kind === "event";
  const notices = new Set(isTelling ? toDigests(content.notices) : []);
  return present(
    decision,
    ({ digest, value }) => notices.has(digest) && Notice.safeParse(value).data?.to === agency,
  );
}

function listOutcomeDigests({ content }: OpenDecision): ReadonlySet<Digest> {
  return new Set(content.kind === "message" ? toDigests(content.recipients) : []);
}

function present(decision: OpenDecision, isShown: (disclosure: Disclosure) => boolean): string {
  return encodeSdJwt(decision.jws.token, decision.disclosures.filter(isShown));
}
