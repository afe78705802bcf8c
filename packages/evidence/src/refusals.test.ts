import { NOW, type TestLedger, toRegisteredKey } from "@leix/exchange/testkit";
import {
  decodeUtf8,
  encodeCanonicalBytes,
  encodeUtf8,
  invariant,
  KeyId,
  limits,
  parseCanonical,
  parseRecord,
} from "@leix/protocol";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { collect, createTreatedMessage, signCheckpoint } from "./evidence.testkit.ts";
import { type Evidence, encodeEvidence } from "./evidence.ts";
import { createEvidenceBody } from "./evidence-body.ts";
import { verifyEvidence } from "./verify-evidence.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** What a hostile maker of evidence could put together, and where each is found. */

let ledger: TestLedger;
let evidence: Evidence;
let other: Evidence;
let later: Evidence;

beforeAll(async () => {
  const treated = await createTreatedMessage("who owns the lorry");
  ledger = treated.ledger;
  evidence = treated.evidence;
  const clear = { classification: "unclassified" };
  const sent = await ledger.world.message("AL-SPOC", ["RS-SPOC"], clear, { text: "and the trailer" });
  await ledger.append(sent);
  other = { ...(await collect(ledger, sent.ref.id)), body: toBody(sent.input.bytes) };
  later = await collect(ledger, treated.sent.ref.id);
});

function toBody(envelope: Uint8Array) {
  const { body } = JSON.parse(decodeUtf8(envelope));
  return createEvidenceBody({ ...body, recipients: body.recipients.slice(0, 1) });
}

async function refuse(altered: Evidence, trust = ledger.world.trust): Promise<[string, string]> {
  const found = await verifyEvidence(encodeEvidence(altered), trust);
  return found.isProven ? ["nothing", ""] : [found.part, found.code];
}

const without = (kind: string, subject?: string): Evidence => ({
  ...evidence,
  statements: evidence.statements.filter(({ record }) => {
    const parsed = parseRecord(encodeUtf8(JSON.stringify(sort(record))));
    const isIt = parsed.kind === "statement" && parsed.statement.kind === kind;
    return !(isIt && (subject === undefined || parsed.statement.subject === subject));
  }),
});
const sort = (record: object) => Object.fromEntries(Object.entries(record).toSorted());

describe("parts of other evidence", () => {
  test("of the same ledger under another checkpoint", async () => {
    expect(await refuse({ ...evidence, message: later.message })).toEqual([
      "message.proof",
      "tlog/inclusion",
    ]);
    expect(await refuse({ ...evidence, statements: later.statements })).toEqual([
      ...["statements[0].proof", "tlog/inclusion"],
    ]);
    expect(await refuse({ ...evidence, checkpoint: later.checkpoint })).toEqual([
      ...["statements[0].proof", "tlog/inclusion"],
    ]);
  });

  test("an acknowledgement of another message", async () => {
    const { acknowledgements } = later;
    expect(acknowledgements).toHaveLength(1);
    const [part, code] = await refuse({ ...other, acknowledgements });
    expect([part, code]).toEqual(["acknowledgements[0].index", "evidence/differs"]);
    const about = { ...later, message: other.message, acknowledgements: [] };
    expect(await refuse({ ...about, acknowledgements: [later.message] })).toEqual([
      ...["acknowledgements[0].index", "evidence/differs"],
    ]);
  });

  test("the decision of another message", async () => {
    const [mine, theirs] = [evidence.message.record, other.message.record];
    const message = { ...evidence.message, record: { ...mine, decision: theirs.decision } };
    expect(await refuse({ ...evidence, message })).toEqual(["message.record", "record/input"]);
  });

  test("the body of another message, or of one that has none", async () => {
    expect(await refuse({ ...evidence, ...(other.body ? { body: other.body } : {}) })).toEqual([
      "body",
      "body/digest",
    ]);
    const bare = await createTreatedMessage();
    expect(await refuse({ ...bare.evidence, ...(other.body ? { body: other.body } : {}) })).toEqual([
      ...["body", "evidence/differs"],
    ]);
  });

  test("the proof of another place", async () => {
    const [first, second, ...rest] = evidence.statements;
    invariant(first && second, "there are statements");
    const statements = [first, { ...second, proof: first.proof }, ...rest];
    expect(await refuse({ ...evidence, statements })).toEqual(["statements[1].proof", "tlog/inclusion"]);
  });

  test("a statement twice, or two in another order", async () => {
    const [first, second, ...rest] = evidence.statements;
    invariant(first && second, "there are statements");
    expect(await refuse({ ...evidence, statements: [first, first, second, ...rest] })).toEqual([
      ...["statements[1].index", "evidence/differs"],
    ]);
    expect(await refuse({ ...evidence, statements: [first, ...rest, second] })).toEqual([
      ...[`statements[${rest.length + 1}].index`, "evidence/differs"],
    ]);
  });
});

