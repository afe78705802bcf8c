import { encodeBase64url, type KeyId, type ParsedRecord } from "@leix/protocol";
import type { Finding, NotProven, Proven } from "./finding.ts";
import type { FollowedMessage, PolicySetInForce } from "./follow-records.ts";
import type { Redecided } from "./redecide-message.ts";
import type { VerifiedCheckpoint } from "./verify-checkpoint.ts";

/** What was verified, whole: there are no findings of evidence of which a part fails. */
export interface Verified {
  readonly message: FollowedMessage;
  readonly acknowledgements: readonly FollowedMessage[];
  readonly redecided: Redecided;
  readonly policySet: PolicySetInForce;
  readonly log: VerifiedCheckpoint;
  readonly records: number;
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
  const { kid, registered } = message;
  const { size, root, origin } = log.checkpoint;
  return [
    {
      ...{ what: "message-signed", agency: claims.iss, kid, registered, messageKind: claims.kind },
      ...{ iat: claims.iat, to: claims.to, copies: claims.copies },
    },
    { what: "message-recorded", index, received, at },
    toDecided(message),
    ...(redecided === "decider-unknown" ? [] : [toRules(message, policySet)]),
    { what: "in-ledger", records, size, root: encodeBase64url(root), origin, kid: log.kid },
    ...(log.witnesses.length > 0
      ? [{ what: "witnessed" as const, quorum: log.quorum, witnesses: log.witnesses }]
      : []),
    ...acknowledgements.flatMap((one) => toAcknowledged(one.record)),
    ...listBodyProven(verified),
  ];
}

function toDecided({ entry: { verdict } }: FollowedMessage): Proven {
  const recipients = verdict.recipients.map((one, i) => {
    return { ...one, determining: verdict.grounds[i]?.determining ?? [] };
  });
  return { what: "decided", outcome: verdict.outcome, recipients };
}

function toRules({ entry }: FollowedMessage, { version, signedBy, files }: PolicySetInForce): Proven {
  return { what: "rules-applied", policySet: entry.policySet, version, signedBy, files };
}

function toAcknowledged(record: ParsedRecord): Proven[] {
  if (record.kind !== "message" || record.claims.kind !== "acknowledgement") return [];
  const { iss: agency, status } = record.claims;
  const { index, at } = record.decision.content;
  return [{ what: "acknowledged", agency, status, index, at }];
}

function listBodyProven({ message, reader, isOpened }: Verified): Proven[] {
  const { body } = message.record.claims;
  if (!body) return [{ what: "no-body" }];
  if (reader === undefined) return [];
  const sent = { what: "body-sent" as const, bytes: body.bytes, reader };
  return isOpened ? [sent, { what: "body-opened", bytes: body.bytes }] : [sent];
}

function listNotProven(verified: Verified): NotProven[] {
  const { message, acknowledgements, redecided, log, reader, isOpened } = verified;
  const { body } = message.record.claims;
  const { decider } = message.record.decision.content;
  const acknowledged = new Set<string>(acknowledgements.map(({ record }) => record.claims.iss));
  const permitted = message.entry.verdict.recipients.filter(({ effect }) => effect === "permit");
  const silent = permitted.map(({ agency }) => agency).filter((agency) => !acknowledged.has(agency));
  return [
    { what: "newest-statements" },
    { what: "facts" },
    ...(redecided === "decider-unknown"
      ? [{ what: "rules-applied" as const, step: decider.step, cedar: decider.cedar }]
      : []),
    ...(redecided === "other-dates" ? [{ what: "due-times" as const, tz: decider.tz }] : []),
    { what: "person" },
    ...(silent.length > 0 ? [{ what: "delivery" as const, agencies: silent }] : []),
    ...listDoubtful(log),
    ...(body && reader === undefined ? [{ what: "body-absent" as const }] : []),
    ...(body && reader !== undefined && !isOpened ? [{ what: "body-text" as const, reader }] : []),
  ];
}

/** One witness at least, and as many as the anchor's statement asks for. */
function listDoubtful({ witnesses, quorum }: VerifiedCheckpoint): NotProven[] {
  const count = witnesses.length;
  return count >= Math.max(1, quorum) ? [] : [{ what: "single-history", witnesses: count, quorum }];
}
