import { toDue } from "@leix/principles";
import {
  type AgencyId,
  type Claims,
  type CompromiseStatement,
  countryOf,
  type KeyId,
  limits,
  type Notice,
  toCountryPair,
} from "@leix/protocol";
import { iterateList } from "./linked-list.ts";
import { findCountry } from "./members.ts";
import type { PendingRecall, RecordedMessage } from "./recorded.ts";
import { type OwnedKey, type State, toMessageKey } from "./state.ts";

// What follows from a key in wrong hands, which a statement of the country's authority says.
//
// 1. What an agency's key to sign has signed, and was received since then, may be another's. Whoever holds
//    such a message, or one derived from it over any number of hops, is told, and owes a word on what it has
//    done: that the message is erased or restricted, or a review of it.
// 2. What was encrypted to an agency's key since then may have been read by others. Whoever sent it is told.
// 3. A key to cosign has signed nothing that anybody holds: its cosignatures do not count any more.
// 4. Who is to be told is state, in the order of the ledger, until an event tells it; of each message once.
// 5. What is derived from a recalled message afterwards is recalled as well.
// 6. A message that has left the state by then is nobody's to be told of: the ledger still lists it.

/** Modelled on LED 7(3): who was sent what should not have been is told. */
const RECALL = { rule: "P30", notice: "recall" } as const;
/** Modelled on LED 30(6): who sent what may have been read by others is told. */
const EXPOSURE = { rule: "P32", notice: "readable-by-others" } as const;
/** The sources say "without delay"; that this means three days is our choice, as for corrections. */
const TERM = "P3D";
/** An exercise shows in seconds what else takes days. */
const EXERCISE_TERM = "PT10S";
/** What a node says by itself of what has arrived: nobody acts on it. */
const BY_ITSELF: readonly string[] = ["received", "undecryptable", "unverifiable"];

/** The key that a message can be recalled for, kept once: undefined where nobody has anything of it. */
export function toSigner(
  state: State,
  kid: KeyId,
  claims: Claims,
  permitted: readonly AgencyId[],
): KeyId | undefined {
  const isBare = claims.kind === "acknowledgement" && BY_ITSELF.includes(claims.status);
  return isBare || permitted.length === 0 ? undefined : state.keys.get(kid)?.key.kid;
}

/** Rules 1 to 3. To be asked before the statement is applied: until then the key is as it was. */
export function recallSigned(state: State, statement: CompromiseStatement, at: number): void {
  const owned = state.keys.get(statement.kid);
  if (owned?.key.use === "sig") recallMessages(state, statement, at);
  if (owned?.key.use === "enc") exposeMessages(state, statement, owned, at);
}

/** Rule 5. */
export function recallDerived(state: State, message: RecordedMessage, at: number): void {
  if (message.sources.length === 0) return;
  const recalled = message.sources.map((key) => state.messages.get(key)?.recalled);
  const about = recalled.find((ref) => ref !== undefined);
  if (!about) return;
  const key = toMessageKey(message.ref);
  state.messages.set(key, { ...message, recalled: about });
  add(state, { key, since: at });
}

function recallMessages(state: State, { kid, since }: CompromiseStatement, at: number): void {
  const signed = listMessages(state, ({ signer, received, recalled }) => {
    return signer === kid && received >= since && !recalled;
  });
  const found: RecordedMessage[] = [];
  for (const { ref } of signed) {
    const hops = [toMessageKey(ref)];
    for (let key = hops.shift(); key !== undefined; key = hops.shift()) {
      const message = state.messages.get(key);
      if (!message || message.recalled) continue;
      state.messages.set(key, { ...message, recalled: ref });
      found.push(message);
      hops.push(...iterateList(message.derived));
    }
  }
  for (const one of inOrder(found)) add(state, { key: toMessageKey(one.ref), since: at });
}

/** What was encrypted to the key: it was valid then, and not withdrawn, and its agency was let to have it. */
function exposeMessages(
  state: State,
  { subject, since }: CompromiseStatement,
  { key, withdrawnAt = Number.POSITIVE_INFINITY, compromisedSince = Number.POSITIVE_INFINITY }: OwnedKey,
  at: number,
): void {
  const [begin, end] = [Math.max(since, key.nbf), Math.min(key.exp, compromisedSince)];
  const sent = listMessages(state, ({ index, received, bytes, permitted }) => {
    const isInTime = begin <= received && received < end && index < withdrawnAt;
    return isInTime && bytes > 0 && permitted.includes(subject);
  });
  for (const { ref } of sent) add(state, { key: toMessageKey(ref), readableBy: subject, since: at });
}

