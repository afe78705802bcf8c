import {
  type Body,
  type Claims,
  type ErrorCode,
  type Form,
  invariant,
  LeixError,
  type MessageId,
  MessageRef,
  type Notice,
  type OpenDecision,
  openDecision,
  parseSchema,
  type SuspensionProposal,
} from "@leix/protocol";
import { type Acknowledgement, listAcknowledgements } from "./acknowledgements.ts";
import { listDuties, type OwnDuty } from "./duties.ts";
import { findHold } from "./hold.ts";
import type { Identity } from "./identity.ts";
import { openSent } from "./judge-answer.ts";
import { type OpenCopy, openCopy, readBody } from "./judge-copy.ts";
import { type Receipt, toReceipt } from "./receipts.ts";
import { eraseText, isExpired } from "./retention.ts";
import { type BodyReader, rewrapBody } from "./rewrap-body.ts";
import type { ArrivalStatus, CopyRow } from "./store/inbox.ts";
import type { NoticeRow } from "./store/notices.ts";
import type { HeldMessage, SentRow, SentStatus } from "./store/outbox.ts";
import type { Store } from "./store.ts";

/** A message of this agency's own, and what became of it. */
export interface SentMessage {
  readonly direction: "sent";
  readonly ref: MessageRef;
  readonly claims: Claims;
  readonly status: SentStatus;
  readonly storedMs: number;
  readonly decision?: OpenDecision;
  /** Why it was rejected. */
  readonly problem?: Problem;
  /** The message that was sent in its place, because its key had been replaced. */
  readonly replacedBy?: MessageId;
  /** The exchange has it and lets it wait, because it has refused too many of this agency's at once. */
  readonly isWaiting?: true;
}

/** A message to this agency. Unless it is `accepted`, nothing in it is proven, not even whose it is. */
export interface ReceivedMessage {
  readonly direction: "received";
  readonly ref: ReceivedRef;
  readonly claims?: Claims;
  readonly status: ArrivalStatus;
  readonly arrivedMs: number;
  readonly decision?: OpenDecision;
  readonly problem?: Problem;
}

/** What a copy says of itself; whole and proven where it is accepted. */
export interface ReceivedRef {
  readonly id: string;
  readonly iss?: MessageRef["iss"];
  readonly digest?: MessageRef["digest"];
}

export interface Problem {
  readonly code: ErrorCode;
  readonly detail: string;
}

/** What the exchange has told this agency about a message. */
export interface StoredNotice {
  /** Of the record that tells it: an auditor finds it there. */
  readonly ledgerIndex: number;
  /** NumericDate of that record. */
  readonly at: number;
  readonly arrivedMs: number;
  readonly notice: Notice;
}

/** What the exchange proposes to this agency's country. */
export interface StoredProposal extends Omit<StoredNotice, "notice"> {
  readonly proposal: SuspensionProposal;
}

export type StoredMessage = SentMessage | ReceivedMessage;

/** What the node has sent and received, from its own store: needs no broker. */
export interface Archive {
  /** In the order they were sent. */
  listSent(): SentMessage[];
  /** What the exchange has acknowledged to have, with what a ledger knows it by, in the order of `seq`. */
  listReceipts(): Receipt[];
  /** Its own messages by their numbers, as it can show them to others: up to the last acknowledged one. */
  listHeld(first: number, last: number): HeldMessage[];
  /** By its own whole id. Throws `client/not-found`. */
  getSent(id: MessageId): SentMessage;
  /** In the order they came; acknowledgements only where asked for. */
  listReceived(options?: { readonly acknowledgements?: boolean }): ReceivedMessage[];
  /**
   * By the whole id, or a part that it begins or ends with. Throws `client/not-found`, `client/id-ambiguous`.
   */
  find(part: string): StoredMessage;
  /**
   * How other messages refer to that message. Throws also its own problem, where it is not to be believed.
   */
  findRef(part: string): MessageRef;
  /** All of one thread, in the order of the ledger; what is not decided yet comes last. */
  listThread(thread: MessageId): StoredMessage[];
  /** Who has acknowledged a sent message, and as what. */
  listAcknowledgements(ref: MessageRef): Acknowledgement[];
  /** In the order of the ledger. */
  listNotices(): StoredNotice[];
  /** The same of proposals to suspend a party. */
  listProposals(): StoredProposal[];
  /** What this agency owes and has done, those with a time first, the nearest before the others. */
  listDuties(): OwnDuty[];
  /**
   * Decrypts the text of a received message, for this call only: it is stored nowhere. Undefined where it has
   * none. Throws the message's own problem where it is not to be believed, `client/retention-ended` and
   * `client/erased` where the text is gone, and the `body/` codes.
   */
  read(message: ReceivedMessage): Promise<Form | undefined>;
  /**
   * The body of a received message with its key wrapped for another reader: for evidence. The agency's own
   * key stays here. Undefined where the message has none. Throws as `read` does, and `key/invalid`.
   */
  rewrap(message: ReceivedMessage, reader: BodyReader): Promise<Body | undefined>;
}

