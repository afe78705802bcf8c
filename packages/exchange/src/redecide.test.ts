import { type Decider, type ErrorCode, encodeUtf8, type LeixError, type ParsedJws } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { auditBatch } from "./audit-batch.ts";
import type { Entry } from "./entry.ts";
import { toAgency, toClearance, toPolicySet } from "./genesis.testkit.ts";
import {
  decideOn,
  forgeRecord,
  startTestLedger,
  TEST_DECIDER,
  type TestLedger,
  toContent,
  toWord,
} from "./ledger.testkit.ts";
import { audit, follow } from "./replay.ts";
import { createLayer, createState } from "./state.ts";
import { createWorld, NOW, type Sent, toAccount } from "./world.testkit.ts";

const world = createWorld();
const ledger = await startTestLedger(world);

type MessageEntry = Extract<Entry, { kind: "message" }>;

/** What would honestly be recorded of an input now. */
async function decideHonestly(sent: Sent, on = ledger): Promise<Entry> {
  const [decided] = await decideOn(on.world, createLayer(on.state), [sent.input]);
  if (decided?.kind !== "record") throw new Error("nothing to record");
  return decided.entry;
}

async function decideMessage(sent: Sent): Promise<MessageEntry> {
  const entry = await decideHonestly(sent);
  if (entry.kind !== "message") throw new Error(`${entry.kind} instead of a message`);
  return entry;
}

/**
 * The code that the audit names, having changed nothing; `sound` where it finds nothing. Following goes on.
 */
async function auditForged(
  entry: Entry,
  jws?: ParsedJws,
  decider: Decider = TEST_DECIDER,
  on: TestLedger = ledger,
): Promise<ErrorCode | "sound"> {
  const record = await forgeRecord(on, entry, jws, { decider });
  const state = createLayer(on.state);
  const code = await audit(state, record).then(
    () => "sound" as const,
    (error) => (error as LeixError).code,
  );
  if (code !== "sound") expect(toContent(state)).toEqual(toContent(on.state));
  const [followed, audited] = [createLayer(on.state), createLayer(on.state)];
  await follow(followed, record);
  const batch = await auditBatch(audited, [record]);
  expect(batch.broken).toBeUndefined();
  expect(batch.audited.map(({ difference }) => difference?.code ?? "sound")).toEqual([code]);
  expect(toContent(audited)).toEqual(toContent(followed));
  return code;
}

/** What the audit says of it. */
async function explainForged(entry: Entry, jws: ParsedJws): Promise<string> {
  const record = await forgeRecord(ledger, entry, jws, { decider: TEST_DECIDER });
  const said = audit(createLayer(ledger.state), record);
  return await said.then(
    () => "",
    ({ detail }: LeixError) => detail,
  );
}

const OTHERWISE = "record/decided-otherwise";

