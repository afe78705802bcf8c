import type { AgencyId, Claims, MessageRef, Notice, Obligation } from "@leix/protocol";
import type { ReceivedMessage, SentMessage, StoredNotice } from "./archive.ts";

/**
 * `stopped`: its time does not run while a question is not answered. `to-know`: there is nothing to be done
 * about it.
 */
export type DutyState = "open" | "stopped" | "done" | "to-know";

/** Something that this agency owes, as far as its own store tells: the ledger has the last word. */
export interface OwnDuty {
  readonly rule: Obligation["rule"];
  readonly duty: Obligation["duty"];
  readonly state: DutyState;
  /** The message whose decision laid it on the agency. */
  readonly about: MessageRef;
  /** What the agency holds and has to act on: the request, what is to be corrected, else `about` itself. */
  readonly subject: MessageRef;
  /** Whose act it was that laid it on the agency. */
  readonly by: AgencyId;
  readonly action?: NonNullable<Notice["action"]>;
  /** NumericDate from which it is late, with what has put it off since. */
  readonly due?: number;
  /** From UTC: that of the agency's own country at the time that the decision says. */
  readonly offset?: string;
}

/** Everything of this agency's own that duties come from and are done by. */
export interface DutySources {
  readonly agency: AgencyId;
  readonly sent: readonly SentMessage[];
  /** Accepted ones. */
  readonly received: readonly ReceivedMessage[];
  readonly notices: readonly StoredNotice[];
}

const ANSWER = "answer";
const CAVEAT = "acknowledge-caveat";
/** What is said with the decision and needs no act. */
const TO_KNOW: readonly string[] = ["urgency-downgraded", "evaluation-defaulted", "evidence-use-notice"];
/** By what word of an acknowledgement each is done; what is erased needs no other correction. */
const DONE_BY_WORD: Readonly<Record<string, readonly string[]>> = {
  rectify: ["rectified", "erased"],
  restrict: ["restricted", "erased"],
  erase: ["erased"],
  recall: ["restricted", "erased"],
};
/** Done by a review as well. */
const RECALL = "recall";

/** Each duty once, those with a time first, the nearest before the others. */
export function listDuties(sources: DutySources): OwnDuty[] {
  const laid = [...listObliged(sources), ...listNotified(sources)];
  const unique = new Map(laid.map((duty) => [toKey(duty), duty]));
  return [...unique.values()]
    .map((duty) => toOwn(duty, judge(duty, sources)))
    .toSorted((one, other) => (one.due ?? Infinity) - (other.due ?? Infinity) || 0);
}

type Laid = Omit<OwnDuty, "state"> & {
  /** Of the record by which it was laid on the agency: what was said before does not count for it. */
  readonly index?: number;
};

function toKey({ rule, duty, about, subject }: Laid): string {
  return [rule, duty, about.iss, about.id, subject.iss, subject.id].join(" ");
}

function listObliged({ agency, sent, received }: DutySources): Laid[] {
  return [...sent, ...received].flatMap(({ ref, claims, decision }) => {
    const about = toWhole(ref);
    const permitted = (decision?.recipients ?? []).filter(({ effect }) => effect === "permit");
    const own = permitted.flatMap(({ obligations }) => obligations.filter(({ party }) => party === agency));
    if (!about || !claims) return [];
    return own.map(({ rule, duty, due, offset }): Laid => {
      const subject = claims.kind === "correction" && duty in DONE_BY_WORD ? claims.re : about;
      return {
        ...{ rule, duty, about, subject, by: about.iss },
        ...(due === undefined ? {} : { due }),
        ...(offset === undefined ? {} : { offset }),
      };
    });
  });
}

/** A notice without a time tells what others have done. */
function listNotified({ notices }: DutySources): Laid[] {
  return notices.flatMap(({ ledgerIndex: index, notice: { rule, notice, about, held, by, action, due } }) => {
    if (due === undefined) return [];
    const common = { rule, duty: notice, about, subject: held ?? about, by: by ?? about.iss, due, index };
    return [action === undefined ? common : { ...common, action }];
  });
}

type Judged = Pick<OwnDuty, "state" | "due">;

function toOwn({ index: _index, ...duty }: Laid, judged: Judged): OwnDuty {
  return { ...duty, ...judged };
}

