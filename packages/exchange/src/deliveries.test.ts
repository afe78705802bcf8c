import { AgencyId, openDecision, parseCopy, parseRecord, parseReply } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { type Delivery, listDeliveries, listRepeated, listReplies } from "./deliveries.ts";
import { toAgency } from "./genesis.testkit.ts";
import { startTestLedger, type TestLedger, toWord } from "./ledger.testkit.ts";
import { isRecordedInput, type StoredInput } from "./recorded-input.ts";
import { createWorld, toAccount, toEncryptionKey } from "./world.testkit.ts";

const world = createWorld();
const ledger = await startTestLedger(world);

async function record(on: TestLedger, input: Parameters<TestLedger["appendInputs"]>[0][number]) {
  const [decided] = await on.appendInputs([input]);
  if (decided?.kind !== "record") throw new Error("nothing recorded");
  const body = decided.examined.kind === "message" ? decided.examined.body : undefined;
  const detail = decided.entry.kind === "rejection" ? decided.entry.detail : undefined;
  return { body, detail, parsed: parseRecord(decided.record) };
}

describe("what follows from a message", () => {
  test("a copy for each it was let through to, with its own key and its part of the decision", async () => {
    const sent = await world.message(
      "AL-SPOC",
      ["RS-SPOC"],
      { copies: ["AL-CUSTOMS"], personal: { subjects: [{ category: "suspect" }] } },
      { text: "text" },
    );
    const { parsed, body } = await record(ledger, sent.input);
    const deliveries = listDeliveries(ledger.state, parsed, body);
    expect(deliveries.map(({ kind, recipient, sender, id }) => [kind, recipient, sender, id])).toEqual([
      ["copy", toAccount("RS-SPOC"), toAccount("AL-SPOC"), sent.ref.id],
      ["copy", toAccount("AL-CUSTOMS"), toAccount("AL-SPOC"), sent.ref.id],
      ["decision", toAccount("AL-SPOC"), toAccount("AL-SPOC"), sent.ref.id],
    ]);
    for (const [i, agency] of (["RS-SPOC", "AL-CUSTOMS"] as const).entries()) {
      const copy = parseCopy(deliveries[i]?.payload ?? new Uint8Array());
      expect(copy.message).toBe(sent.jws.token);
      expect(copy.body?.recipients.map((entry) => entry.header.kid)).toEqual([toEncryptionKey(agency).kid]);
      const decision = openDecision(copy.decision);
      expect(decision.recipients.map((one) => one.agency)).toEqual([agency]);
      expect(decision.grounds).toEqual([]);
      expect(decision.markings).toBeDefined();
    }
    const reply = openDecision(parseReply(deliveries[2]?.payload ?? new Uint8Array()).decision);
    expect(reply.outcome).toBe("permitted");
    expect(reply.recipients).toHaveLength(2);
    expect(reply.grounds).toEqual([]);
  });

  test("nothing for whoever it was denied to, and no markings to a sender of what was denied", async () => {
    const sent = await world.message("AL-SPOC", ["RS-SPOC"], { classification: "secret" }, { text: "text" });
    const { parsed, body } = await record(ledger, sent.input);
    const [reply, ...others] = listDeliveries(ledger.state, parsed, body);
    expect(others).toEqual([]);
    const decision = openDecision(parseReply(reply?.payload ?? new Uint8Array()).decision);
    expect(decision.outcome).toBe("denied");
    expect(decision.markings).toBeUndefined();
    expect(decision.recipients.map(({ reasons }) => reasons)).toEqual([["withheld"]]);
  });

  test("a copy without a body of a message without one", async () => {
    const { parsed, body } = await record(ledger, (await world.message("AL-SPOC", ["RS-SPOC"])).input);
    const [copy] = listDeliveries(ledger.state, parsed, body);
    expect(parseCopy(copy?.payload ?? new Uint8Array()).body).toBeUndefined();
  });
});

describe("what follows from a rejection", () => {
  test("the answer to the account that sent it, under the digest of what it sent", async () => {
    const { parsed, detail } = await record(ledger, world.bytes("AL-SPOC", "garbage"));
    const deliveries = listDeliveries(ledger.state, parsed, undefined, detail);
    expect(deliveries).toHaveLength(1);
    const { content } = parsed.decision;
    expect(deliveries[0]).toMatchObject({
      kind: "rejection",
      recipient: toAccount("AL-SPOC"),
      id: content.input.digest,
    });
  });

  const details: [string, string][] = [
    ["longer than a reply has room for", "x".repeat(1_001)],
    ["cut through a surrogate pair", "\u{1F600}".repeat(600).slice(1)],
    ["of control characters", "\u0000\u001b[2J".repeat(8)],
  ];
  test.each(details)("a detail %s does not stop the answer", async (_name, detail) => {
    const { parsed } = await record(ledger, world.bytes("AL-SPOC", `garbage ${detail}`));
    const reply = parseReply(listReplies(parsed, detail)[0]?.payload ?? new Uint8Array());
    expect(openDecision(reply.decision).content).toMatchObject({ kind: "rejection", code: "input/not-json" });
    expect(reply.detail?.length).toBe(Math.min(detail.length, 1_000));
  });

  test("nothing of the input is in the ledger but its digest", async () => {
    const marker = "marker-of-a-test";
    const sent = await world.message("AL-SPOC", ["RS-SPOC"], { [marker]: marker });
    await record(ledger, sent.input);
    const bytes = ledger.records.at(-1) ?? new Uint8Array();
    expect(new TextDecoder().decode(bytes)).not.toContain(marker);
    const { jws } = parseRecord(bytes).decision;
    expect(JSON.stringify(jws.payload)).not.toContain(marker);
  });
});

