import { isTakingPart, type State } from "@leix/exchange";
import {
  type AccountId,
  decodeUtf8,
  type ErrorCode,
  encodeUtf8,
  LeixError,
  type ParsedRecord,
  parseCanonical,
  parseSchema,
  type Statement,
} from "@leix/protocol";
import { z } from "zod";

/**
 * What the records of one answer may take together: the answer fits one broker message, and any record fits
 * it.
 */
export const RULES_PAGE_BYTES_MAX = 786_432;
/** What JSON adds to a record, its index included. */
const ENTRY_OVERHEAD_BYTES_MAX = 48;
const QUESTION_BYTES_MAX = 256;

const RulesQuestion = z.strictObject({
  /** Index of the last record that the asker knows; -1 at the start. */
  after: z.int().min(-1),
});

/** One statement's record, as the ledger has it. */
export interface RuleRecord {
  readonly index: number;
  readonly statement: Statement;
  readonly bytes: Uint8Array;
}

export function toRuleRecord(record: ParsedRecord, bytes: Uint8Array): RuleRecord | undefined {
  if (record.kind !== "statement") return undefined;
  return { index: record.decision.content.index, statement: record.statement, bytes };
}

/**
 * Answers `{"after": index}` with `{"head": n, "records": [{"index": i, "record": {…}}]}`: the statements'
 * records after that index, in order, as many as a page holds; none where the asker knows all there is below
 * `head`. Throws `identity/` codes where the asker is no active member, `input/` codes where the question is
 * none.
 */
export function answerRules(
  state: State,
  rules: readonly RuleRecord[],
  account: AccountId,
  question: Uint8Array,
): Uint8Array {
  const asker = findAsker(state, account);
  const { after } = parseSchema(RulesQuestion, parseCanonical(question, QUESTION_BYTES_MAX));
  // An observer would else see each record that is made.
  const head = isObserver(asker)
    ? (rules.findLast(({ statement }) => isToldTo(asker, statement))?.index ?? -1) + 1
    : state.head.index;
  const page: string[] = [];
  let bytes = 0;
  for (const { index, statement, bytes: record } of rules) {
    if (index <= after || !isToldTo(asker, statement)) continue;
    const entry = `{"index":${index},"record":${decodeUtf8(record)}}`;
    bytes += record.byteLength + ENTRY_OVERHEAD_BYTES_MAX;
    if (page.length > 0 && bytes > RULES_PAGE_BYTES_MAX) break;
    page.push(entry);
  }
  return encodeUtf8(`{"head":${head},"records":[${page.join(",")}]}`);
}

/** Where there is no answer: `{"code": "…"}`. */
export function encodeRefusal(code: ErrorCode): Uint8Array {
  return encodeUtf8(JSON.stringify({ code }));
}

type Asker = Extract<Statement, { kind: "anchor" | "authority" | "agency" }>;

/** The active member whose account asks. Throws the `identity/` codes where there is none. */
export function findMember(state: State, account: AccountId): Asker["subject"] {
  return findAsker(state, account).subject;
}

function findAsker(state: State, account: AccountId): Asker {
  const party = state.accounts.get(account);
  const statement = party === undefined ? undefined : state.parties.get(party)?.statement;
  if (!statement || statement.kind === "service") throw new LeixError("identity/account-unknown");
  if (!isTakingPart(state, statement.subject)) {
    throw new LeixError("identity/party-not-active", statement.subject);
  }
  return statement;
}

function isObserver(asker: Asker): boolean {
  return asker.kind === "agency" && asker.type === "observer";
}

/** What an observer is told: who publishes, and what. */
const PUBLIC: readonly Statement["kind"][] = ["anchor", "service", "statistics"];

/**
 * Who is cleared for what is told to nobody but the authority that said so; the principles' text goes to
 * those who sign it. Everything else every member needs, to judge for itself whom to believe.
 */
function isToldTo(asker: Asker, statement: Statement): boolean {
  if (isObserver(asker)) return PUBLIC.includes(statement.kind);
  switch (statement.kind) {
    case "clearance":
      return asker.subject === statement.iss;
    case "policy-file":
    case "policy-set":
      return asker.kind !== "agency";
    default:
      return true;
  }
}
