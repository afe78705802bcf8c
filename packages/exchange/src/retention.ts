import type { Claims } from "@leix/protocol";
import { passOnDerived } from "./copies.ts";
import { limitsRefusals } from "./decider.ts";
import { forgetDuties } from "./duties.ts";
import { forgetFlood } from "./flood.ts";
import { addLeaving, type Leaving, takeLeaving } from "./leaving.ts";
import { LEAVING_PER_RECORD_MAX, REMEMBERED_SECONDS, RETENTION_SECONDS } from "./limits.ts";
import type { RecordedMessage } from "./recorded.ts";
import { takeOffCase } from "./requests.ts";
import { giveRoom } from "./room.ts";
import { type State, toMessageKey } from "./state.ts";

// What leaves the state, and when: a function of the records' own times.
//
// A message leaves REMEMBERED_SECONDS after its deleteBy; without one, after RETENTION_SECONDS more, a
// consent not before it has expired. What has nothing to say but that it is recorded (what was denied, an
// acknowledgement, an event) leaves REMEMBERED_SECONDS after its record. Sent again, it is then too old.
//
// What was received in time may have waited in the broker while the exchange was down, however long. It comes
// again at once when the exchange runs again; so everything leaves late by two operating days, those on which
// something is recorded. While nothing is recorded, nothing leaves.
//
// A rejection leaves REMEMBERED_SECONDS after its record too. The same bytes are then judged anew: rejected
// as before (no parser of garbage gets wiser; a message is too old by then, unless it stated a time to come),
// or taken, where a statement has become what it should be. LEDGER takes no second record of a rejection as
// long as it has the first: whoever decides finds it there, and answers with it.
//
// Statements stay; and so does what was rejected under a policy set that does not limit refusals.

const DAY_SECONDS = 86_400;

/** A message was recorded: fixes the day on which it leaves. */
export function keepMessage(state: State, message: RecordedMessage, claims: Claims, at: number): void {
  const leavesAt = Math.max(toLastUse(message, claims, at), at) + REMEMBERED_SECONDS;
  leave(state, leavesAt, { table: "messages", key: toMessageKey(message.ref) });
}

export function keepEvent(state: State, digest: string, at: number): void {
  leave(state, at + REMEMBERED_SECONDS, { table: "events", key: digest });
}

/** What a summary has rejected: sent again later, it is rejected again like anything that is too old. */
export function keepFlood(state: State, index: number, at: number): void {
  leave(state, at + REMEMBERED_SECONDS, { table: "floods", key: String(index) });
}

export function keepRejection(state: State, key: string, at: number): void {
  if (limitsRefusals(state)) leave(state, at + REMEMBERED_SECONDS, { table: "rejections", key });
}

function toLastUse({ permitted, markings, consent }: RecordedMessage, { kind }: Claims, at: number): number {
  if (permitted.length === 0 || kind === "acknowledgement") return at;
  return markings?.deleteBy ?? Math.max(at + RETENTION_SECONDS, consent?.grant.until ?? 0);
}

function leave(state: State, time: number, leaving: Leaving): void {
  const day = toDay(time) + 1;
  state.leaving.set(day, addLeaving(state.leaving.get(day), leaving));
}

/** Lets leave what was to leave by the third operating day from the end: with each record only some. */
export function sweep(state: State, at: number): void {
  const { last, second } = state.operatingDays;
  if (toDay(at) !== last) state.operatingDays = { last: toDay(at), second: last, third: second };
  let room = LEAVING_PER_RECORD_MAX;
  while (room > 0 && state.sweptDay < state.operatingDays.third) {
    const day = state.sweptDay + 1;
    let list = state.leaving.get(day);
    for (let next = takeLeaving(list); next && room > 0; next = takeLeaving(list), room--) {
      forget(state, next[0]);
      list = next[1];
    }
    if (list) state.leaving.set(day, list);
    else {
      state.leaving.delete(day);
      state.sweptDay = day;
    }
  }
}

function forget(state: State, { table, key }: Leaving): void {
  if (table === "events") {
    state.events.delete(key);
    return;
  }
  if (table === "rejections") {
    state.rejections.delete(key);
    return;
  }
  if (table === "floods") {
    forgetFlood(state, key);
    return;
  }
  const message = state.messages.get(key);
  if (!message) return;
  for (const agency of message.outstanding) giveRoom(state, message, agency);
  forgetDuties(state, message.owing, key);
  takeOffCase(state, message);
  passOnDerived(state, message);
  state.messages.delete(key);
}

function toDay(time: number): number {
  return Math.floor(time / DAY_SECONDS);
}
