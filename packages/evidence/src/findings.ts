import { encodeBase64url, type KeyId } from "@leix/protocol";
import type { Finding, NotProven, Proven } from "./finding.ts";
import type { FollowedMessage, PolicySetInForce } from "./follow-records.ts";
import type { Ended, UsedKey } from "./key-register.ts";
import type { Redecided } from "./redecide-message.ts";
import type { VerifiedCheckpoint } from "./verify-checkpoint.ts";

type Acknowledged = Extract<Proven, { what: "acknowledged" }>;

/** What was verified, whole: there are no findings of evidence of which a part fails. */
export interface Verified {
  readonly message: FollowedMessage;
  readonly acknowledgements: readonly FollowedMessage[];
  readonly redecided: Redecided;
  readonly policySet: PolicySetInForce;
  readonly log: VerifiedCheckpoint;
  readonly records: number;
  readonly statements: number;
  /** Of the statements shown, in the order in which their keys were registered. */
  readonly signers: readonly UsedKey[];
  readonly ended: readonly Ended[];
  /** Whom the body is wrapped for; undefined where it is not here. */
  readonly reader: KeyId | undefined;
  readonly isOpened: boolean;
}

/** First what is proven, then what is not. */
export function toFindings(verified: Verified): readonly Finding[] {
  return [
    ...listProven(verified).map((one) => ({ kind: "proven" as const, ...one })),
    ...listNotProven(verified).map((one) => ({ kind: "not-proven" as const, ...one })),
  ];
}

function listProven(verified: Verified): Proven[] {
  const { message, acknowledgements, redecided, policySet, log, records } = verified;
  const { claims } = message.record;
  const { index, received, at } = message.entry;
  const { kid, registered } = message.signed;
  const { size, root, origin } = log.checkpoint;
  const place = { size, root: encodeBase64url(root), origin };
  return [
    {
      ...{ what: "message-signed", agency: claims.iss, kid, registered, messageKind: claims.kind },
      ...{ iat: claims.iat, to: claims.to, copies: claims.copies },
    },
    { what: "message-recorded", index, received, at },
    toDecided(message),
    ...(redecided === "decider-unknown" ? [] : [toRules(message, policySet)]),
    ...listAcknowledged(acknowledgements),
    { what: "in-ledger", records, ...place, kid: log.key.kid, registered: log.key.registered },
    ...(log.witnesses.length > 0 ? [toWitnessed(log)] : []),
    ...listBodyProven(verified),
    ...listKeysProven(verified),
  ];
}

function toDecided({ entry: { verdict }, decided: { kid, registered } }: FollowedMessage): Proven {
  const recipients = verdict.recipients.map((one, i) => {
    return { ...one, determining: verdict.grounds[i]?.determining ?? [] };
  });
  return { what: "decided", kid, registered, outcome: verdict.outcome, recipients };
}

function listKeysProven({ message, statements, signers, ended }: Verified): Proven[] {
  const signed = { what: "statements-signed" as const, statements, signers };
  if (ended.length === 0) return [signed];
  return [signed, { what: "ended-since", message: message.entry.index, ended }];
}

function toRules({ entry }: FollowedMessage, { version, signedBy, files }: PolicySetInForce): Proven {
  return { what: "rules-applied", policySet: entry.policySet, version, signedBy, files };
}

function listAcknowledged(acknowledgements: readonly FollowedMessage[]): Acknowledged[] {
  return acknowledgements.flatMap(({ record: { claims, decision }, signed: { kid, registered } }) => {
    if (claims.kind !== "acknowledgement") return [];
    const { iss: agency, status } = claims;
    const { index, at } = decision.content;
    return [{ what: "acknowledged", agency, kid, registered, status, index, at }];
  });
}

function listBodyProven({ message, reader, isOpened }: Verified): Proven[] {
  const { body } = message.record.claims;
  if (!body) return [{ what: "no-body" }];
  if (reader === undefined) return [];
  const sent = { what: "body-sent" as const, bytes: body.bytes, reader };
  return isOpened ? [sent, { what: "body-opened", bytes: body.bytes }] : [sent];
}

function listNotProven(verified: Verified): NotProven[] {
  const { message, redecided, log, reader, isOpened } = verified;
  const { body } = message.record.claims;
  const { decider } = message.record.decision.content;
  return [
    { what: "newest-statements" },
    { what: "unchanged-since" },
    { what: "facts" },
    ...(redecided === "decider-unknown"
      ? [{ what: "rules-applied" as const, step: decider.step, cedar: decider.cedar }]
      : []),
    ...(redecided === "other-dates" ? [{ what: "due-times" as const, tz: decider.tz }] : []),
    { what: "person" },
    { what: "times" },
    ...listUndelivered(verified),
    ...listDoubtful(log),
    ...(body && reader === undefined ? [{ what: "body-absent" as const }] : []),
    ...(body && reader !== undefined && !isOpened ? [{ what: "body-text" as const, reader }] : []),
  ];
}

/** What somebody acknowledges so has arrived, and is of no use there. */
const UNUSABLE: readonly string[] = ["undecryptable", "unverifiable"];

/** Of those whom it was permitted for: who says nothing, and who says only that it could not be used. */
function listUndelivered({ message, acknowledgements }: Verified): NotProven[] {
  const said = listAcknowledged(acknowledgements);
  const permitted = message.entry.verdict.recipients.filter(({ effect }) => effect === "permit");
  const own = permitted.map(({ agency }) => ({ agency, all: said.filter((one) => one.agency === agency) }));
  const silent = own.filter(({ all }) => all.length === 0).map(({ agency }) => agency);
  const reports = own.flatMap(({ agency, all }) => {
    const first = all.every(({ status }) => UNUSABLE.includes(status)) ? all[0] : undefined;
    return first ? [{ agency, status: first.status }] : [];
  });
  return [
    ...(silent.length > 0 ? [{ what: "delivery" as const, agencies: silent }] : []),
    ...(reports.length > 0 ? [{ what: "usable" as const, reports }] : []),
  ];
}

function toWitnessed({ quorum, countries, witnesses }: VerifiedCheckpoint): Proven {
  const named = witnesses.map(({ agency, at, key: { kid, registered } }) => ({
    agency,
    at,
    kid,
    registered,
  }));
  return { what: "witnessed", quorum, countries, witnesses: named };
}

/** As many countries as the anchor's statement asks for; where it asks for none, one witness at least. */
function listDoubtful({ witnesses, countries, quorum }: VerifiedCheckpoint): NotProven[] {
  const isEnough = quorum > 0 ? countries >= quorum : witnesses.length > 0;
  return isEnough ? [] : [{ what: "single-history", countries, quorum }];
}
