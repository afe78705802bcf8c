import {
  CLAIMS_TYP,
  type Claims,
  type ErrorCode,
  LeixError,
  limits,
  listRejected,
  type OpenDecision,
  parseClaims,
  parseJws,
  parseReply,
} from "@leix/protocol";
import type { Identity } from "./identity.ts";
import type { Membership } from "./membership.ts";
import type { Outbox, SentRow, Settlement } from "./store/outbox.ts";
import type { Sighting } from "./store/sightings.ts";
import { toSighting, verifyDecision } from "./verify-decision.ts";

export interface AnswerJudge {
  readonly identity: Pick<Identity, "agency" | "account" | "trust">;
  readonly membership: Pick<Membership, "findKey">;
  readonly outbox: Pick<Outbox, "get" | "getByRawDigest">;
}

/** What an answer of the exchange means for the outbox, or why it cannot be believed. */
export type AnswerVerdict =
  | {
      readonly kind: "settles";
      readonly sent: SentRow;
      readonly settlement: Settlement;
      readonly sighting: Sighting;
      /** One answer may reject many messages: it is judged again for the others. */
      readonly isLast: boolean;
    }
  | { readonly kind: "repeats"; readonly sighting: Sighting }
  | {
      readonly kind: "refused";
      readonly code: ErrorCode;
      readonly detail: string;
      readonly sighting?: Sighting;
    };

/**
 * Judges a decision or rejection by this agency's own membership and outbox. Never throws for its content.
 */
export async function judgeAnswer(payload: Uint8Array, judge: AnswerJudge): Promise<AnswerVerdict> {
  let decision: OpenDecision | undefined;
  try {
    const reply = parseReply(payload);
    decision = await verifyDecision(reply.decision, judge.membership, judge.identity.trust.aud);
    const sighting = toSighting(decision);
    const { sent, code, isLast } = findSent(decision, judge);
    const settlement = toSettlement(decision, sent, reply, code);
    if (sent.decision === null) return { kind: "settles", sent, settlement, sighting, isLast };
    refuseOtherAnswer(sent, decision);
    return { kind: "repeats", sighting };
  } catch (error) {
    if (!(error instanceof LeixError)) throw error;
    const refused = { kind: "refused", code: error.code, detail: error.detail } as const;
    return decision ? { ...refused, sighting: toSighting(decision) } : refused;
  }
}

/** Which of the own messages it is about: by account and digest, never by what the subject says. */
function findSent({ content }: OpenDecision, { identity, outbox }: AnswerJudge): Found {
  const { account, digest } = content.input;
  if (account !== identity.account) throw new LeixError("decision/other-message", `account ${account}`);
  if (content.kind === "rejection" || content.kind === "flood") {
    const rejected = listRejected(content).flatMap((one): Omit<Found, "isLast">[] => {
      const sent = outbox.getByRawDigest(one.digest);
      return sent ? [{ sent, code: one.code }] : [];
    });
    const open = rejected.filter(({ sent }) => sent.decision === null);
    const found = open[0] ?? rejected[0];
    if (found) return { ...found, isLast: open.length <= 1 };
    throw new LeixError("client/not-found", `rejected input ${digest}`);
  }
  if (content.kind !== "message") throw new LeixError("decision/other-message", "of another kind");
  const { iss, id } = content.message;
  const sent = outbox.get(id);
  if (!sent) throw new LeixError("client/not-found", id);
  if (iss !== identity.agency || sent.digest !== digest) throw new LeixError("decision/other-message", id);
  return { sent, isLast: true };
}

interface Found {
  readonly sent: SentRow;
  /** Where it is rejected. */
  readonly code?: ErrorCode;
  readonly isLast: boolean;
}

function toSettlement(
  decision: OpenDecision,
  sent: SentRow,
  reply: { readonly decision: string; readonly detail?: string | undefined },
  code: ErrorCode | undefined,
): Settlement {
  const { outcome, recipients } = decision;
  if (code !== undefined) {
    return { status: "rejected", decision: reply.decision, code, detail: reply.detail ?? "" };
  }
  const { to, copies } = openSent(sent.token);
  const named = [...to, ...copies];
  const isWhole = recipients.length === named.length && recipients.every((one, i) => one.agency === named[i]);
  if (outcome === undefined || !isWhole)
    throw new LeixError("decision/disclosure", "not all outcomes are shown");
  return { status: outcome, decision: reply.decision };
}

/**
 * What was sent has one answer, for ever: a second, different one shows that the policy service misbehaves.
 */
function refuseOtherAnswer(sent: SentRow, decision: OpenDecision): void {
  const [known] = (sent.decision ?? "").split("~");
  if (known !== undefined && isSameSigningInput(known, decision.jws.token)) return;
  throw new LeixError("record/decided-otherwise", `${sent.id}: another answer was given before`);
}

function isSameSigningInput(one: string, other: string): boolean {
  return one.slice(0, one.lastIndexOf(".")) === other.slice(0, other.lastIndexOf("."));
}

/** The claims of an own message. */
export function openSent(token: string): Claims {
  return parseClaims(parseJws(token, CLAIMS_TYP, limits.CLAIMS_BYTES_MAX).payload);
}