describe("what is left out", () => {
  test.each<[string, string | undefined, string, string]>([
    ["anchor", undefined, "statements", "evidence/missing"],
    ["service", "ledger", "checkpoint", "evidence/missing"],
    ["authority", "AL", "statements[2].record", "record/decided-otherwise"],
    ["agency", "AL-SPOC", "message.record", "jws/key-unknown"],
    ["agency", "RS-SPOC", "acknowledgements[0].record", "jws/key-unknown"],
    ["policy-file", undefined, "statements[9].record", "evidence/missing"],
    ["policy-set", undefined, "message.record", "evidence/missing"],
  ])("statements %s %s: found at %s", async (kind, subject, part, code) => {
    expect(await refuse(without(kind, subject))).toEqual([part, code]);
  });

  test("one of the signatures that the policy set needs", async () => {
    const sets = evidence.statements.filter((one) => !without("policy-set").statements.includes(one));
    expect(sets).toHaveLength(2);
    for (const left of sets) {
      const statements = evidence.statements.filter((one) => one !== left);
      expect(await refuse({ ...evidence, statements })).toEqual(["message.record", "evidence/missing"]);
    }
  });
});

describe("whom the reader does not trust", () => {
  test("another anchor, another exchange", async () => {
    const { trust } = ledger.world;
    const anchorKey = KeyId.parse(toRegisteredKey("spare").kid);
    expect(await refuse(evidence, { ...trust, anchorKey })).toEqual([
      "statements[0].record",
      "statement/not-genesis",
    ]);
    const aud = "other.example" as typeof trust.aud;
    expect(await refuse(evidence, { ...trust, aud })).toEqual(["aud", "claims/audience"]);
    expect(await refuse({ ...evidence, aud }, { ...trust, aud })).toEqual([
      "statements[0].record",
      "claims/audience",
    ]);
  });
});

describe("a checkpoint", () => {
  const under = async (choices: Parameters<typeof signCheckpoint>[1]) => {
    return refuse({ ...evidence, checkpoint: await signCheckpoint(ledger, choices) });
  };

  test("of another tree, another log, or signed by another key", async () => {
    const size = evidence.statements.length;
    const root = new Uint8Array(32).fill(7);
    expect(await under({ root })).toEqual(["statements[0].proof", "tlog/inclusion"]);
    expect(await under({ size })).toEqual(["statements[0].proof", "tlog/inclusion"]);
    expect(await under({ key: "spare" })).toEqual(["checkpoint", "tlog/note-unsigned"]);
    expect(await under({ key: "policy" })).toEqual(["checkpoint", "tlog/note-unsigned"]);
    expect(await under({ origin: "other.example/ledger" })).toEqual(["checkpoint", "tlog/note-unsigned"]);
  });

  test("that ends before the message", async () => {
    const altered = { ...evidence, message: other.message, acknowledgements: [] };
    expect(await refuse(altered)).toEqual(["message.proof", "tlog/size"]);
  });

  test("cosigned by someone who is no witness", async () => {
    const witness = { agency: "RS-SPOC", at: NOW };
    const checkpoint = await signCheckpoint(ledger, { size: evidence.message.index + 2, witness });
    expect(await refuse({ ...evidence, checkpoint })).toEqual(["checkpoint", "evidence/missing"]);
  });

  test("of no form", async () => {
    expect(await refuse({ ...evidence, checkpoint: "no note" })).toEqual(["checkpoint", "tlog/note"]);
  });
});

test("a file of another form is refused at its part", async () => {
  const verify = (value: unknown) => {
    const bytes = encodeCanonicalBytes(value);
    return verifyEvidence(bytes, ledger.world.trust);
  };
  expect(await verify({})).toMatchObject({ part: "v", code: "evidence/malformed" });
  const whole = parseCanonical(encodeEvidence(evidence), limits.EVIDENCE_BYTES_MAX) as Evidence;
  expect(await verify({ ...whole, more: 1 })).toMatchObject({ part: "file", code: "evidence/malformed" });
  const large = new Uint8Array(limits.EVIDENCE_BYTES_MAX + 1);
  expect(await verifyEvidence(large, ledger.world.trust)).toMatchObject({
    part: "file",
    code: "input/too-large",
  });
});