describe("a message decided otherwise", async () => {
  const permitted = await world.message("AL-SPOC", ["RS-SPOC", "RS-FIU"], { classification: "restricted" });
  const denied = await world.message("AL-SPOC", ["RS-SPOC"], { classification: "secret" });

  test("honestly decided, it is sound", async () => {
    expect(await auditForged(await decideHonestly(permitted), permitted.jws)).toBe("sound");
    expect(await auditForged(await decideHonestly(denied), denied.jws)).toBe("sound");
  });

  const lies: [string, (entry: MessageEntry) => Partial<MessageEntry["verdict"]>][] = [
    [
      "a permit for what was denied",
      ({ verdict }) => ({
        outcome: "permitted",
        recipients: verdict.recipients.map((one) => ({ ...one, effect: "permit", reasons: [] })),
      }),
    ],
    ["another outcome over the same effects", () => ({ outcome: "permitted" })],
    [
      "another reason",
      ({ verdict }) => ({
        recipients: verdict.recipients.map((one) => ({ ...one, reasons: ["P01"] as never })),
      }),
    ],
    [
      "an invented obligation",
      ({ verdict }) => ({
        recipients: verdict.recipients.map((one) => ({
          ...one,
          obligations: [{ rule: "P01", duty: "do-it", party: one.agency }],
        })),
      }),
    ],
    [
      "milder markings",
      ({ verdict }) => ({ markings: { ...verdict.markings, classification: "unclassified" } }),
    ],
    [
      "other grounds",
      ({ verdict }) => ({
        grounds: verdict.grounds.map((one) => ({ ...one, determining: ["base" as const] })),
      }),
    ],
  ];
  test.each(lies)("%s", async (_name, lie) => {
    const entry = await decideMessage(denied);
    expect(await auditForged({ ...entry, verdict: { ...entry.verdict, ...lie(entry) } }, denied.jws)).toBe(
      OTHERWISE,
    );
  });

  const words: Readonly<Record<string, RegExp>> = {
    "a permit for what was denied":
      /^recorded permitted .*decided again denied \(RS-SPOC deny withheld by P[0-9]/,
    "another outcome over the same effects": /outcome: recorded "permitted", decided again "denied"/,
    "another reason": /recipients\.0\.reasons: recorded \["P01"\], decided again \["withheld"\]/,
    "an invented obligation": /obligations: recorded \[\{"rule":"P01".*, decided again \[\]/,
    "milder markings": /classification: recorded "unclassified", decided again "secret"/,
    "other grounds": /grounds\.0\.determining: recorded \["base"\], decided again \["P[0-9.a-z]+"/,
  };
  test.each(lies)("%s: says what differs, the rules first", async (name, lie) => {
    const entry = await decideMessage(denied);
    const told = await explainForged({ ...entry, verdict: { ...entry.verdict, ...lie(entry) } }, denied.jws);
    expect(told).toMatch(words[name] ?? /^$/);
  });

  test("recipients left out, added or in another order", async () => {
    const entry = await decideMessage(permitted);
    const { recipients, grounds } = entry.verdict;
    const reordered = { recipients: recipients.toReversed(), grounds: grounds.toReversed() };
    const fewer = { recipients: recipients.slice(1), grounds: grounds.slice(1) };
    const more = { recipients: [...recipients, ...recipients], grounds: [...grounds, ...grounds] };
    for (const change of [reordered, fewer, more]) {
      expect(await auditForged({ ...entry, verdict: { ...entry.verdict, ...change } }, permitted.jws)).toBe(
        OTHERWISE,
      );
    }
  });

  test("under another policy set, another receipt, another account", async () => {
    const entry = await decideMessage(permitted);
    expect(await auditForged({ ...entry, policySet: permitted.ref.digest }, permitted.jws)).toBe(OTHERWISE);
    expect(await auditForged({ ...entry, received: NOW + 10 ** 9 }, permitted.jws)).toBe(OTHERWISE);
    const input = { ...entry.input, account: toAccount("RS-FIU") };
    expect(await auditForged({ ...entry, input }, permitted.jws)).toBe(OTHERWISE);
  });

  test("one that should have been rejected, and one that is recorded twice", async () => {
    const entry = await decideMessage(permitted);
    const unknown = await world.message("AL-SPOC", ["RS-SPOC", "RS-FIU"], {}, { key: "spare" });
    const claims = unknown.jws.payload as MessageEntry["claims"];
    const input = { ...entry.input, digest: unknown.ref.digest };
    expect(await auditForged({ ...entry, claims, ref: unknown.ref, input }, unknown.jws)).toBe(OTHERWISE);
    const other = await startTestLedger(createWorld());
    const sent = await other.world.message("AL-SPOC", ["RS-SPOC"]);
    const first = await decideHonestly(sent, other);
    await other.append(sent);
    expect(await auditForged({ ...first, index: first.index + 1 }, sent.jws, TEST_DECIDER, other)).toBe(
      OTHERWISE,
    );
  });

  test("by a decider that this program does not have", async () => {
    const entry = await decideMessage(permitted);
    const step = { ...TEST_DECIDER, step: "99" };
    const cedar = { ...TEST_DECIDER, cedar: "0.0.1" };
    expect(await auditForged(entry, permitted.jws, step)).toBe("record/decider-unknown");
    expect(await auditForged(entry, permitted.jws, cedar)).toBe("record/decider-unknown");
  });
});

describe("a statement decided otherwise", () => {
  test("one that its issuer may not make is followed, and named", async () => {
    const sent = await world.statement("RS", toAgency("AL-SPOC", { version: 2, status: "revoked" }));
    const entry = await decideHonestly(await world.statement("AL", toAgency("AL-SPOC", { version: 2 })));
    const input = { ...entry.input, digest: sent.jws.digest, account: toAccount("RS") };
    const statement = sent.jws.payload as Extract<Entry, { kind: "statement" }>["statement"];
    const forged: Entry = { ...entry, kind: "statement", input, statement };
    expect(await auditForged(forged, sent.jws)).toBe(OTHERWISE);
  });

  test("a policy set that does not load stops even who only follows, and leaves nothing behind", async () => {
    const { files = [] } = toPolicySet(world);
    const sign = (by: "AL" | "RS") =>
      world.statement(by, toPolicySet(world, { version: 2, files: files.slice(1) }));
    const forge = async (sent: Sent, on: TestLedger) => {
      const entry = await decideHonestly(
        await world.statement("AL", toClearance("AL-SPOC", { version: 2 })),
        on,
      );
      const statement = sent.jws.payload as Extract<Entry, { kind: "statement" }>["statement"];
      const input = { ...entry.input, digest: sent.jws.digest };
      return forgeRecord(on, { ...entry, kind: "statement", input, statement }, sent.jws);
    };
    const on = { ...ledger, state: createLayer(ledger.state) };
    await follow(on.state, await forge(await sign("AL"), on));
    const before = toContent(on.state);
    const last = await forge(await sign("RS"), on);
    await expect(follow(on.state, last)).rejects.toMatchObject({ code: "statement/policy-set" });
    expect((await auditBatch(on.state, [last])).broken?.code).toBe("statement/policy-set");
    expect(toContent(on.state)).toEqual(before);
  });
});

describe("rejections", () => {
  const garbage: Sent["input"] = world.bytes("AL-SPOC", "garbage");
  const rejection = async (changes: Partial<Extract<Entry, { kind: "rejection" }>> = {}, on = ledger) => {
    const [decided] = await decideOn(on.world, createLayer(on.state), [garbage]);
    if (decided?.kind !== "record") throw new Error("nothing to record");
    return { ...decided.entry, ...changes } as Entry;
  };

  test("the text is not in the ledger: whatever may be true is believed", async () => {
    for (const code of [
      "input/not-json",
      "jws/signature-invalid",
      "decision/engine",
      "key/invalid",
    ] as const) {
      expect(await auditForged(await rejection({ code }))).toBe("sound");
    }
  });

  test("what cannot be true is not: foreign codes, a known account called unknown, the reverse", async () => {
    for (const code of [
      "broker/refused",
      "record/chain",
      "decision/not-permitted",
      "config/invalid",
    ] as const) {
      expect(await auditForged(await rejection({ code }))).toBe(OTHERWISE);
    }
    expect(await auditForged(await rejection({ code: "message/no-policy-set" }))).toBe(OTHERWISE);
    expect(await auditForged(await rejection({ code: "identity/account-unknown" }))).toBe(OTHERWISE);
    const { input } = await rejection();
    const foreign = { input: { ...input, account: toAccount("MK") } };
    expect(await auditForged(await rejection(foreign))).toBe(OTHERWISE);
    expect(await auditForged(await rejection({ ...foreign, code: "identity/account-unknown" }))).toBe(
      "sound",
    );
  });

  test("the same bytes are rejected once, and never accepted afterwards", async () => {
    const on = await startTestLedger(createWorld());
    const sent = await on.world.message("AL-SPOC", ["RS-SPOC"]);
    const honest = await decideHonestly(sent, on);
    const [first] = await on.appendInputs([garbage]);
    expect(first && toWord(first)).toBe("input/not-json");
    const entry = await rejection({ index: honest.index }, ledger);
    expect(await auditForged({ ...entry, index: honest.index + 1 }, undefined, TEST_DECIDER, on)).toBe(
      OTHERWISE,
    );
    await on.appendInputs([{ ...sent.input, isGivenUp: true }]);
    expect(await auditForged({ ...honest, index: honest.index + 2 }, sent.jws, TEST_DECIDER, on)).toBe(
      OTHERWISE,
    );
  });

  test("nobody raises an alarm by having a token's signing input rejected first", async () => {
    const on = await startTestLedger(createWorld());
    const message = await on.world.message("AL-SPOC", ["RS-SPOC"]);
    const statement = await on.world.statement("AL", toAgency("AL-SPOC", { version: 2 }));
    const baits = [message, statement].map(({ jws, input }) => ({
      ...input,
      sequence: input.sequence + 1_000,
      bytes: encodeUtf8(jws.token.slice(0, jws.token.lastIndexOf("."))),
    }));
    const decided = await on.appendInputs([...baits, message.input, statement.input]);
    expect(decided.map(toWord)).toEqual(["input/not-json", "input/not-json", "permitted", "statement"]);
    const { audited } = await auditBatch(createState(on.world.trust), on.records);
    expect(audited.map(({ difference }) => difference)).toEqual(on.records.map(() => undefined));
  });
});
