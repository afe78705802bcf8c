import { type AgencyId, type Claims, countryOf, limits, type MessageRef, type Notice } from "@leix/protocol";
import { toDue } from "./due.ts";
import type { Duty } from "./judgement.ts";
import { isSameRef, type Material, type Origin } from "./material.ts";
import type { HeldCopy, KnownConsent, Queries } from "./queries.ts";
import { listUnauthorised } from "./source-facts.ts";

/** A message that was let through to someone, as far as others are to be told of it. */
export interface Told {
  readonly queries: Queries;
  readonly claims: Claims;
  readonly ref: MessageRef;
  /** NumericDate, from which every term counts. */
  readonly received: number;
  readonly material: Material;
}

/** An agency that the message was let through to, and the duties that came with that. */
export interface Reached {
  readonly agency: AgencyId;
  readonly duties: readonly Duty[];
}

const UTC = "UTC";
/** Of P34. */
const ONWARD = "transferred-onward";

/** The zone of an agency's country: in it the agency's calendar days are counted. */
export function findZone(queries: Queries, agency: AgencyId): string {
  return queries.country(countryOf(agency))?.zone ?? UTC;
}

/**
 * Who is to be told because of these duties, each party once for each message that it holds: the originators
 * of what went to others than themselves, or whoever holds what was corrected or consented. Never the sender.
 * Nearest holders come first, and there are no more than NOTICES_MAX: whoever passed it on further owes those
 * the correction anyway.
 */
export function toNotices(told: Told, reached: readonly Reached[]): Notice[] {
  if (reached.every(({ duties }) => duties.length === 0)) return [];
  const laidOn = reached.flatMap(({ agency, duties }) => duties.map((duty) => ({ agency, duty })));
  const byDuty = Map.groupBy(laidOn, ({ duty: { rule, name, party, term } }) =>
    [rule, name, party, term].join(" "),
  );
  const notices = [...byDuty.values()].flatMap((same) => {
    const duty = same[0]?.duty;
    if (duty === undefined) return [];
    const because = same.map(({ agency }) => agency);
    return listTold(told, duty, because, reached).map((held) => toNotice(told, duty, held));
  });
  return notices.slice(0, limits.NOTICES_MAX);
}

/** `because` are the recipients with whose copies the duty came. */
function listTold(
  told: Told,
  { name, party }: Duty,
  because: readonly AgencyId[],
  reached: readonly Reached[],
): HeldCopy[] {
  switch (party) {
    case "originators":
      return told.material.origins
        .filter((origin) => because.some((agency) => isConcerned(told, name, agency, origin)))
        .map(({ ref }) => ({ agency: ref.iss, ref }));
    case "holders":
      return listHolders(
        told,
        reached.map(({ agency }) => agency),
      );
    case "sender":
    case "recipient":
      return [];
  }
}

/** Of an onward transfer that it has authorised, or that is none for its own country, no one is told. */
function isConcerned(told: Told, duty: string, recipient: AgencyId, origin: Origin): boolean {
  if (duty === ONWARD) return listUnauthorised({ ...told, recipient }).includes(origin);
  return recipient !== origin.ref.iss;
}

/**
 * Who holds what a correction corrects. Of what a consent was given over, those alone whom the consent
 * brought it to: others have it in their own right, and never knew of the consent. A recipient that holds the
 * very message concerned has this one, and needs no notice of it.
 */
function listHolders({ queries, claims }: Told, recipients: readonly AgencyId[]): HeldCopy[] {
  const withdrawn = claims.kind === "consent-withdrawal" ? queries.consent(claims.re) : undefined;
  const subject = claims.kind === "correction" ? claims.re : withdrawn?.of;
  if (subject === undefined) return [];
  return queries
    .copies(subject)
    .filter(({ agency }) => agency !== claims.iss)
    .filter(({ agency }) => withdrawn === undefined || isInScope(withdrawn, agency))
    .filter(({ agency, ref }) => !(recipients.includes(agency) && isSameRef(ref, subject)));
}

function isInScope({ grantees, recipients }: KnownConsent, agency: AgencyId): boolean {
  return grantees.includes(agency) || recipients.includes(agency);
}

function toNotice({ queries, claims, ref, received }: Told, duty: Duty, held: HeldCopy): Notice {
  const { rule, name: notice, term } = duty;
  return {
    to: held.agency,
    rule,
    notice,
    about: ref,
    held: held.ref,
    by: claims.iss,
    ...(claims.kind === "correction" ? { action: claims.action } : {}),
    ...(term === undefined ? {} : { due: toDue(received, term, findZone(queries, held.agency)).due }),
  };
}