function listMessages(state: State, isMeant: (message: RecordedMessage) => boolean): RecordedMessage[] {
  const found: RecordedMessage[] = [];
  for (const [, message] of state.messages.entries()) if (isMeant(message)) found.push(message);
  return inOrder(found);
}

function inOrder(messages: readonly RecordedMessage[]): RecordedMessage[] {
  return messages.toSorted((one, other) => one.index - other.index);
}

function add(state: State, pending: PendingRecall): void {
  const { next } = state.recalls;
  state.pendingRecalls.set(next, pending);
  state.recalls = { ...state.recalls, next: next + 1 };
}

/** Time since which the first recall is pending; undefined where none is. */
export function findPendingSince({ recalls, pendingRecalls }: State): number | undefined {
  return recalls.first === recalls.next ? undefined : pendingRecalls.get(recalls.first)?.since;
}

/** When the next event is to tell some: one a second, however many there are, for others wait meanwhile. */
export function nextRecall(state: State): number | undefined {
  const since = findPendingSince(state);
  return since === undefined ? undefined : Math.max(since, state.recalls.toldAt + 1);
}

/**
 * Whom an event at `at` tells, which has room for so many notices: as many of the first pending recalls as
 * fit, each whole. One alone always fits in an event that tells nothing else.
 */
export function listRecalls(state: State, at: number, room: number): Notice[] {
  const notices: Notice[] = [];
  const most = Math.min(limits.OVERDUE_MAX, room);
  for (let n = state.recalls.first; n < state.recalls.next; n++) {
    const pending = state.pendingRecalls.get(n);
    const told = pending ? toNotices(state, pending, at) : [];
    if (notices.length + told.length > most) break;
    notices.push(...told);
  }
  return notices;
}

/** Takes out of the queue what an event has told. Whether all of it was right is an auditor's to say. */
export function foldRecalls(state: State, notices: readonly Notice[], at: number): void {
  const told = new Set(notices.flatMap(toName));
  if (told.size === 0) return;
  takeFirst(state, ({ key, readableBy }) => told.has(toPendingName(key, readableBy)));
  state.recalls = { ...state.recalls, toldAt: at };
}

/** Rule 6. With every record, so that the first in the queue always has somebody to be told. */
export function tidyRecalls(state: State): void {
  takeFirst(state, ({ key }) => !state.messages.has(key));
}

function takeFirst(state: State, isTaken: (pending: PendingRecall) => boolean): void {
  let { first } = state.recalls;
  for (; first < state.recalls.next; first++) {
    const pending = state.pendingRecalls.get(first);
    if (pending && !isTaken(pending)) break;
    state.pendingRecalls.delete(first);
  }
  if (first !== state.recalls.first) state.recalls = { ...state.recalls, first };
}

/** The same for all notices of one message because of one key. None where it is no recall. */
function toName({ notice, about, held, by }: Notice): string[] {
  if (notice === RECALL.notice) return [toPendingName(toMessageKey(held ?? about))];
  return notice === EXPOSURE.notice ? [toPendingName(toMessageKey(about), by)] : [];
}

function toPendingName(key: string, readableBy?: AgencyId): string {
  return readableBy === undefined ? key : `${key} ${readableBy}`;
}

function toNotices(state: State, { key, readableBy }: PendingRecall, at: number): Notice[] {
  const message = state.messages.get(key);
  if (!message) return [];
  const { ref, permitted, recalled } = message;
  if (readableBy) return [{ to: ref.iss, ...EXPOSURE, about: ref, by: readableBy }];
  const about = recalled ?? ref;
  const held = about.digest === ref.digest ? {} : { held: ref };
  return permitted.map((to) => {
    const due = findDue(state, about.iss, to, at);
    return { to, ...RECALL, about, ...held, by: about.iss, due };
  });
}

function findDue(state: State, from: AgencyId, to: AgencyId, at: number): number {
  const [own, other] = [countryOf(to), countryOf(from)];
  const terms = state.terms.get(toCountryPair(own, other))?.content;
  const isExercise = terms?.profile === "exercise" && !terms.ended;
  const zone = findCountry(state, own)?.zone ?? "UTC";
  return toDue(at, isExercise ? EXERCISE_TERM : TERM, zone).due;
}