test("an input is recorded under its account, as this delivery or as the same message again", async () => {
  const sent = await world.message("AL-CUSTOMS", ["RS-SPOC"]);
  const { account, sequence, bytes } = sent.input;
  const isRecorded = (changes: Partial<StoredInput>) =>
    isRecordedInput(ledger.state, { account, sequence, data: bytes, ...changes });
  expect(isRecorded({})).toBe(false);
  await ledger.append(sent);
  expect(isRecorded({})).toBe(true);
  expect(isRecorded({ sequence: sequence + 1_000 })).toBe(true);
  expect(isRecorded({ data: new Uint8Array() })).toBe(true);
  expect(isRecorded({ sequence: sequence + 1_000, data: new Uint8Array() })).toBe(false);
  expect(isRecorded({ account: toAccount("AL-SPOC") })).toBe(false);
  expect(ledger.state.parties.has(AgencyId.parse("AL-CUSTOMS"))).toBe(true);
});

describe("what follows from a message that comes again", () => {
  test("its answer, and a copy for each who has not acknowledged it and still may", async () => {
    const own = await startTestLedger(world);
    const sent = await world.message("AL-SPOC", ["RS-SPOC"], { copies: ["AL-CUSTOMS"] }, { text: "text" });
    const { parsed, body } = await record(own, sent.input);
    const first = listDeliveries(own.state, parsed, body);
    const again = () => listRepeated(own.state, parsed, body);
    expect(again()).toHaveLength(3);
    // Byte for byte what the broker has lost: who has it already knows it again.
    expect(new Set(again().map(toText))).toEqual(new Set(first.map(toText)));
    const acknowledgement = { kind: "acknowledgement", status: "received", purpose: undefined } as const;
    const replied = { ...acknowledgement, re: sent.ref, thread: sent.ref.id };
    await own.append(await world.message("RS-SPOC", ["AL-SPOC"], replied));
    expect(again().map(({ kind, recipient }) => [kind, recipient])).toEqual([
      ["copy", toAccount("AL-CUSTOMS")],
      ["decision", toAccount("AL-SPOC")],
    ]);
    await own.append(await world.statement("AL", toAgency("AL-CUSTOMS", { version: 2, status: "revoked" })));
    expect(again().map(({ kind }) => kind)).toEqual(["decision"]);
  });

  test.each([
    ["erase", ["decision"]],
    ["rectify", ["copy", "decision"]],
  ])("of what its sender has corrected by %s: %j", async (action, kinds) => {
    const own = await startTestLedger(world);
    const sent = await world.message("AL-SPOC", ["RS-SPOC"], {}, { text: "text" });
    const { parsed, body } = await record(own, sent.input);
    const marked = { action, classification: "unclassified", re: sent.ref, thread: sent.ref.id };
    const correction = await world.message("AL-SPOC", ["RS-SPOC"], { kind: "correction", ...marked });
    expect((await own.append(correction)).map(toWord)).toEqual(["permitted"]);
    expect(listRepeated(own.state, parsed, body).map(({ kind }) => kind)).toEqual(kinds);
  });

  test("nothing but the answer where its time is over, or where it was denied", async () => {
    const own = await startTestLedger(world);
    const deleteBy = own.state.head.at + 100;
    const kept = await world.message("AL-SPOC", ["RS-SPOC"], { deleteBy }, { text: "text" });
    const { parsed, body } = await record(own, kept.input);
    expect(listRepeated(own.state, parsed, body).map(({ kind }) => kind)).toEqual(["copy", "decision"]);
    own.state.head = { ...own.state.head, at: deleteBy };
    expect(listRepeated(own.state, parsed, body).map(({ kind }) => kind)).toEqual(["decision"]);
    const denied = await world.message(
      "AL-SPOC",
      ["RS-SPOC"],
      { classification: "secret" },
      { text: "text" },
    );
    const refused = await record(own, denied.input);
    expect(listRepeated(own.state, refused.parsed, refused.body).map(({ kind }) => kind)).toEqual([
      "decision",
    ]);
  });

  const toText = ({ recipient, kind, sender, id, payload }: Delivery): string =>
    [recipient, kind, sender, id, new TextDecoder().decode(payload)].join(" ");
});
