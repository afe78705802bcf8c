import { type AgencyId, type Claims, type KeyId, limits, type MessageId } from "@leix/protocol";
import type { Refusal } from "./entry.ts";
import { findAgency } from "./members.ts";
import { findMessage, holds } from "./messages.ts";
import { countBytes, hasRoom, isAcknowledged } from "./room.ts";
import type { State } from "./state.ts";

/**
 * What claims must be before any principle is asked: addressed to this exchange, in time, well addressed,
 * in their thread, and with a body that exactly the recipients can open. Undefined where nothing is wrong.
 */
export function judgeClaims(state: State, claims: Claims, received: number): Refusal | undefined {
  return (
    judgeAudience(state, claims) ??
    judgeTimes(claims, received) ??
    judgeRecipients(claims) ??
    judgeGroup(state, claims) ??
    judgeThread(state, claims) ??
    judgeBodyRecipients(state, claims, received) ??
    judgeRoom(state, claims)
  );
}

function judgeAudience(state: State, claims: Claims): Refusal | undefined {
  if (claims.aud !== state.trust.aud)
    return { code: "claims/audience", detail: `this is ${state.trust.aud}` };
  return undefined;
}

/**
 * A message to a group is one to all of its members that take part, by the version in force: whom it leaves
 * out, or adds, the others could not see. Who of them may have it is decided one by one.
 */
function judgeGroup(state: State, { group, iss, to }: Claims): Refusal | undefined {
  if (!group) return undefined;
  const known = state.groups.get(group.id);
  const isInForce = known?.version === group.version && !known.ended && known.members.includes(iss);
  if (!known || !isInForce) {
    return { code: "claims/group-unknown", detail: `${group.id} version ${group.version}` };
  }
  const stranger = to.find((id) => !known.members.includes(id));
  const missing = known.members.find((id) => {
    return id !== iss && !to.includes(id) && findAgency(state, id)?.status === "active";
  });
  const wrong = stranger ?? missing;
  return wrong === undefined ? undefined : { code: "claims/group-members", detail: wrong };
}

/**
 * An id tells when it was made, and may not be older than a message may be: or one could be used again once
 * its first message has left the state, and the ledger takes no second record under it.
 */
function judgeTimes({ iat, id }: Claims, received: number): Refusal | undefined {
  return judgeTime("iat", iat, received) ?? judgeTime("id", toIdTime(id), received);
}

/** Whether a time that a sender states is neither ahead of the receipt nor too long before it. */
export function judgeTime(member: string, time: number, received: number): Refusal | undefined {
  const age = received - time;
  if (age < -limits.CLOCK_SKEW_SECONDS_MAX) {
    return { code: "claims/issued-in-future", detail: `${member} ${-age} seconds ahead` };
  }
  if (age > limits.MESSAGE_AGE_SECONDS_MAX) {
    return { code: "claims/too-old", detail: `${member} ${age} seconds old` };
  }
  return undefined;
}

/** RFC 9562 section 5.7: the first 48 bits are milliseconds since 1970. */
function toIdTime(id: MessageId): number {
  return Math.floor(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) / 1_000);
}

function judgeRecipients(claims: Claims): Refusal | undefined {
  const all = listRecipients(claims);
  if (new Set(all).size !== all.length)
    return { code: "claims/recipients", detail: "an agency is named twice" };
  if (all.includes(claims.iss)) return { code: "claims/recipients", detail: "the sender is named" };
  if (all.length > limits.RECIPIENTS_MAX) {
    return { code: "claims/recipients", detail: `${all.length} of at most ${limits.RECIPIENTS_MAX}` };
  }
  if (claims.kind === "acknowledgement" && (all.length !== 1 || all[0] !== claims.re.iss)) {
    return { code: "claims/recipients", detail: "an acknowledgement goes to the sender of re alone" };
  }
  return undefined;
}

/** Absent, denied and held by others only look the same: a sender who guesses references learns nothing. */
function judgeThread(state: State, claims: Claims): Refusal | undefined {
  if (!claims.re) return claims.thread === claims.id ? undefined : { code: "claims/thread", detail: "" };
  const found = findMessage(state, claims.re);
  const isHeld = found !== undefined && holds(found, claims.iss);
  return isHeld && found.thread === claims.thread ? undefined : { code: "claims/thread", detail: "" };
}

/** A check against mistakes: a sender who means harm can still hand the text to anyone. */
function judgeBodyRecipients(state: State, claims: Claims, received: number): Refusal | undefined {
  if (!claims.body) return undefined;
  const owners = claims.body.recipients.map((kid) => findEncryptionOwner(state, kid, received));
  const all = listRecipients(claims);
  const isExact = owners.length === all.length && all.every((agency) => owners.includes(agency));
  return isExact ? undefined : { code: "body/recipients-keys", detail: "" };
}

function findEncryptionOwner(state: State, kid: KeyId, received: number): AgencyId | undefined {
  const owned = state.keys.get(kid);
  if (!owned || owned.withdrawn || owned.key.use !== "enc") return undefined;
  const isCurrent = owned.key.nbf <= received && received < owned.key.exp;
  return isCurrent ? (owned.party as AgencyId) : undefined;
}

function judgeRoom(state: State, claims: Claims): Refusal | undefined {
  if (!isAcknowledged(claims)) return undefined;
  const bytes = countBytes(claims);
  const isFull = listRecipients(claims).some((agency) => !hasRoom(state, claims.iss, agency, bytes));
  return isFull ? { code: "message/recipient-full", detail: "" } : undefined;
}

export function listRecipients(claims: Claims): AgencyId[] {
  return [...claims.to, ...claims.copies];
}
