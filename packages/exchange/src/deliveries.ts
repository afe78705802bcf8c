import type { AgencyId } from "@leix/protocol";
import {
  type AccountId,
  type Body,
  type Digest,
  encodeCanonicalBytes,
  type InboxKind,
  type MessageId,
  type ParsedRecord,
  presentToRecipient,
  presentToSender,
  stripBody,
  toVerdict,
} from "@leix/protocol";
import type { State } from "./state.ts";

/** What a reply has room for (`Reply`). */
const DETAIL_CHARACTERS_MAX = 1_000;

/** One thing to lay into one inbox. The names are the parts of its subject, which is used once. */
export interface Delivery {
  readonly recipient: AccountId;
  readonly kind: InboxKind;
  readonly sender: AccountId;
  readonly id: MessageId | Digest;
  readonly payload: Uint8Array<ArrayBuffer>;
}

/**
 * Everything that follows from a record for the inboxes: a copy for each recipient that it was let through
 * to, each with its own key entry and its own part of the decision, and the answer to the sender. A
 * function of the record and the body that came with it, so the first routing and every repair of it are
 * the same.
 */
export function listDeliveries(
  state: State,
  record: ParsedRecord,
  body: Body | undefined,
  detail?: string,
): readonly Delivery[] {
  const reply = toReplyDelivery(record, detail);
  if (record.kind !== "message") return [reply];
  const permitted = toVerdict(record.decision).recipients.filter((one) => one.effect === "permit");
  return [...permitted.flatMap((one) => toCopy(state, record, body, one.agency)), reply];
}

/** The answer to the sender alone: what a repeated input gets again. */
export function toReplyDelivery(record: ParsedRecord, detail?: string): Delivery {
  const { account, digest } = record.decision.content.input;
  const shown =
    record.kind === "message" ? presentToSender(record.decision) : `${record.decision.jws.token}~`;
  return {
    recipient: account,
    kind: record.kind === "rejection" ? "rejection" : "decision",
    sender: account,
    id: record.kind === "message" ? record.claims.id : digest,
    payload: encodeCanonicalBytes({ decision: shown, ...(detail ? { detail: toShownDetail(detail) } : {}) }),
  };
}

/**
 * A detail may quote the sender's own member names, of any length and cut anywhere: it must still be JSON
 * text.
 */
function toShownDetail(detail: string): string {
  return detail.slice(0, DETAIL_CHARACTERS_MAX).toWellFormed();
}

/** None where the agency is not registered: a policy set may permit that, but there is no inbox. */
function toCopy(
  state: State,
  record: Extract<ParsedRecord, { kind: "message" }>,
  body: Body | undefined,
  agency: AgencyId,
): Delivery[] {
  const statement = state.parties.get(agency)?.statement;
  if (statement?.kind !== "agency") return [];
  const kid = record.claims.body?.recipients.find((one) => state.keys.get(one)?.party === agency);
  const own = body && kid ? { body: stripBody(body, kid) } : {};
  const decision = presentToRecipient(record.decision, agency);
  const delivery: Delivery = {
    recipient: statement.account.id,
    kind: "copy",
    sender: record.decision.content.input.account,
    id: record.claims.id,
    payload: encodeCanonicalBytes({ message: record.input.token, ...own, decision }),
  };
  return [delivery];
}
