import { type AgencyId, type Claims, limits } from "@leix/protocol";
import { findMessage } from "./messages.ts";
import type { RecordedMessage, Unacknowledged } from "./recorded.ts";
import type { State } from "./state.ts";

const NOTHING: Unacknowledged = { messages: 0, bytes: 0 };

/** Every kind is acknowledged by who receives it, but acknowledgements themselves. */
export function isAcknowledged({ kind }: Claims): boolean {
  return kind !== "acknowledgement";
}

/** What a message takes in each inbox. */
export function countBytes(claims: Claims): number {
  return claims.body?.bytes ?? 0;
}

/**
 * Whether an inbox can take one more from this sender. Counted from the ledger, not by the broker, so that it
 * can be decided again; by sender too, so that nobody can shut an inbox for others.
 */
export function hasRoom(state: State, sender: AgencyId, recipient: AgencyId, bytes: number): boolean {
  const all = findUnacknowledged(state, recipient);
  const own = findUnacknowledged(state, toPair(sender, recipient));
  return (
    all.messages < limits.INBOX_OUTSTANDING_MAX &&
    all.bytes + bytes <= limits.INBOX_OUTSTANDING_BYTES_MAX &&
    own.messages < limits.PAIR_OUTSTANDING_MAX &&
    own.bytes + bytes <= limits.PAIR_OUTSTANDING_BYTES_MAX
  );
}

/** An acknowledgement that gives room, wherever it is let through to: once for each copy. */
export function givesRoom(state: State, claims: Claims): boolean {
  if (claims.kind !== "acknowledgement") return false;
  return findMessage(state, claims.re)?.outstanding.includes(claims.iss) ?? false;
}

/** A copy was let through. */
export function takeRoom(state: State, message: RecordedMessage, recipient: AgencyId): void {
  change(state, message, recipient, 1);
}

/** The copy was acknowledged, for the first time. */
export function giveRoom(state: State, message: RecordedMessage, recipient: AgencyId): void {
  change(state, message, recipient, -1);
}

export function findUnacknowledged(state: State, place: string): Unacknowledged {
  return state.unacknowledged.get(place) ?? NOTHING;
}

export function toPair(sender: AgencyId, recipient: AgencyId): string {
  return `${sender}>${recipient}`;
}

function change(state: State, message: RecordedMessage, recipient: AgencyId, sign: 1 | -1): void {
  for (const place of [recipient, toPair(message.ref.iss, recipient)]) {
    const { messages, bytes } = findUnacknowledged(state, place);
    state.unacknowledged.set(place, { messages: messages + sign, bytes: bytes + sign * message.bytes });
  }
}
