import {
  type AccountId,
  type AgencyId,
  countryOf,
  type Digest,
  limits,
  type PartyId,
  type SuspensionProposal,
} from "@leix/protocol";
import { limitsRefusals } from "./decider.ts";
import type { Entry, Throttled } from "./entry.ts";
import { findFalsehood } from "./false-rejection.ts";
import { FLOODS_REMEMBERED_MAX } from "./limits.ts";
import { findCountry } from "./members.ts";
import type { RecordedPlace, RecordedSummary, RejectionRate } from "./recorded.ts";
import { givesRoom } from "./room.ts";
import type { State } from "./state.ts";

// A flood of what cannot be used, by one account. A minute is one of the records' own times.
//
// 1. The first REJECTIONS_PER_MINUTE_MAX refusals of an account in a minute are recorded one by one: its
//    rejections, and its messages that are denied to everyone. Then the minute is full: what else would be
//    rejected in it waits in OUT for rule 2, and what else would be denied, for rule 6. All else is decided
//    as ever.
// 2. Once a full minute is over, one summary closes it: a record that rejects all that waits, or as much of
//    it as a summary may. An account has one such minute open at a time, the last, so no more than a summary
//    a minute is recorded. What is not in it is decided anew.
// 3. What a summary has rejected is known as rejected for the last FLOODS_REMEMBERED_MAX summaries of its
//    account: as long as it may come again because nobody acknowledged it. Its subject in LEDGER is the
//    minute's, so later it may be rejected again.
// 4. The summary that is the account's FLOOD_MINUTES_MAX-th within an hour proposes to suspend its party, and
//    no other does in that hour. The single point of contact of its country is told, unless that is the party
//    itself: then the ledger and the operators' own tools say so.
// 5. The clock's account is the exchange's own and is not counted.
// 6. A denial is never summarized: how the principles treated a message is what the ledger is for. So the
//    first message that would be denied in a full minute stops its account: it and all that this account has
//    sent after it wait until the minute is over, and are then decided one by one, in their order. Nothing is
//    lost or refused by that, and no other account waits. The first acknowledgement of a copy is not counted
//    and never waits: it is denied where the sender of the copy was suspended meanwhile, and who was sent
//    much by that sender would wait for long with all else.
// 7. After REJECTIONS_PER_DAY_MAX rejections of an account on a day (in UTC) that were recorded one by one,
//    every minute of that day is full for its rejections once it has one refusal; for denials it is not.
// 8. Rule 7 holds, and denials are counted and wait, where the policy set in force allows no decider that
//    knows nothing of that. See `limitsRefusals`.

const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

type Message = Extract<Entry, { kind: "message" }>;
type Rejection = Extract<Entry, { kind: "rejection" }>;
type Flood = Extract<Entry, { kind: "flood" }>;

/** An input that waits: where it stands in OUT, and why it cannot be used. */
export interface Waiting extends Pick<Throttled, "code"> {
  readonly sequence: number;
  readonly received: number;
  /** Digest of its bytes. */
  readonly digest: Digest;
}

export function toRejectionKey({ account, digest }: { account: AccountId; digest: Digest }): string {
  return `${account}/${digest}`;
}

/** Where these very bytes were rejected, alone or in a summary. */
export function findRejected(state: State, account: AccountId, digest: Digest): RecordedPlace | undefined {
  const key = toRejectionKey({ account, digest });
  return state.rejections.get(key) ?? state.flooded.get(key);
}

/** Rules 1 and 7: whether the record of a rejection has to wait. */
export function isThrottled(state: State, account: AccountId, at: number): boolean {
  const rate = state.rejectionRates.get(account);
  return rate !== undefined && countInMinute(rate, at) >= toMost(state, rate, at);
}

/** Refusals that a minute may have before its rejections wait. What was counted of a day outlasts rule 8. */
function toMost(state: State, { day }: RejectionRate, at: number): number {
  const isDayFull = day?.number === toDay(at) && day.count >= limits.REJECTIONS_PER_DAY_MAX;
  return isDayFull && limitsRefusals(state) ? 1 : limits.REJECTIONS_PER_MINUTE_MAX;
}

function countInMinute({ minute, count }: RejectionRate, at: number): number {
  return minute === toMinute(at) ? count : 0;
}

export function toMinuteEnd(at: number): number {
  return toMinute(at) + MINUTE_SECONDS;
}

/** Rule 6: whether the record of a decision has to wait. */
export function isDeferred(state: State, entry: Message): boolean {
  return isCounted(state, entry) && isFull(state, entry.input.account, entry.at);
}

function isFull(state: State, account: AccountId, at: number): boolean {
  const rate = state.rejectionRates.get(account);
  return rate !== undefined && countInMinute(rate, at) >= limits.REJECTIONS_PER_MINUTE_MAX;
}

/**
 * Until when (NumericDate) the next message of an account would have to wait if it were denied; undefined
 * where it would not.
 */
export function findDeferral(state: State, account: AccountId, now: number): number | undefined {
  const at = Math.max(now, state.head.at);
  return limitsRefusals(state) && isFull(state, account, at) ? toMinuteEnd(at) : undefined;
}

/** Rules 6 and 8. What is let through to anyone is no refusal. */
function isCounted(state: State, { verdict, claims }: Message): boolean {
  return verdict.outcome === "denied" && limitsRefusals(state) && !givesRoom(state, claims);
}

/** Before the message is folded: afterwards an acknowledgement has given its room. */
export function countDenial(state: State, entry: Message): void {
  if (isCounted(state, entry)) countRefusal(state, entry);
}

