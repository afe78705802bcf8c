import {
  type AgencyId,
  type Claims,
  listTelling,
  type MessageRef,
  type Notice,
  type Obligation,
} from "@leix/protocol";
import { dequeue, enqueue } from "./due-queue.ts";
import type { Entry } from "./entry.ts";
import { DUTIES_PER_MESSAGE_MAX } from "./limits.ts";
import { findMessage, holds } from "./messages.ts";
import { findPendingSince, nextRecall } from "./recalls.ts";
import type { RecordedDuty } from "./recorded.ts";
import { type State, toMessageKey } from "./state.ts";

// What parties owe by a time, and what becomes of it.
//
// 1. A duty is laid on a party by the decision that lets a message through, and by an event that recalls one:
//    by an obligation or a notice that sets a time. It is owed over one message that the party holds, its
//    subject: the request that is to be answered, what is to be corrected, and else the message itself.
// 2. Who answers a request, or refuses all of it, owes no answer any more (`doneByReply`, asked by
//    requests.ts, which says what an answer is).
// 3. Who says of what it holds that it is rectified, erased or restricted, has done what that word covers.
// 4. Any other duty is done by a review: a message of the party over the subject.
// 5. A delay moves a duty to the time that it names. While it is stopped, no time runs; when it runs again,
//    it is due as much later.
// 6. What is late is recorded once, by the next tick of the clock, and stays owed.
// 7. An answer that is owed to an agency ends where that is no longer active: it could not be sent there. Who
//    is active again asks again.
// 8. A duty over a message that leaves the state, or is taken back, ends with it.

/** NumericDates: when the exchange received a message, and when it was decided. */
export interface Times {
  readonly received: number;
  readonly at: number;
}

type Acknowledgement = Extract<Claims, { kind: "acknowledgement" }>;

const ANSWER = "answer";
/** What each word of an acknowledgement says is done; of what is erased nothing is left to correct. */
const DONE_BY_WORD: Readonly<Partial<Record<Acknowledgement["status"], readonly string[]>>> = {
  rectified: ["rectify"],
  restricted: ["restrict", "recall"],
  erased: ["rectify", "restrict", "erase", "recall"],
};
const CORRECTIONS: readonly string[] = ["rectify", "restrict", "erase"];

/** Rule 1. */
export function layDuties(state: State, entry: Extract<Entry, { kind: "message" }>): void {
  const { claims, ref, verdict, at } = entry;
  const permitted = verdict.recipients.filter(({ effect }) => effect === "permit");
  for (const { obligations } of permitted) {
    for (const one of obligations) lay(state, one, ref, findCorrected(state, claims, one) ?? ref, at);
  }
  layNotices(state, listTelling(verdict.notices), at);
}

/** Rule 1. Of a notice in a decision over a message, `about` is that message. */
export function layNotices(state: State, notices: readonly Notice[], at: number): void {
  for (const one of notices) {
    lay(state, { ...one, duty: one.notice, party: one.to }, one.about, one.held ?? one.about, at);
  }
}

/** Who is told of a correction and holds what it corrects owes it over that, as those do who get a notice. */
function findCorrected(state: State, claims: Claims, { duty, party }: Obligation): MessageRef | undefined {
  if (claims.kind !== "correction" || !CORRECTIONS.includes(duty)) return undefined;
  const corrected = findMessage(state, claims.re);
  return corrected && holds(corrected, party) ? corrected.ref : undefined;
}

function lay(
  state: State,
  { rule, duty, party, due }: Pick<Obligation, "rule" | "duty" | "party" | "due">,
  about: MessageRef,
  over: MessageRef,
  at: number,
): void {
  const subject = toMessageKey(over);
  const message = findMessage(state, over);
  if (due === undefined || !message) return;
  const owed = listDuties(state, party, subject);
  const isOwed = owed.some(
    (one) => one.rule === rule && one.duty === duty && toMessageKey(one.about) === toMessageKey(about),
  );
  if (isOwed || owed.length >= DUTIES_PER_MESSAGE_MAX) return;
  if (!message.owing.includes(party)) {
    state.messages.set(subject, { ...message, owing: [...message.owing, party] });
  }
  change(state, party, subject, () => [...owed, { rule, duty, party, about, subject, due, setAt: at }]);
}

/** Rule 2. */
export function doneByReply(state: State, party: AgencyId, request: string): void {
  end(state, party, request, (duty) => duty.duty === ANSWER);
}

/**
 * Rule 3. The word is over what the party holds, or over a correction and then over what that corrects. It
 * counts as said, wherever it was let through to: whoever is to be told may be a member no more.
 */
export function doneByWord(state: State, { iss, re, status }: Acknowledgement): void {
  const done = DONE_BY_WORD[status];
  const message = findMessage(state, re);
  if (!done || !message) return;
  end(state, iss, toMessageKey(re), (duty) => done.includes(duty.duty));
  if (message.kind !== "correction" || !message.re) return;
  const isOfThis = (duty: RecordedDuty) => toMessageKey(duty.about) === toMessageKey(re);
  end(state, iss, toMessageKey(message.re), (duty) => done.includes(duty.duty) && isOfThis(duty));
}

/** Rule 4. */
export function doneByReview(state: State, { iss, re }: Extract<Claims, { kind: "review" }>): void {
  const isElsewhere = (duty: string) => duty === ANSWER || CORRECTIONS.includes(duty);
  end(state, iss, toMessageKey(re), (duty) => !isElsewhere(duty.duty));
}

