import { type ErrorCode, LeixError, limits, type MessageId, type Notice } from "@leix/protocol";
import { type DispatchOptions, dispatch } from "./dispatch.ts";
import type { NodeEvent, OnNodeEvent } from "./events.ts";
import type { Identity } from "./identity.ts";
import { type AnswerVerdict, judgeAnswer } from "./judge-answer.ts";
import { type CopyVerdict, judgeCopy, openCopy } from "./judge-copy.ts";
import { judgeNotice, type NoticeVerdict } from "./judge-notice.ts";
import type { Membership } from "./membership.ts";
import { releaseAcknowledged } from "./resend-waited.ts";
import { canSignAgain, type SignAgainOptions, signAgain } from "./sign-again.ts";
import type { ArrivalRow } from "./store/inbox.ts";
import type { Store } from "./store.ts";

export interface SettleOptions extends SignAgainOptions, DispatchOptions {
  readonly identity: Identity;
  readonly membership: Membership;
  readonly store: Store;
  readonly onEvent: OnNodeEvent;
}

/** Settled, or waiting for membership that cannot be had now. */
export type Settling = "settled" | "deferred";

const ATTEMPTS_MAX = limits.DELIVERIES_MAX;

/**
 * Judges one arrival and writes what follows, in one transaction. A crash before it: the arrival is judged
 * again from the store. A crash after it: a copy is acknowledged to its sender from the store; an answer is
 * done with.
 *
 * An arrival that ended the process several times is given up, so that it cannot stop the others for ever.
 */
export async function settle(row: ArrivalRow, options: SettleOptions): Promise<Settling> {
  if (row.attempts >= ATTEMPTS_MAX) {
    refuse(row, { code: "input/unprocessable", detail: `${row.attempts} attempts` }, options);
    return "settled";
  }
  switch (row.kind) {
    case "copy":
      return settleCopy(row, options);
    case "decision":
    case "rejection":
      return settleAnswer(row, options);
    case "notice":
      return settleNotice(row, options);
    default:
      refuse(row, { code: "input/kind-unknown", detail: row.kind }, options);
      return "settled";
  }
}

async function settleCopy(row: ArrivalRow, options: SettleOptions): Promise<Settling> {
  const verdict = await judgeWithNewest(row, options, () => judgeCopy(row, options));
  if (verdict === undefined) return "deferred";
  const { store } = options;
  const missing = store.transaction(() => {
    if (verdict.sighting) store.sightings.add(verdict.sighting);
    store.inbox.settle(row.arrival, verdict);
    return verdict.status === "accepted" ? noteReference(row, options) : undefined;
  });
  if (missing) options.onEvent({ kind: "chain.behind", messageId: missing });
  reportCopy(row, verdict, options);
  return "settled";
}

/**
 * What it says of a message of this agency. The id of one that is not here: the store is older than what was
 * sent.
 */
function noteReference({ payload }: ArrivalRow, { store, identity }: SettleOptions): MessageId | undefined {
  const { claims } = openCopy(payload);
  const { re } = claims;
  if (re?.iss !== identity.agency) return undefined;
  if (!store.outbox.get(re.id)) {
    store.chainEnd.addMissing(re.id);
    return store.chainEnd.findMissing() && re.id;
  }
  if (claims.kind === "acknowledgement") releaseAcknowledged(store, re.id);
  return undefined;
}

async function settleAnswer(row: ArrivalRow, options: SettleOptions): Promise<Settling> {
  const { store } = options;
  const judge = { ...options, outbox: store.outbox };
  const verdict = await judgeWithNewest(row, options, () => judgeAnswer(row.payload, judge));
  if (verdict === undefined) return "deferred";
  const isAgain = await judgeAgain(row, verdict, options);
  if (isAgain === undefined) return "deferred";
  if (isAgain && verdict.kind === "settles") return settleAgain(row, verdict, options);
  store.transaction(() => {
    if (verdict.sighting) store.sightings.add(verdict.sighting);
    if (verdict.kind === "refused") {
      const { code, detail } = verdict;
      store.inbox.settle(row.arrival, { status: "unverifiable", code, detail });
      return;
    }
    if (verdict.kind === "settles") store.outbox.settle(verdict.sent.id, verdict.settlement);
    if (isDone(verdict)) store.inbox.remove(row.arrival);
  });
  reportAnswer(row, verdict, options);
  return isDone(verdict) ? "settled" : settleAnswer(row, options);
}

function isDone(verdict: AnswerVerdict): boolean {
  return verdict.kind !== "settles" || verdict.isLast;
}

/** Undefined where that cannot be known now. */
async function judgeAgain(
  row: ArrivalRow,
  verdict: AnswerVerdict,
  options: SettleOptions,
): Promise<boolean | undefined> {
  if (verdict.kind !== "settles") return false;
  try {
    return await canSignAgain(verdict.settlement, verdict.sent, options);
  } catch (error) {
    if (!(error instanceof LeixError) || error.code === "ledger/rolled-back") throw error;
    options.onEvent({ kind: "arrival.deferred", id: row.id, code: error.code });
    return undefined;
  }
}

