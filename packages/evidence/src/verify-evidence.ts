import { createState, type State } from "@leix/exchange";
import type { Primitives } from "@leix/exchange/tried-record";
import {
  type Claims,
  type DecryptionKey,
  type ErrorCode,
  type ExchangeId,
  type Form,
  type KeyId,
  LeixError,
  type MessageRef,
} from "@leix/protocol";
import { type Evidence, parseEvidence } from "./evidence.ts";
import { openEvidenceBody, verifyEvidenceBody } from "./evidence-body.ts";
import { EvidenceError, onPart } from "./evidence-error.ts";
import { type EvidenceRecords, parseRecords } from "./evidence-part.ts";
import type { Finding } from "./finding.ts";
import { toFindings } from "./findings.ts";
import { type FollowedMessage, type Following, followMessage, followStatement } from "./follow-records.ts";
import { KeyRegister } from "./key-register.ts";
import { type Redecided, redecideMessage } from "./redecide-message.ts";
import { verifyCheckpoint } from "./verify-checkpoint.ts";
import { verifyIncluded } from "./verify-inclusion.ts";

/** All that a reader of evidence is given beforehand, and trusts. */
export interface EvidenceTrust {
  readonly aud: ExchangeId;
  /** Thumbprint of the anchor's signing key. */
  readonly anchorKey: KeyId;
}

export interface VerifyOptions {
  /** Opens the body, where there is one. */
  readonly reader?: DecryptionKey;
  /** In the thread that calls, where the platform has some that are cheaper than WebCrypto's. */
  readonly primitives?: Primitives;
}

export type Verification = Proof | Failure;

/** Everything that the file claims is proven. */
export interface Proof {
  readonly isProven: true;
  readonly message: MessageRef;
  readonly claims: Claims;
  readonly findings: readonly Finding[];
  /** Where it was opened. */
  readonly text?: Form;
}

/** The first part that fails: nothing in the file is to be believed. */
export interface Failure {
  readonly isProven: false;
  /** `message.record`, `statements[3].proof`, `checkpoint`; `file` where no part can be told. */
  readonly part: string;
  readonly code: ErrorCode;
  readonly detail: string;
}

/**
 * Proves, from the anchor's key alone, how one message was treated. Needs no network, no clock and nobody's
 * word. The chain: the anchor's statement, record 0; authorities and services; agencies and policy keys; the
 * message's and the decision's signatures. Beside it the ledger service's key, the checkpoint, and every
 * record in its tree; and the policy set in force, which gives the decision's outcome again.
 */
export async function verifyEvidence(
  bytes: Uint8Array,
  trust: EvidenceTrust,
  options: VerifyOptions = {},
): Promise<Verification> {
  try {
    return await prove(parseEvidence(bytes), trust, options);
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    const { part, code, detail } = error;
    return { isProven: false, part, code, detail };
  }
}

async function prove(
  evidence: Evidence,
  trust: EvidenceTrust,
  { reader, primitives = {} }: VerifyOptions,
): Promise<Proof> {
  if (evidence.aud !== trust.aud) {
    throw new EvidenceError("aud", new LeixError("claims/audience", evidence.aud));
  }
  const records = await parseRecords(evidence, primitives.digest);
  const treated = await followRecords(records, trust, primitives);
  const { following, message, acknowledgements } = treated;
  const signers = following.keys.listUsed();
  const log = await onPart("checkpoint", () => verifyCheckpoint(following, evidence.checkpoint));
  for (const one of records.all) await verifyIncluded(one, log.checkpoint);
  const { claims } = message.record;
  const { body } = evidence;
  const readable = body && (await onPart("body", () => verifyEvidenceBody(body, claims.body)));
  const binding = claims.body;
  const text =
    body && binding && reader
      ? await onPart("body", () => openEvidenceBody(body, binding, claims.kind, reader))
      : undefined;
  const findings = toFindings({
    ...{ message, acknowledgements, log, redecided: treated.redecided, policySet: treated.policySet },
    ...{ records: records.all.length, statements: evidence.statements.length },
    ...{ signers, ended: following.keys.listEnded(following.state) },
    ...{ reader: readable, isOpened: text !== undefined },
  });
  const { ref } = message.entry;
  return { isProven: true, message: ref, claims, findings, ...(text ? { text } : {}) };
}

/** What the records say, each believed for its signatures and its place. */
interface Treated {
  readonly following: Following;
  readonly message: FollowedMessage;
  readonly acknowledgements: readonly FollowedMessage[];
  readonly redecided: Redecided;
  /** In force when the message was decided. */
  readonly policySet: NonNullable<Following["policySet"]>;
}

/** In the order of the ledger: every record is judged by those before it. */
async function followRecords(
  records: EvidenceRecords,
  trust: EvidenceTrust,
  primitives: Primitives,
): Promise<Treated> {
  const following: Following = {
    state: startState(records, trust),
    keys: new KeyRegister(),
    policySet: undefined,
    primitives,
  };
  let decided: Pick<Treated, "message" | "redecided" | "policySet"> | undefined;
  const acknowledgements: FollowedMessage[] = [];
  for (const one of records.all) {
    await onPart(`${one.name}.record`, async () => {
      if (one === records.message) {
        const message = await followMessage(following, one);
        decided = { message, ...redecide(following, message) };
      } else if (records.acknowledgements.includes(one)) {
        const word = await followMessage(following, one);
        refuseOther(word, decided?.message);
        acknowledgements.push(word);
      } else await followStatement(following, one);
    });
  }
  if (!decided) throw new EvidenceError("message", new LeixError("evidence/missing"));
  return { following, acknowledgements, ...decided };
}

/** Record 0 tells the anchor's account; the anchor's key, which signs it, is what is trusted. */
export function startState({ all }: Pick<EvidenceRecords, "all">, trust: EvidenceTrust): State {
  const [first] = all;
  const statement = first?.record.kind === "statement" ? first.record.statement : undefined;
  if (statement?.kind !== "anchor" || first?.part.index !== 0) {
    throw new EvidenceError(
      "statements",
      new LeixError("evidence/missing", "record 0, the anchor's statement"),
    );
  }
  return createState({ ...trust, anchorAccount: statement.account.id });
}

function redecide({ state, policySet }: Following, { entry, record }: FollowedMessage) {
  const redecided = redecideMessage(state, entry, record.decision.content.decider);
  if (!policySet) throw new LeixError("evidence/missing", "the policy set in force");
  return { redecided, policySet };
}

/** An acknowledgement by one of its recipients, of this very message. */
function refuseOther({ record }: FollowedMessage, message: FollowedMessage | undefined): void {
  const { claims } = record;
  const recipients = message ? [...message.record.claims.to, ...message.record.claims.copies] : [];
  const isAbout =
    claims.kind === "acknowledgement" &&
    claims.re.digest === message?.entry.ref.digest &&
    claims.re.id === message.entry.ref.id &&
    recipients.includes(claims.iss);
  if (!isAbout) throw new LeixError("evidence/differs", "no acknowledgement of this message");
}