/** Rule 5. A new time is a new chance: what was recorded as overdue can be so again. */
export function delay(
  state: State,
  party: AgencyId,
  request: string,
  until: number,
  { received, at }: Times,
): void {
  changeAnswers(state, party, request, ({ isRecorded: _isRecorded, ...duty }) => ({
    ...duty,
    due: until,
    setAt: at,
    ...(duty.stopped === undefined ? {} : { stopped: Math.max(duty.stopped, received) }),
  }));
}

/** Rule 5. */
export function stop(state: State, party: AgencyId, request: string, { received }: Times): void {
  changeAnswers(state, party, request, (duty) => ({ ...duty, stopped: duty.stopped ?? received }));
}

/** Rule 5. Who was late when its time was stopped stays so; who was not has the rest of its time. */
export function resume(state: State, party: AgencyId, request: string, { received, at }: Times): void {
  changeAnswers(state, party, request, (duty) => {
    const { stopped, isRecorded, ...running } = duty;
    if (stopped === undefined) return duty;
    const due = duty.due + Math.max(0, received - stopped);
    return { ...running, due, setAt: at, ...(isRecorded && duty.due <= stopped ? { isRecorded } : {}) };
  });
}

/** Rule 6. */
export function record(state: State, overdue: RecordedDuty): void {
  change(state, overdue.party, overdue.subject, (duties) =>
    duties.map((duty) => (duty === overdue ? { ...duty, isRecorded: true } : duty)),
  );
}

/** Rule 7. */
export function endAnswersTo(state: State, asker: AgencyId): void {
  const isTo = (duty: RecordedDuty) => duty.duty === ANSWER && duty.about.iss === asker;
  const owed = [...state.duties.entries()].flatMap(([, duties]) => duties.filter(isTo));
  for (const { party, subject } of owed) end(state, party, subject, isTo);
}

/** Rule 8. */
export function forgetDuties(state: State, owing: readonly AgencyId[], subject: string): void {
  for (const party of owing) state.duties.delete(toPlace(party, subject));
}

export function listDuties(state: State, party: AgencyId, subject: string): readonly RecordedDuty[] {
  return state.duties.get(toPlace(party, subject)) ?? [];
}

/** When the party's answer to a request is late; undefined where it owes none, or its time is stopped. */
export function findAnswerDue(state: State, party: AgencyId, request: string): number | undefined {
  const running = listDuties(state, party, request).filter(
    ({ duty, stopped }) => duty === ANSWER && stopped === undefined,
  );
  return running.length === 0 ? undefined : Math.min(...running.map(({ due }) => due));
}

/**
 * Whether a duty has been due, and known to be, for longer than `seconds` at `at`, and is not recorded; or a
 * recall pending.
 */
export function isSilent(state: State, at: number, seconds: number): boolean {
  if (at - (findPendingSince(state) ?? at) > seconds) return true;
  for (const { due, setAt } of listDue(state, at)) {
    if (at - Math.max(due, setAt) > seconds) return true;
  }
  return false;
}

/**
 * NumericDate at which the next duty falls due that is not recorded as overdue, or since which a recall is
 * pending; undefined where neither is.
 */
export function nextDue(state: State): number | undefined {
  const times = [state.dueQueue?.duty.due, nextRecall(state)].filter((time) => time !== undefined);
  return times.length > 0 ? Math.min(...times) : undefined;
}

/** The duties that are due by `at` and not recorded, in their fixed order. */
export function* listDue(state: State, at: number): IterableIterator<RecordedDuty> {
  for (let queue = state.dueQueue; queue && queue.duty.due <= at; queue = dequeue(queue)) {
    if (isCurrent(state, queue.duty)) yield queue.duty;
  }
}

/** Lets go of what is done at the front of the queue: with every record, so that the first never is. */
export function tidyQueue(state: State): void {
  while (state.dueQueue && !isCurrent(state, state.dueQueue.duty)) state.dueQueue = dequeue(state.dueQueue);
}

/** A duty that has changed is another one: the queue's is then of the past. */
function isCurrent(state: State, duty: RecordedDuty): boolean {
  return listDuties(state, duty.party, duty.subject).includes(duty);
}

function end(state: State, party: AgencyId, subject: string, isDone: (duty: RecordedDuty) => boolean): void {
  change(state, party, subject, (duties) => duties.filter((duty) => !isDone(duty)));
}

function changeAnswers(
  state: State,
  party: AgencyId,
  request: string,
  toChanged: (duty: RecordedDuty) => RecordedDuty,
): void {
  change(state, party, request, (duties) =>
    duties.map((duty) => (duty.duty === ANSWER ? toChanged(duty) : duty)),
  );
}

/** Every change of what a party owes over one message, and of the queue with it. */
function change(
  state: State,
  party: AgencyId,
  subject: string,
  toChanged: (duties: readonly RecordedDuty[]) => readonly RecordedDuty[],
): void {
  const before = listDuties(state, party, subject);
  const after = toChanged(before);
  if (after.length > 0) state.duties.set(toPlace(party, subject), after);
  else state.duties.delete(toPlace(party, subject));
  for (const duty of after) {
    const isRunning = duty.stopped === undefined && !duty.isRecorded;
    if (isRunning && !before.includes(duty)) state.dueQueue = enqueue(state.dueQueue, duty);
  }
}

function toPlace(party: AgencyId, subject: string): string {
  return `${party}/${subject}`;
}
