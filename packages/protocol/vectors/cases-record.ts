import { encodeCanonical, type ParsedJws, STATEMENT_TYP, signJws, toDigest } from "../src/index.ts";
import { type Chain, FLOOD, signDecision, signPlainDecision, signSeal, toIdentity } from "./chain.ts";
import { KEYS, STATEMENTS } from "./examples.ts";
import { toSigningKey } from "./keys.ts";
import type { Case } from "./run.ts";

const policyKey = KEYS.policy.registered;
const [messageKey, statementKey] = [KEYS.spoc.registered, KEYS.authority.registered];
const TERMS = STATEMENTS.terms ?? {};
const NAME = { kind: TERMS.kind, subject: TERMS.subject, version: TERMS.version, iss: TERMS.iss };

const toRecord = (members: object) => encodeCanonical({ v: 1, ...members });

export async function listRecordCases(chain: Chain): Promise<Case[]> {
  const statement = await signJws(TERMS, STATEMENT_TYP, toSigningKey(KEYS.authority));
  return [...(await listValid(chain, statement)), ...(await listInvalid(chain, statement))];
}

async function listValid(
  { record, message, decision, envelope, event }: Chain,
  statement: ParsedJws,
): Promise<Case[]> {
  const over = await signPlainDecision("statement", statement.digest, { statement: NAME });
  // Of what is rejected nothing is believed: it is known by the digest of the bytes that came.
  const raw = toDigest(envelope);
  const rejection = await signPlainDecision("rejection", raw, { code: "jws/signature-invalid" });
  const [first] = FLOOD.inputs;
  if (!first) throw new Error("a flood has inputs");
  const flood = await signPlainDecision("flood", first.digest, FLOOD);
  const tick = toDigest(encodeCanonical({ tick: 1 }));
  const seal = await signSeal(tick);
  const ofSeal = toRecord({ kind: "seal", decision: seal });
  const valid = (
    kind: string,
    proves: string,
    input: Case["input"],
    of: string,
    digest: string,
    index = 7,
  ): Case => ({
    name: `valid/record-${kind}`,
    what: "record",
    proves,
    input: { policyKey, ...input },
    expect: { kind, index, input: of, decision: digest },
  });
  const ofStatement = toRecord({ kind: "statement", statement: statement.token, decision: over });
  const ofRejection = toRecord({ kind: "rejection", decision: rejection });
  return [
    valid(
      "message",
      "A message and the decision over it.",
      { text: record, inputKey: messageKey },
      message.digest,
      decision.jws.digest,
    ),
    valid(
      "statement",
      "A statement and the decision over it.",
      { text: ofStatement, inputKey: statementKey },
      statement.digest,
      toIdentity(over),
    ),
    valid(
      "rejection",
      "A rejection: of the input only its digest stays.",
      { text: ofRejection },
      raw,
      toIdentity(rejection),
    ),
    valid(
      "event",
      "An event: of the tick only its digest stays.",
      { text: event.record },
      toDigest(event.tick),
      event.decision.jws.digest,
      9,
    ),
    valid(
      "flood",
      "A flood: of the inputs only their places and digests stay.",
      { text: toRecord({ kind: "flood", decision: flood }) },
      first.digest,
      toIdentity(flood),
    ),
    valid("seal", "A seal.", { text: ofSeal }, tick, toIdentity(seal), 10),
  ];
}

async function listInvalid(
  { record, message, verdict, event }: Chain,
  statement: ParsedJws,
): Promise<Case[]> {
  const otherDecision = await signDecision(verdict, statement.digest);
  const misnamed = await signPlainDecision("statement", statement.digest, {
    statement: { ...NAME, version: 2 },
  });
  const over = await signPlainDecision("statement", statement.digest, { statement: NAME });
  const rejection = await signPlainDecision("rejection", message.digest, { code: "input/not-json" });
  const ofMessage = (decision: string) => toRecord({ kind: "message", message: message.token, decision });
  const ofStatement = (token: string, decision: string) =>
    toRecord({ kind: "statement", statement: token, decision });
  const cases: readonly (readonly [string, string, string, string])[] = [
    ["other-decision", "Decision and input belong together.", ofMessage(otherDecision), "record/input"],
    ["decision-of-another-kind", "A rejection stands beside no input.", ofMessage(rejection), "record/input"],
    [
      "other-name",
      "A decision names its input as that names itself.",
      ofStatement(statement.token, misnamed),
      "record/input",
    ],
    ["message-as-statement", "A message is no statement.", ofStatement(message.token, over), "jws/type"],
    [
      "unknown-kind",
      "The kinds of record are a closed list.",
      toRecord({ kind: "tick", decision: event.whole }),
      "record/malformed",
    ],
    [
      "event-with-tick",
      "An event is a decision only.",
      toRecord({ kind: "event", tick: 1, decision: event.whole }),
      "record/malformed",
    ],
    [
      "event-of-another-kind",
      "An event's decision is one of kind event.",
      toRecord({ kind: "event", decision: rejection }),
      "record/input",
    ],
    [
      "seal-of-another-kind",
      "A seal's decision is one of kind seal.",
      toRecord({ kind: "seal", decision: event.whole }),
      "record/input",
    ],
    ["white-space", "A record is canonical JSON.", `${record} `, "record/malformed"],
  ];
  return cases.map(([name, proves, text, code]) => ({
    name: `invalid/record-${name}`,
    what: "record",
    proves,
    input: { text, policyKey, inputKey: messageKey },
    code,
  }));
}