function judge(duty: Laid, sources: DutySources): Judged {
  if (duty.duty === ANSWER) return judgeAnswer(duty, sources);
  if (TO_KNOW.includes(duty.duty)) return { state: "to-know" };
  return { state: isDone(duty, sources) ? "done" : "open" };
}

function isDone({ duty, about, subject, index = -1 }: Laid, { sent }: DutySources): boolean {
  const words = DONE_BY_WORD[duty];
  return sent.some(({ claims, decision }) => {
    if (decision?.content.kind !== "message" || decision.content.index < index) return false;
    if (claims.kind === "acknowledgement") {
      if (duty === CAVEAT) return isSame(claims.re, subject) && isReadByOfficer(claims);
      const isAbout = isSame(claims.re, subject) || (duty !== RECALL && isSame(claims.re, about));
      return isAbout && (words ?? []).includes(claims.status);
    }
    const isReviewed = words === undefined || duty === RECALL;
    const isThrough = decision.outcome !== "denied";
    return claims.kind === "review" && isThrough && isReviewed && isSame(claims.re, subject);
  });
}

function isReadByOfficer({ status, officer }: Extract<Claims, { kind: "acknowledgement" }>): boolean {
  return status === "read" && officer !== undefined && officer.role !== "node";
}

/** What has happened to the time of an answer since, in the order of the ledger. */
type Turn = { readonly index: number; readonly received: number } & (
  | { readonly kind: "done" | "ask" | "resume" }
  | { readonly kind: "delay"; readonly until: number }
);

/** As the exchange counts it: a delay names a new time, and none runs while a question is open. */
function judgeAnswer({ subject, due }: Laid, sources: DutySources): Judged {
  const turns = listTurns(subject, sources).toSorted((one, other) => one.index - other.index);
  if (turns.some(({ kind }) => kind === "done")) return { state: "done" };
  if (due === undefined) return { state: "open" };
  let now = due;
  let stopped: number | undefined;
  let questions = 0;
  for (const turn of turns) {
    if (turn.kind === "delay") {
      now = turn.until;
      if (stopped !== undefined) stopped = Math.max(stopped, turn.received);
    } else if (turn.kind === "ask") {
      if (questions++ === 0) stopped = turn.received;
    } else if (turn.kind === "resume" && questions > 0 && --questions === 0) {
      now += Math.max(0, turn.received - (stopped ?? turn.received));
      stopped = undefined;
    }
  }
  return { state: questions > 0 ? "stopped" : "open", due: now };
}

function listTurns(request: MessageRef, { sent, received }: DutySources): Turn[] {
  const questions = sent.filter(
    ({ claims }) => claims.kind === "clarification" && isSame(claims.re, request),
  );
  const own = sent.flatMap(({ claims, decision }): Turn[] => {
    const content = decision?.content;
    const hasReached = decision?.recipients.some(({ agency, effect }) => {
      return agency === request.iss && effect === "permit";
    });
    if (!content || !hasReached || !claims.re || !isSame(claims.re, request)) return [];
    const { index, received: at } = content;
    const turn = { index, received: at };
    if (claims.kind === "answer" || (claims.kind === "refusal" && !claims.partial)) {
      return [{ ...turn, kind: "done" }];
    }
    if (claims.kind === "clarification") return [{ ...turn, kind: "ask" }];
    return claims.kind === "delay" ? [{ ...turn, kind: "delay", until: claims.until }] : [];
  });
  const answered = new Set<string>();
  const theirs = received.flatMap(({ claims, decision }): Turn[] => {
    if (claims?.iss !== request.iss || !decision || !claims.re) return [];
    const { re } = claims;
    const { index, received: at } = decision.content;
    if (claims.kind === "correction" && claims.action === "erase" && isSame(re, request)) {
      return [{ index, received: at, kind: "done" }];
    }
    const isReply = claims.kind === "answer" && questions.some(({ ref }) => isSame(ref, re));
    if (!isReply || answered.has(re.id)) return [];
    answered.add(re.id);
    return [{ index, received: at, kind: "resume" }];
  });
  return [...own, ...theirs];
}

function isSame(one: MessageRef, other: MessageRef): boolean {
  return one.iss === other.iss && one.id === other.id;
}

function toWhole({ iss, id, digest }: SentMessage["ref"] | ReceivedMessage["ref"]): MessageRef | undefined {
  return iss && digest ? ({ iss, id, digest } as MessageRef) : undefined;
}