/** `clock` in milliseconds since 1970: by it a text's time is over. */
export function createArchive(store: Store, identity: Identity, clock: () => number): Archive {
  const isHeld = () => findHold(store.outbox, clock()) !== undefined;
  const toSent = (row: SentRow) => toSentMessage(row, identity, isHeld);
  const listReceived = () => store.inbox.list().map(toReceivedMessage);
  const find = (part: string) => {
    const sent = store.outbox.match(part).map(toSent);
    const received = store.inbox.match(part).map(toReceivedMessage);
    return chooseOne(part, [...sent, ...received]);
  };
  const listSent = () => {
    let isWaiting: boolean | undefined;
    const isHeldNow = () => {
      isWaiting ??= isHeld();
      return isWaiting;
    };
    return store.outbox.list().map((row) => toSentMessage(row, identity, isHeldNow));
  };
  const listNotices = () => store.notices.list().flatMap(toNotices);
  return {
    listSent,
    listNotices,
    listProposals: () => store.notices.list().flatMap(toProposals),
    listDuties: () => {
      const received = listReceived().filter(({ status }) => status === "accepted");
      return listDuties({ agency: identity.agency, sent: listSent(), received, notices: listNotices() });
    },
    listHeld: (first, last) => store.outbox.listHeld(first, last),
    listReceipts: () => store.outbox.listReceived().map((row) => toReceipt(row, identity)),
    getSent(id) {
      const row = store.outbox.get(id);
      if (!row) throw new LeixError("client/not-found", id);
      return toSent(row);
    },
    listReceived: ({ acknowledgements = false } = {}) =>
      listReceived().filter(({ claims }) => acknowledgements || claims?.kind !== "acknowledgement"),
    find,
    findRef: (part) => toRef(find(part)),
    listThread(thread) {
      const sent = store.outbox.listThread(thread).map(toSent);
      const received = store.inbox.listThread(thread).map(toReceivedMessage);
      return [...sent, ...received].toSorted(compare);
    },
    listAcknowledgements: (ref) => listAcknowledgements(store, ref.id),
    read: async (message) => readBody(openText(store, message, clock()), identity),
    rewrap: (message, reader) => rewrap(openText(store, message, clock()), identity, reader),
  };
}

function chooseOne(part: string, found: readonly StoredMessage[]): StoredMessage {
  const [first, second] = found;
  if (!first) throw new LeixError("client/not-found", part);
  if (!second) return first;
  throw new LeixError("client/id-ambiguous", found.map(({ ref }) => ref.id).join(", "));
}

function toRef({ ref, problem, status }: StoredMessage): MessageRef {
  if (status === "unverifiable") throw toError(problem);
  return parseSchema(MessageRef, ref);
}

function toError(problem: Problem | undefined): LeixError {
  invariant(problem, "what is not accepted has a problem");
  return new LeixError(problem.code, problem.detail);
}

function toSentMessage(row: SentRow, { agency }: Identity, isHeld: () => boolean): SentMessage {
  const { id, digest, token, status, storedMs, decision, code, detail, replacedBy } = row;
  return {
    direction: "sent",
    ref: { iss: agency, id, digest },
    claims: openSent(token),
    status,
    storedMs,
    ...(decision === null ? {} : { decision: openDecision(decision) }),
    ...(code === null ? {} : { problem: { code, detail: detail ?? "" } }),
    ...(replacedBy === null ? {} : { replacedBy }),
    ...(status === "received" && isHeld() ? { isWaiting: true } : {}),
  };
}

function toReceivedMessage(row: CopyRow): ReceivedMessage {
  const { id, iss, digest, status, arrivedMs, code, detail } = row;
  const common = {
    direction: "received" as const,
    ref: { id, ...(iss ? { iss } : {}), ...(digest ? { digest } : {}) },
    status,
    arrivedMs,
    ...(code === null ? {} : { problem: { code, detail: detail ?? "" } }),
  };
  if (status === "unverifiable") return common;
  const { copy, claims } = openCopy(row.payload);
  return { ...common, claims, decision: openDecision(copy.decision) };
}

/** In the order of the ledger, which is the same for everyone; what has no place in it yet comes last. */
function compare(one: StoredMessage, other: StoredMessage): number {
  const [a, b] = [one, other].map(({ decision }) => decision?.content.index ?? Number.MAX_SAFE_INTEGER);
  return (a ?? 0) - (b ?? 0);
}

function toNotices({ index, decision, arrivedMs }: NoticeRow): StoredNotice[] {
  const { content, notices } = openDecision(decision);
  return notices.map((notice) => ({ ledgerIndex: index, at: content.at, arrivedMs, notice }));
}

function toProposals({ index, decision, arrivedMs }: NoticeRow): StoredProposal[] {
  const { content } = openDecision(decision);
  if (content.kind !== "flood" || !content.proposal) return [];
  return [{ ledgerIndex: index, at: content.at, arrivedMs, proposal: content.proposal }];
}

/** A text whose time is over is erased by whoever asks for it first. */
function openText(store: Store, { status, problem, ref }: ReceivedMessage, nowMs: number): OpenCopy {
  if (status === "unverifiable") throw toError(problem);
  const row = ref.iss === undefined ? undefined : store.inbox.get(ref.iss, ref.id);
  if (!row) throw new LeixError("client/not-found", ref.id);
  if (row.erased === "erased") throw new LeixError("client/erased", ref.id);
  if (isExpired(row, nowMs)) {
    if (eraseText(store, row, "retention-ended")) store.forget();
    throw new LeixError("client/retention-ended", ref.id);
  }
  return openCopy(row.payload);
}

/** What opens to nobody here is handed on to nobody. */
async function rewrap(opened: OpenCopy, identity: Identity, reader: BodyReader): Promise<Body | undefined> {
  const { copy, claims } = opened;
  await readBody(opened, identity);
  if (!copy.body || !claims.body) return undefined;
  return rewrapBody(copy.body, await identity.findDecryptionKeys(claims.body.recipients), reader);
}
