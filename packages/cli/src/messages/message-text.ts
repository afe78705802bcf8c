import type { Acknowledgement, SentMessage, StoredMessage } from "@leix/client";
import type { Claims, Form } from "@leix/protocol";
import { toDutyWords } from "./duty-words.ts";
import { alignRows, type Paper, toSafeText, toTimeText } from "./paper.ts";
import { STATUS_WORDS, toAddressWords, toHandlingWords } from "./words.ts";

type Fact = readonly [name: string, value: string | undefined];

/** Everything that is stated about a message, and what is in force on it; not its text. */
export function writeMessage(paper: Paper, message: StoredMessage): void {
  const { claims, decision, ref, status, problem } = message;
  const title = claims ? `${toAddressWords(claims)}, from ${claims.iss}` : "a message";
  paper.line(paper.colours.bold(title));
  const facts: Fact[] = [
    ["id", toSafeText(ref.id)],
    ["state", `${STATUS_WORDS[status]}${problem ? ` [${problem.code}]` : ""}`],
    ["sent again", message.direction === "sent" ? message.replacedBy : undefined],
    ...(claims ? listStated(claims) : []),
    ...listInForce(message),
    ["ledger", decision ? `record ${decision.content.index}` : undefined],
    ["received", decision ? toTimeText(decision.content.received) : undefined],
  ];
  writeFacts(paper, facts);
}

function listStated(claims: Claims): Fact[] {
  const { thread, id, re, iat, officer } = claims;
  return [
    ["thread", thread === id ? undefined : thread],
    ["about", re ? `${re.id} of ${re.iss}` : undefined],
    ["sent", toTimeText(iat)],
    ["officer", officer ? `${officer.id} (${officer.role})` : undefined],
    ["case", claims.case],
    ...(claims.kind === "acknowledgement" ? [["says", claims.status] as const] : listMarked(claims)),
  ];
}

function listMarked(claims: Exclude<Claims, { kind: "acknowledgement" }>): Fact[] {
  const { personal, derivedFrom, consents, evaluation } = claims;
  return [
    ["purpose", claims.purpose],
    ["crime", claims.crime],
    ["offence", claims.offence ? toOffenceWords(claims.offence) : undefined],
    ["urgency", claims.kind === "request" && claims.urgency ? (claims.urgency.ground ?? "yes") : undefined],
    ["access", claims.kind === "request" ? claims.access : undefined],
    ["asks for", claims.kind === "request" ? claims.data?.join(", ") : undefined],
    ["override", claims.kind === "notification" ? claims.override?.code : undefined],
    ["no copies for", claims.spocException],
    ...listOwn(claims),
    ["handling", claims.handling ? toHandlingWords(claims.handling) : undefined],
    ["classification", claims.classification],
    ["evaluation", evaluation ? `${evaluation.source}${evaluation.information}` : undefined],
    ["personal data", personal ? toPersonalWords(personal) : undefined],
    ["language", claims.language],
    ["delete by", claims.deleteBy === undefined ? undefined : toTimeText(claims.deleteBy)],
    ["derived from", derivedFrom?.map(({ iss, id }) => `${id} of ${iss}`).join(", ")],
    ["consents", consents?.map(({ iss, id }) => `${id} of ${iss}`).join(", ")],
    ["permits", claims.kind === "consent" ? toGrantWords(claims.grant) : undefined],
  ];
}

/** What only messages of their kind say. */
function listOwn(claims: Claims): Fact[] {
  switch (claims.kind) {
    case "refusal":
      return [["ground", `${claims.ground}${claims.partial ? ", for a part" : ""}`]];
    case "delay":
      return [["delayed", `${claims.reason}, until ${toTimeText(claims.until)}`]];
    case "correction":
      return [["correction", claims.action]];
    default:
      return [];
  }
}

type Marked = Extract<Claims, { kind: "request" }>;

