import { type AgencyId, type Claims, countryOf } from "@leix/protocol";
import { delay, doneByReply, resume, stop, type Times } from "./duties.ts";
import { CASE_REQUESTS_MAX } from "./limits.ts";
import { findPermitted } from "./messages.ts";
import type { RecordedMessage, RecordedRequest, RecordedStanding } from "./recorded.ts";
import { type State, toMessageKey } from "./state.ts";

/** A message that was let through, and to whom. */
export interface Arrived<C extends Claims = Claims> {
  readonly claims: C;
  readonly permitted: readonly AgencyId[];
  readonly times: Times;
}

type Of<K extends Claims["kind"]> = Extract<Claims, { kind: K }>;

const OPEN: RecordedStanding = { kind: "open", questions: 0 };
const ANSWERED: RecordedStanding = { kind: "answered" };
const REFUSED: RecordedStanding = { kind: "refused" };

/** How a request stands at first: open for each addressee, copies aside, to whom it was let through. */
export function toRequest(claims: Of<"request">, permitted: readonly AgencyId[]): RecordedRequest {
  const to = claims.to.filter((agency) => permitted.includes(agency));
  return {
    case: claims.case,
    crime: claims.crime,
    data: claims.data ?? [],
    to,
    standings: to.map(() => OPEN),
    isErased: false,
  };
}

/** Lists a request under its case. */
export function listInCase(state: State, message: RecordedMessage): void {
  const place = toCasePlace(message);
  if (place === undefined || !message.request || !isOpen(message.request)) return;
  const listed = state.cases.get(place) ?? [];
  if (listed.length < CASE_REQUESTS_MAX) state.cases.set(place, [...listed, toMessageKey(message.ref)]);
}

/** Takes a request off its case: it is open for nobody any more, or leaves the state. */
export function takeOffCase(state: State, message: RecordedMessage): void {
  const place = toCasePlace(message);
  const listed = place === undefined ? undefined : state.cases.get(place);
  if (place === undefined || !listed) return;
  const others = listed.filter((key) => key !== toMessageKey(message.ref));
  if (others.length > 0) state.cases.set(place, others);
  else state.cases.delete(place);
}

export function toCaseKey(caseId: string, country: string): string {
  return `${caseId}/${country}`;
}

/**
 * What a message does to the request that it is about, where it was let through to the other side: an answer
 * that the asker is not given answers nothing.
 */
export function foldReply(state: State, { claims, permitted, times }: Arrived): void {
  switch (claims.kind) {
    case "answer":
      answer(state, { claims, permitted, times });
      return;
    case "refusal":
      if (!claims.partial) settle(state, { claims, permitted, times }, REFUSED);
      return;
    case "clarification":
      ask(state, { claims, permitted, times });
      return;
    case "delay":
      if (findOpen(state, claims, permitted)) {
        delay(state, claims.iss, toMessageKey(claims.re), claims.until, times);
      }
      return;
    case "correction":
      if (claims.action === "erase") erase(state, claims);
  }
}

/** The same kind from both sides: an addressee answers the request, or the asker a question about it. */
function answer(state: State, arrived: Arrived<Of<"answer">>): void {
  const { claims, permitted, times } = arrived;
  const question = findPermitted(state, claims.re);
  if (question?.kind !== "clarification") {
    settle(state, arrived, ANSWERED);
    return;
  }
  const request = question.re && findPermitted(state, question.re);
  const isAnswered = request?.ref.iss === claims.iss && permitted.includes(question.ref.iss);
  if (!request || !isAnswered || question.isSettled) return;
  state.messages.set(toMessageKey(question.ref), { ...question, isSettled: true });
  const open = findStanding(request, question.ref.iss);
  if (open?.kind !== "open" || open.questions === 0) return;
  setStanding(state, request, question.ref.iss, { ...open, questions: open.questions - 1 });
  if (open.questions === 1) resume(state, question.ref.iss, toMessageKey(request.ref), times);
}

/** What is answered stays so, whatever is refused afterwards. */
function settle(
  state: State,
  { claims, permitted }: Arrived<Of<"answer" | "refusal">>,
  standing: RecordedStanding,
): void {
  const request = findPermitted(state, claims.re);
  const before = request && findStanding(request, claims.iss);
  if (!request || !before || before.kind === "answered" || !permitted.includes(request.ref.iss)) return;
  setStanding(state, request, claims.iss, standing);
  doneByReply(state, claims.iss, toMessageKey(request.ref));
}

function ask(state: State, { claims, permitted, times }: Arrived<Of<"clarification">>): void {
  const request = findOpen(state, claims, permitted);
  const open = request && findStanding(request, claims.iss);
  if (!request || open?.kind !== "open") return;
  setStanding(state, request, claims.iss, { ...open, questions: open.questions + 1 });
  if (open.questions === 0) stop(state, claims.iss, toMessageKey(request.ref), times);
}

/** The request that claims are about, where it is open for their sender and its asker is told. */
function findOpen(
  state: State,
  { iss, re }: Of<"clarification" | "delay">,
  permitted: readonly AgencyId[],
): RecordedMessage | undefined {
  const request = findPermitted(state, re);
  const isOpenHere = request && findStanding(request, iss)?.kind === "open";
  return isOpenHere && permitted.includes(request.ref.iss) ? request : undefined;
}

/** Its sender takes the request back: nobody owes an answer to it any more. */
function erase(state: State, { iss, re }: Of<"correction">): void {
  const message = findPermitted(state, re);
  if (!message?.request || message.ref.iss !== iss) return;
  const erased = { ...message, request: { ...message.request, isErased: true } };
  state.messages.set(toMessageKey(re), erased);
  for (const agency of message.request.to) doneByReply(state, agency, toMessageKey(re));
  takeOffCase(state, message);
}

/** Undefined for whom it was not addressed to, and for all once it is erased. */
export function findStanding({ request }: RecordedMessage, agency: AgencyId): RecordedStanding | undefined {
  return request && !request.isErased ? request.standings[request.to.indexOf(agency)] : undefined;
}

function setStanding(
  state: State,
  message: RecordedMessage,
  agency: AgencyId,
  standing: RecordedStanding,
): void {
  const { request } = message;
  if (!request) return;
  const standings = request.standings.with(request.to.indexOf(agency), standing);
  const changed = { ...message, request: { ...request, standings } };
  state.messages.set(toMessageKey(message.ref), changed);
  if (!isOpen(changed.request)) takeOffCase(state, message);
}

function isOpen({ standings, isErased }: RecordedRequest): boolean {
  return !isErased && standings.some(({ kind }) => kind === "open");
}

function toCasePlace({ ref, request }: RecordedMessage): string | undefined {
  return request?.case === undefined ? undefined : toCaseKey(request.case, countryOf(ref.iss));
}