/** What was in flight when its key was withdrawn is not lost: the exchange has only refused the signature. */
async function settleAgain(
  row: ArrivalRow,
  verdict: Extract<AnswerVerdict, { kind: "settles" }>,
  options: SettleOptions,
): Promise<Settling> {
  const { store, onEvent } = options;
  if (store.chainEnd.findMissing()) return "deferred";
  const { sent, settlement, sighting } = verdict;
  const id = await signAgain(sent, settlement, options, () => {
    store.sightings.add(sighting);
    if (isDone(verdict)) store.inbox.remove(row.arrival);
  });
  if (id === undefined) return "settled";
  onEvent({
    kind: "message.signed-again",
    messageId: sent.id,
    replacedBy: id,
    ledgerIndex: sighting.index,
  });
  await dispatch(id, options);
  return isDone(verdict) ? "settled" : settleAnswer(row, options);
}

/** Nobody waits for an answer to a notice: once it is kept, it is done with. */
async function settleNotice(row: ArrivalRow, options: SettleOptions): Promise<Settling> {
  const { store, onEvent } = options;
  const verdict = await judgeWithNewest(row, options, () => judgeNotice(row.payload, options));
  if (verdict === undefined) return "deferred";
  const isNew = store.transaction(() => {
    if (verdict.sighting) store.sightings.add(verdict.sighting);
    if (verdict.kind === "refused") {
      const { code, detail } = verdict;
      store.inbox.settle(row.arrival, { status: "unverifiable", code, detail });
      return false;
    }
    store.inbox.remove(row.arrival);
    const { decision, sighting } = verdict;
    return store.notices.add({ index: sighting.index, decision, arrivedMs: row.arrivedMs });
  });
  if (verdict.kind === "refused") onEvent({ kind: "notice.refused", id: row.id, code: verdict.code });
  else if (isNew) reportTold(verdict, onEvent);
  return "settled";
}

function reportTold(
  { notices, proposal, sighting: { index } }: Extract<NoticeVerdict, { kind: "told" }>,
  onEvent: OnNodeEvent,
): void {
  for (const one of notices) onEvent(toNoticeEvent(one, index));
  if (proposal) onEvent({ kind: "suspension.proposed", party: proposal.suspend, ledgerIndex: index });
}

function toNoticeEvent({ notice, rule, about, due }: Notice, ledgerIndex: number): NodeEvent {
  const told = { kind: "notice.received", notice, rule, messageId: about.id, ledgerIndex } as const;
  return due === undefined ? told : { ...told, due };
}

/** Asks once for newer membership where that may mend the verdict; undefined where it cannot be had now. */
async function judgeWithNewest<V extends object>(
  row: ArrivalRow,
  { membership, onEvent }: SettleOptions,
  judge: () => Promise<V>,
): Promise<V | undefined> {
  const first = await judge();
  if (!("code" in first) || !MENDED_BY_MEMBERSHIP.includes(first.code)) return first;
  try {
    await membership.refresh();
  } catch (error) {
    if (!(error instanceof LeixError) || error.code === "ledger/rolled-back") throw error;
    onEvent({ kind: "arrival.deferred", id: row.id, code: error.code });
    return undefined;
  }
  return judge();
}

const MENDED_BY_MEMBERSHIP: readonly unknown[] = [
  "jws/key-unknown",
  "identity/account-unknown",
] satisfies readonly ErrorCode[];

/** Kept as it came, and reported; it is never looked at again. */
function refuse(
  row: ArrivalRow,
  { code, detail }: { readonly code: ErrorCode; readonly detail: string },
  { store, onEvent }: SettleOptions,
): void {
  store.inbox.settle(row.arrival, { status: "unverifiable", code, detail });
  onEvent({ kind: "message.unverifiable", messageId: row.id, account: row.sender, code });
}

function reportCopy(row: ArrivalRow, verdict: CopyVerdict, { onEvent }: SettleOptions): void {
  const { status, about, code } = verdict;
  if (status === "accepted" && about) {
    const { iss, messageKind } = about;
    const ledgerIndex = verdict.sighting?.index ?? -1;
    onEvent({
      kind: "message.received",
      messageId: row.id as MessageId,
      agencyId: iss,
      messageKind,
      ledgerIndex,
    });
  } else if (status !== "accepted" && code) {
    onEvent({ kind: `message.${status}`, messageId: row.id, account: row.sender, code });
  }
}

function reportAnswer(row: ArrivalRow, verdict: AnswerVerdict, { onEvent }: SettleOptions): void {
  switch (verdict.kind) {
    case "repeats":
      return;
    case "refused":
      onEvent({ kind: "answer.refused", id: row.id, code: verdict.code });
      return;
    case "settles": {
      const { sent, settlement, sighting } = verdict;
      const common = { messageId: sent.id, ledgerIndex: sighting.index };
      if (settlement.status === "rejected") {
        onEvent({ kind: "message.rejected", ...common, code: settlement.code });
      } else onEvent({ kind: "message.decided", ...common, decision: settlement.status });
    }
  }
}