function toOffenceWords(offence: NonNullable<Marked["offence"]>): string {
  const { maxPenaltyYears, eawListed, serious, dualCriminality } = offence;
  return [
    ...(maxPenaltyYears === undefined ? [] : [`at most ${maxPenaltyYears} years`]),
    ...(eawListed ? ["on the list of the European Arrest Warrant"] : []),
    ...(serious ? ["serious"] : []),
    ...(dualCriminality ? ["an offence in both countries"] : []),
  ].join(", ");
}

function toPersonalWords({
  subjects,
  basis,
  special,
  factual,
  asOf,
}: NonNullable<Marked["personal"]>): string {
  const categories = subjects.map(({ category, minor }) => (minor ? `${category} (minor)` : category));
  return [
    categories.join(", "),
    ...(basis ? [`basis: ${basis}`] : []),
    ...(special ? [`special categories: ${special}`] : []),
    ...(factual ? [factual] : []),
    ...(asOf === undefined ? [] : [`as of ${toTimeText(asOf)}`]),
  ].join("; ");
}

function toGrantWords({
  of,
  permits,
  recipients,
  purposes,
  until,
}: Extract<Claims, { kind: "consent" }>["grant"]): string {
  const what = `${permits.join(", ")} ${of.id} to ${recipients.join(", ")}`;
  return `${what} for ${purposes.join(", ")} until ${toTimeText(until)}`;
}

/** The effective markings: the message's own and those of all it was derived from. */
function listInForce({ decision }: StoredMessage): Fact[] {
  const markings = decision?.markings;
  if (!markings) return [];
  const { handling, classification, deleteBy, origins, evaluation } = markings;
  const others = origins.length - 1;
  const duties = decision.recipients.flatMap((one) => one.obligations).map(toDutyWords);
  return [
    ["in force", [classification, ...handling].join(", ")],
    ...handling.map((code): Fact => ["", toHandlingWords(code)]),
    ["evaluated", evaluation ? `${evaluation.source}${evaluation.information}` : undefined],
    ["keep until", deleteBy === undefined ? undefined : toTimeText(deleteBy)],
    ["goes back to", others > 0 ? `${others} other message${others > 1 ? "s" : ""}` : undefined],
    ["obligations", duties.length > 0 ? duties.join("; ") : undefined],
  ];
}

function writeFacts(paper: Paper, facts: readonly Fact[]): void {
  const present = facts.flatMap(([name, value]) => (value === undefined ? [] : [[`  ${name}`, value]]));
  for (const row of alignRows(present)) paper.line(row);
}

/** The decrypted words, as their sender wrote them. */
export function writeForm(paper: Paper, form: Form | undefined): void {
  paper.line();
  if (!form) {
    paper.line("  It has no text.");
    return;
  }
  const { v: _version, form: _kind, text, ...fields } = form;
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    paper.line(`  ${name}: ${toSafeText(Array.isArray(value) ? value.join(", ") : String(value))}`);
  }
  for (const line of toSafeText(text).split("\n")) paper.line(`  ${line}`);
}

/** Who has it, as far as they said so; whom the exchange did not give it to. */
export function writeAcknowledgements(
  paper: Paper,
  { claims, decision, status }: SentMessage,
  acknowledgements: readonly Acknowledgement[],
): void {
  if (claims.kind === "acknowledgement" || status === "rejected") return;
  const denied = decision?.recipients.filter(({ effect }) => effect === "deny").map(({ agency }) => agency);
  paper.line();
  const rows = [...claims.to, ...claims.copies].map((agency) => {
    const said = acknowledgements.filter((one) => one.agency === agency);
    const words = said.map(({ status, arrivedMs }) => `${status} ${toTimeText(arrivedMs / 1_000)}`);
    const silent = denied?.includes(agency) ? "was not given it" : "has not acknowledged it";
    return [`  ${agency}`, words.length > 0 ? words.join(", ") : silent];
  });
  for (const row of alignRows(rows)) paper.line(row);
}
