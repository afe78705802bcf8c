import {
  CLAIMS_TYP,
  type Claims,
  type Copy,
  decodeForm,
  decryptBody,
  type ErrorCode,
  type Form,
  LeixError,
  limits,
  type OpenDecision,
  type ParsedJws,
  parseClaims,
  parseCopy,
  parseJws,
} from "@leix/protocol";
import type { Identity } from "./identity.ts";
import type { Membership } from "./membership.ts";
import type { About, Arrival, ArrivalVerdict } from "./store/inbox.ts";
import type { Sighting } from "./store/sightings.ts";
import { toSighting, verifyDecision } from "./verify-decision.ts";
import { verifySigner } from "./verify-signer.ts";

export interface CopyJudge {
  readonly identity: Pick<Identity, "agency" | "trust" | "findDecryptionKeys">;
  readonly membership: Pick<Membership, "findKey" | "findParty">;
}

/** A verdict, and the place of the ledger that a believed decision showed. */
export interface CopyVerdict extends ArrivalVerdict {
  readonly sighting?: Sighting;
}

/** A copy taken apart; nothing is verified but its form. */
export interface OpenCopy {
  readonly copy: Copy;
  readonly message: ParsedJws;
  readonly claims: Claims;
}

/** Throws the `input/`, `jws/` and `body/malformed` codes. */
export function openCopy(payload: Uint8Array): OpenCopy {
  const copy = parseCopy(payload);
  const message = parseJws(copy.message, CLAIMS_TYP, limits.CLAIMS_BYTES_MAX);
  return { copy, message, claims: parseClaims(message.payload) };
}

/**
 * What a reader must not be told as a message: the text is not there, not readable, or not of a known form.
 */
const UNREADABLE: readonly ErrorCode[] = ["body/undecryptable", "body/form"];

/**
 * Whether a copy may be believed and can be read, by this agency's own membership alone. Never throws for
 * content.
 */
export async function judgeCopy(arrival: Arrival, judge: CopyJudge): Promise<CopyVerdict> {
  let opened: OpenCopy;
  try {
    opened = openCopy(arrival.payload);
  } catch (error) {
    return toVerdict(error);
  }
  let decision: OpenDecision | undefined;
  try {
    decision = await verifyDecision(opened.copy.decision, judge.membership, judge.identity.trust.aud);
    verifySubject(arrival, opened, judge);
    verifyPermitted(opened, decision, judge);
    await verifySender(opened, decision, judge);
    await readBody(opened, judge.identity);
    const about = toAbout(arrival, opened, decision);
    return { status: "accepted", about, ...toRetention(decision), sighting: toSighting(decision) };
  } catch (error) {
    const about = toAbout(arrival, opened, decision);
    const verdict = toVerdict(error);
    return {
      ...verdict,
      // Where the decision may be another message's, its time says nothing of this one.
      ...(verdict.status === "undecryptable" ? toRetention(decision) : {}),
      // Nobody acknowledges to itself: a copy that claims to be one's own is only reported.
      ...(about.iss === judge.identity.agency ? {} : { about }),
      ...(decision ? { sighting: toSighting(decision) } : {}),
    };
  }
}

/**
 * The decrypted text, in the form of its kind; undefined where the message has none. Throws `body/missing`,
 * `body/digest`, `body/undecryptable`, `body/commitment`, `body/form`.
 */
export async function readBody(
  { copy, claims }: OpenCopy,
  { findDecryptionKeys }: Pick<Identity, "findDecryptionKeys">,
): Promise<Form | undefined> {
  if (!claims.body !== !copy.body) throw new LeixError("body/missing");
  if (!claims.body || !copy.body) return undefined;
  const keys = await findDecryptionKeys(claims.body.recipients);
  return decodeForm(await decryptBody(copy.body, claims.body, keys), claims.kind);
}

/**
 * The account of the subject, the sender's membership and iss must agree, and the id with that of the
 * subject.
 */
function verifySubject({ sender, id }: Arrival, { claims }: OpenCopy, { membership }: CopyJudge): void {
  const party = membership.findParty(sender as Parameters<Membership["findParty"]>[0]);
  if (!party) throw new LeixError("identity/account-unknown", sender);
  if (party !== claims.iss) {
    throw new LeixError("identity/issuer-not-account", `iss ${claims.iss}, account of ${party}`);
  }
  if (claims.id !== id) throw new LeixError("decision/other-message", `${claims.id} came as ${id}`);
}

/**
 * The decision has to be about these very claims, from this account, and to let them through to this agency.
 */
function verifyPermitted(
  { claims, message }: OpenCopy,
  { content, recipients }: OpenDecision,
  { identity, membership }: CopyJudge,
): void {
  const isAbout =
    content.kind === "message" &&
    content.message.iss === claims.iss &&
    content.message.id === claims.id &&
    content.input.digest === message.digest &&
    membership.findParty(content.input.account) === claims.iss;
  if (!isAbout) throw new LeixError("decision/other-message", `record ${content.index}`);
  const outcome = recipients.find((one) => one.agency === identity.agency);
  const isNamed = [...claims.to, ...claims.copies].includes(identity.agency);
  if (outcome?.effect !== "permit" || !isNamed) {
    throw new LeixError("decision/not-permitted", `record ${content.index}`);
  }
}

async function verifySender(
  { claims, message }: OpenCopy,
  { content }: OpenDecision,
  { identity, membership }: CopyJudge,
): Promise<void> {
  if (claims.aud !== identity.trust.aud) throw new LeixError("claims/audience", claims.aud);
  await verifySigner(membership.findKey, message, claims.iss, {
    index: content.index,
    time: content.received,
  });
}

/** Where the claims were altered on the way, the decision still tells which message it was. */
function toAbout({ id }: Arrival, { claims, message }: OpenCopy, decision: OpenDecision | undefined): About {
  const about = { iss: claims.iss, digest: message.digest, thread: claims.thread, messageKind: claims.kind };
  const content = decision?.content;
  if (content?.kind !== "message" || content.message.id !== id) return about;
  return { ...about, iss: content.message.iss, digest: content.input.digest };
}

/** As it came out of the decision: a source may have a shorter life than the message says. */
function toRetention(decision: OpenDecision | undefined): { deleteBy?: number } {
  const deleteBy = decision?.markings?.deleteBy;
  return deleteBy === undefined ? {} : { deleteBy };
}

function toVerdict(error: unknown): CopyVerdict {
  if (!(error instanceof LeixError)) throw error;
  const { code, detail } = error;
  return { status: UNREADABLE.includes(code) ? "undecryptable" : "unverifiable", code, detail };
}
