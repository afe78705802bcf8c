import type { AgencyId, Claims, MessageRef } from "@leix/protocol";
import { findSources, listAsDerived } from "./copies.ts";
import { doneByReview, doneByWord, layDuties } from "./duties.ts";
import type { Entry } from "./entry.ts";
import { findMessage, findPermitted } from "./messages.ts";
import { recallDerived, toSigner } from "./recalls.ts";
import type { RecordedMessage } from "./recorded.ts";
import { foldReply, listInCase, toRequest } from "./requests.ts";
import { keepMessage } from "./retention.ts";
import { countBytes, giveRoom, givesRoom, isAcknowledged, takeRoom } from "./room.ts";
import { type State, toMessageKey } from "./state.ts";

type MessageEntry = Extract<Entry, { kind: "message" }>;

/** Nobody: one list for all messages. */
const NONE: readonly AgencyId[] = [];

/** Takes in a message: what it is, then what it does to others, then what its decision lays on parties. */
export function foldMessage(state: State, entry: MessageEntry): void {
  const { claims, at } = entry;
  const message = toRecorded(state, entry);
  const { permitted } = message;
  state.messages.set(toMessageKey(message.ref), message);
  keepMessage(state, message, claims, at);
  for (const agency of message.outstanding) takeRoom(state, message, agency);
  if (claims.kind === "acknowledgement") foldAcknowledgement(state, claims, permitted);
  else if (permitted.length > 0) {
    listAsDerived(state, toMessageKey(message.ref), message.sources);
    recallDerived(state, message, at);
    listInCase(state, message);
    foldReply(state, { claims, permitted, times: entry });
    if (claims.kind === "review") doneByReview(state, claims);
    if (claims.kind === "consent-withdrawal") withdraw(state, claims);
    if (claims.kind === "correction") correct(state, claims, message.ref);
  }
  layDuties(state, entry);
}

function toRecorded(state: State, { index, input, received, claims, ref, kid, verdict }: MessageEntry) {
  const permitted = verdict.recipients
    .filter(({ effect }) => effect === "permit")
    .map(({ agency }) => agency);
  const isThrough = permitted.length > 0;
  const message: RecordedMessage = {
    index,
    sequence: input.sequence,
    received,
    signer: toSigner(state, kid, claims, permitted),
    ref,
    kind: claims.kind,
    thread: claims.thread,
    re: claims.re,
    bytes: countBytes(claims),
    permitted: isThrough ? permitted : NONE,
    outstanding: isAcknowledged(claims) && isThrough ? permitted : NONE,
    readers: NONE,
    owing: NONE,
    markings: isThrough ? verdict.markings : undefined,
    sources: findSources(state, ref.iss, isThrough ? toNamed(claims) : []),
    derived: undefined,
    ...(claims.kind === "request" && isThrough ? { request: toRequest(claims, permitted) } : {}),
    ...(claims.kind === "consent" && isThrough
      ? { consent: { grant: claims.grant, isWithdrawn: false } }
      : {}),
  };
  return message;
}

function toNamed(claims: Claims): readonly MessageRef[] {
  return claims.kind === "acknowledgement" ? [] : (claims.derivedFrom ?? []);
}

/**
 * Whoever says it has a message has it, wherever that word was let through to: an acknowledgement that its
 * addressee may no longer receive still makes room. That an officer has read it counts where it is told.
 */
function foldAcknowledgement(
  state: State,
  claims: Extract<Claims, { kind: "acknowledgement" }>,
  permitted: readonly AgencyId[],
): void {
  const message = findMessage(state, claims.re);
  if (!message?.permitted.includes(claims.iss)) return;
  const isRead = claims.status === "read" && permitted.length > 0 && isByOfficer(claims);
  if (givesRoom(state, claims)) giveRoom(state, message, claims.iss);
  const outstanding = message.outstanding.filter((agency) => agency !== claims.iss);
  const readers = isRead && !message.readers.includes(claims.iss) ? [claims.iss] : NONE;
  state.messages.set(toMessageKey(claims.re), {
    ...message,
    outstanding: outstanding.length > 0 ? outstanding : NONE,
    readers: readers.length > 0 ? [...message.readers, ...readers] : message.readers,
  });
  doneByWord(state, claims);
}

function isByOfficer({ officer }: Claims): boolean {
  return officer !== undefined && officer.role !== "node";
}

/** Only its own issuer can take a consent back. */
function withdraw(state: State, { iss, re }: Extract<Claims, { kind: "consent-withdrawal" }>): void {
  const message = findPermitted(state, re);
  if (!message?.consent || iss !== re.iss) return;
  state.messages.set(toMessageKey(re), { ...message, consent: { ...message.consent, isWithdrawn: true } });
}

/**
 * Only its own sender can correct a message. The last correction is what holds, so whoever restricted a
 * message can free it again by rectifying it; what is erased stays so.
 */
function correct(
  state: State,
  { iss, re, action }: Extract<Claims, { kind: "correction" }>,
  ref: MessageRef,
): void {
  const message = findPermitted(state, re);
  if (!message || iss !== re.iss || message.corrected?.action === "erase") return;
  state.messages.set(toMessageKey(re), { ...message, corrected: { ref, action } });
}