export function countRefusal(state: State, { kind, input: { account }, at }: Message | Rejection): void {
  if (account === state.clockAccount) return;
  const rate = findRate(state, account);
  const minute = toMinute(at);
  const count = countInMinute(rate, at) + 1;
  const day = kind === "rejection" && limitsRefusals(state) ? { day: countInDay(rate, at) } : {};
  const counted = { ...rate, minute, count, ...day };
  const full = count >= toMost(state, counted, at) ? { full: minute } : {};
  state.rejectionRates.set(account, { ...counted, ...full });
}

function countInDay({ day }: RejectionRate, at: number): NonNullable<RejectionRate["day"]> {
  const number = toDay(at);
  return { number, count: day?.number === number ? day.count + 1 : 1 };
}

/**
 * The summary that can be recorded now of an account's waiting inputs; undefined where none of its minutes is
 * full and over, or nothing that waits is to be rejected still. Throws nothing and changes nothing.
 */
export function summarize(
  state: State,
  account: AccountId,
  waiting: readonly Waiting[],
  now: number,
): Flood | undefined {
  const at = Math.max(now, state.head.at);
  const minute = findOpenMinute(state, account, at);
  const chosen = chooseWaiting(state, account, waiting);
  const [first] = chosen;
  if (minute === undefined || !first) return undefined;
  const { sequence, received, digest } = first;
  const proposal = propose(state, account, minute);
  return {
    ...{ kind: "flood", index: state.head.index, input: { account, sequence, digest }, received, at, minute },
    inputs: chosen.map((one) => ({ sequence: one.sequence, digest: one.digest, code: one.code })),
    ...(proposal ? { proposal } : {}),
  };
}

/** Rule 2: the full minute of an account that a summary at `at` closes. */
export function findOpenMinute(state: State, account: AccountId, at: number): number | undefined {
  const full = state.rejectionRates.get(account)?.full;
  return full !== undefined && full < toMinute(at) ? full : undefined;
}

function chooseWaiting(state: State, account: AccountId, waiting: readonly Waiting[]): Waiting[] {
  const byDigest = new Map<Digest, Waiting>();
  for (const one of waiting.toSorted((a, b) => a.sequence - b.sequence)) {
    const isNew = !byDigest.has(one.digest) && !findRejected(state, account, one.digest);
    if (isNew && !findFalsehood(state, account, one.code)) byDigest.set(one.digest, one);
  }
  return [...byDigest.values()].slice(0, limits.FLOOD_SUMMARY_MAX);
}

export function foldFlood(
  state: State,
  { index, input: { account }, minute, inputs, proposal }: Flood,
): void {
  for (const { digest, sequence } of inputs) {
    state.flooded.set(toRejectionKey({ account, digest }), { index, sequence });
  }
  state.floods.set(String(index), { account, digests: inputs.map(({ digest }) => digest) });
  const { full, ...rate } = findRate(state, account);
  const isOpen = full !== undefined && full !== minute;
  const summary: RecordedSummary = { index, minute, ...(proposal ? { isProposal: true } : {}) };
  const summaries = [...rate.summaries, summary];
  state.rejectionRates.set(account, { ...rate, summaries, ...(isOpen ? { full } : {}) });
  for (const one of summaries.slice(0, -FLOODS_REMEMBERED_MAX)) forgetFlood(state, String(one.index));
}

/** Rule 3. */
export function forgetFlood(state: State, key: string): void {
  const flood = state.floods.get(key);
  if (!flood) return;
  const { account, digests } = flood;
  for (const digest of digests) {
    const name = toRejectionKey({ account, digest });
    if (String(state.flooded.get(name)?.index) === key) state.flooded.delete(name);
  }
  state.floods.delete(key);
  const rate = findRate(state, account);
  const summaries = rate.summaries.filter(({ index }) => String(index) !== key);
  state.rejectionRates.set(account, { ...rate, summaries });
}

function findRate(state: State, account: AccountId): RejectionRate {
  return state.rejectionRates.get(account) ?? { minute: 0, count: 0, summaries: [] };
}

/** Rule 4. Who speaks for nobody, as the anchor, can be suspended by nobody. */
export function propose(state: State, account: AccountId, minute: number): SuspensionProposal | undefined {
  const party = state.accounts.get(account);
  const lately = findRate(state, account).summaries.filter((one) => one.minute > minute - HOUR_SECONDS);
  const isEnough = lately.length + 1 >= limits.FLOOD_MINUTES_MAX;
  if (!party || !isEnough || lately.some(({ isProposal }) => isProposal)) return undefined;
  const statement = state.parties.get(party)?.statement;
  const canBe = statement?.kind === "agency" || statement?.kind === "authority";
  if (!canBe || statement.status !== "active") return undefined;
  const to = findContact(state, party);
  return { suspend: party, ...(to && to !== party ? { to } : {}) };
}

/** What was proposed within the hour before the last record. */
export function listProposals(state: State): { readonly suspend: PartyId; readonly index: number }[] {
  return [...state.rejectionRates.entries()].flatMap(([account, { summaries }]) => {
    const suspend = state.accounts.get(account);
    const lately = summaries.filter(({ minute }) => minute > state.head.at - HOUR_SECONDS);
    const proposal = lately.find(({ isProposal }) => isProposal);
    return suspend && proposal ? [{ suspend, index: proposal.index }] : [];
  });
}

function findContact(state: State, party: PartyId): AgencyId | undefined {
  return findCountry(state, countryOf(party as AgencyId))?.spoc;
}

function toDay(at: number): number {
  return Math.floor(at / DAY_SECONDS);
}

function toMinute(at: number): number {
  return at - (at % MINUTE_SECONDS);
}
