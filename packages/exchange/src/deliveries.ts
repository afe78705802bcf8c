import {
  type AccountId,
  type AgencyId,
  type Body,
  type Digest,
  encodeCanonicalBytes,
  type InboxKind,
  type MessageId,
  type ParsedRecord,
  presentNotices,
  presentToRecipient,
  presentToSender,
  stripBody,
  toVerdict,
} from "@leix/protocol";
import { hasLeft } from "./members.ts";
import { findMessage } from "./messages.ts";
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
 * to, each with its own key entry and its own part of the decision; a notice for each party that is told of
 * something; and the answer to the sender. A function of the record and the body that came with it, so the
 * first routing and every repair of it are the same.
 */
export function listDeliveries(
  state: State,
  record: ParsedRecord,
  body: Body | undefined,
  detail?: string,
): readonly Delivery[] {
  const replies = listReplies(record, detail);
  const notices = listNotices(state, record);
  if (record.kind !== "message") return [...notices, ...replies];
  const permitted = toVerdict(record.decision).recipients.filter((one) => one.effect === "permit");
  return [...permitted.flatMap((one) => toCopy(state, record, body, one.agency)), ...notices, ...replies];
}

/**
 * What a repeated input gets: its answer, and a copy again for each recipient that was let through and has
 * not acknowledged it. A broker whose disk went back may have lost the first copy, and nobody but the sender
 * has the body; whoever has it already drops the second. Each stands for itself: some may still wait. None of
 * a text whose time is over, or that its sender has had erased: who never got it shall not get it now.
 */
export function listRepeated(
  state: State,
  record: ParsedRecord,
  body: Body | undefined,
): readonly Delivery[] {
  const replies = listReplies(record);
  if (record.kind !== "message") return replies;
  const { iss, id } = record.claims;
  const known = findMessage(state, { iss, id, digest: record.input.digest });
  const { deleteBy } = known?.markings ?? {};
  const isErased = known?.corrected?.action === "erase";
  if (!known || isErased || (deleteBy !== undefined && deleteBy <= state.head.at)) return replies;
  const waited = known.outstanding.filter((agency) => !hasLeft(state, agency));
  return [...waited.flatMap((agency) => toCopy(state, record, body, agency)), ...replies];
}

/** The answer to the sender alone. The clock gets none. */
export function listReplies(record: ParsedRecord, detail?: string): readonly Delivery[] {
  return record.kind === "event" || record.kind === "seal" ? [] : [toReply(record, detail)];
}

function toReply(record: ParsedRecord, detail: string | undefined): Delivery {
  const { account, digest } = record.decision.content.input;
  const shown =
    record.kind === "message" ? presentToSender(record.decision) : `${record.decision.jws.token}~`;
  return {
    recipient: account,
    kind: record.kind === "rejection" || record.kind === "flood" ? "rejection" : "decision",
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

/** All that one party is told by a record, as one. */
function listNotices(state: State, record: ParsedRecord): Delivery[] {
  const { decision } = record;
  const { content } = decision;
  if (content.kind === "flood")
    return content.proposal?.to ? toProposal(state, record, content.proposal.to) : [];
  const told = new Set(decision.notices.map(({ to }) => to));
  return [...told].flatMap((agency) => {
    const recipient = findInbox(state, agency);
    if (recipient === undefined) return [];
    const delivery: Delivery = {
      recipient,
      kind: "notice",
      sender: decision.content.input.account,
      id: record.kind === "message" ? record.claims.id : decision.jws.digest,
      payload: encodeCanonicalBytes({ decision: presentNotices(decision, agency) }),
    };
    return [delivery];
  });
}

/** Who proposes hides nothing: whom it is about is told the same. */
function toProposal(state: State, { decision }: ParsedRecord, to: AgencyId): Delivery[] {
  const recipient = findInbox(state, to);
  if (recipient === undefined) return [];
  const payload = encodeCanonicalBytes({ decision: `${decision.jws.token}~` });
  const sender = decision.content.input.account;
  return [{ recipient, kind: "notice", sender, id: decision.jws.digest, payload }];
}

/** None where the agency is not registered: a policy set may permit that, but there is no inbox. */
function findInbox(state: State, agency: AgencyId): AccountId | undefined {
  const statement = state.parties.get(agency)?.statement;
  return statement?.kind === "agency" ? statement.account.id : undefined;
}

function toCopy(
  state: State,
  record: Extract<ParsedRecord, { kind: "message" }>,
  body: Body | undefined,
  agency: AgencyId,
): Delivery[] {
  const recipient = findInbox(state, agency);
  if (recipient === undefined) return [];
  const kid = record.claims.body?.recipients.find((one) => state.keys.get(one)?.party === agency);
  const own = body && kid ? { body: stripBody(body, kid) } : {};
  const decision = presentToRecipient(record.decision, agency);
  const delivery: Delivery = {
    recipient,
    kind: "copy",
    sender: record.decision.content.input.account,
    id: record.claims.id,
    payload: encodeCanonicalBytes({ message: record.input.token, ...own, decision }),
  };
  return [delivery];
}
