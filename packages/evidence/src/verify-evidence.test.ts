import { createInputs, NOW, type TestLedger, toAgency, toRegisteredKey } from "@leix/exchange/testkit";
import { encodeRecord, parseRecord } from "@leix/protocol";
import { describe, expect, test, vi } from "vitest";
import {
  acknowledge,
  appointWitness,
  collect,
  createTreatedMessage,
  signCheckpoint,
  signLedgerService,
  startSignedLedger,
} from "./evidence.testkit.ts";
import { encodeEvidence } from "./evidence.ts";
import { type Verification, verifyEvidence } from "./verify-evidence.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

function listWhat(found: Verification, kind: "proven" | "not-proven"): string[] {
  expect(found).toMatchObject({ isProven: true });
  if (!found.isProven) return [];
  return found.findings.filter((one) => one.kind === kind).map(({ what }) => what);
}

const UNPROVEN = ["newest-statements", "facts", "person"];

describe("evidence of a message that was let through", () => {
  test("proves signature, place, decision, rules and receipt, and says what it does not prove", async () => {
    const { ledger, evidence, sent } = await createTreatedMessage("who owns the lorry");
    const found = await verifyEvidence(encodeEvidence(evidence), ledger.world.trust);
    expect(listWhat(found, "proven")).toEqual([
      ...["message-signed", "message-recorded", "decided", "rules-applied", "in-ledger", "acknowledged"],
    ]);
    expect(listWhat(found, "not-proven")).toEqual([...UNPROVEN, "delivery", "single-history", "body-absent"]);
    expect(found).toMatchObject({
      message: sent.ref,
      findings: expect.arrayContaining([
        expect.objectContaining({ what: "message-signed", agency: "AL-SPOC", to: ["RS-SPOC", "RS-FIU"] }),
        expect.objectContaining({ what: "message-recorded", index: ledger.records.length - 2 }),
        expect.objectContaining({ what: "decided", outcome: "permitted" }),
        expect.objectContaining({ what: "rules-applied", version: 1, signedBy: ["AL", "RS"] }),
        expect.objectContaining({
          what: "in-ledger",
          size: ledger.records.length,
          origin: "test.example/ledger",
        }),
        expect.objectContaining({ what: "acknowledged", agency: "RS-SPOC", status: "received" }),
        { kind: "not-proven", what: "delivery", agencies: ["RS-FIU"] },
      ]),
    });
  });

  test("holds nothing of others: no clearance, no stranger to the message", async () => {
    const { evidence } = await createTreatedMessage();
    const statements = evidence.statements.map(({ record }) => {
      const parsed = parseRecord(encodeRecord(record));
      return parsed.kind === "statement" ? parsed.statement : undefined;
    });
    const agencies = statements.filter((one) => one?.kind === "agency").map((one) => one?.subject);
    expect(agencies).toEqual(["AL-SPOC", "RS-SPOC", "RS-FIU"]);
    expect(statements.map((one) => one?.kind)).not.toContain("clearance");
  });
});

describe("every message of a history, however it was decided", () => {
  async function createHistory(): Promise<TestLedger> {
    const ledger = await startSignedLedger();
    await ledger.appendInputs(await createInputs(ledger.world));
    await ledger.append(await ledger.world.message("AL-CUSTOMS", ["RS-FIU"], { copies: ["RS-SPOC"] }));
    return ledger;
  }

  test("is proven, and the rules give again what was decided", async () => {
    const ledger = await createHistory();
    const checkpoint = await signCheckpoint(ledger);
    const outcomes = new Set<string>();
    for (const bytes of ledger.records) {
      const record = parseRecord(bytes);
      if (record.kind !== "message") continue;
      const evidence = await collect(ledger, record.claims.id, checkpoint).catch((error) => error.code);
      if (evidence === "client/id-ambiguous") continue;
      const found = await verifyEvidence(encodeEvidence(evidence), ledger.world.trust);
      expect([record.claims.kind, found]).toMatchObject([record.claims.kind, { isProven: true }]);
      expect(listWhat(found, "proven")).toContain("rules-applied");
      outcomes.add(`${record.claims.kind} ${record.decision.outcome}`);
    }
    expect([...outcomes].length).toBeGreaterThan(6);
    expect([...outcomes].join()).toContain("denied");
  });
});

describe("keys that were replaced", () => {
  test("before the message and after it: each record is judged by the keys of its place", async () => {
    const ledger = await startSignedLedger();
    const { world } = ledger;
    const [early, late] = [
      await world.message("AL-CUSTOMS", ["RS-FIU"], { classification: "unclassified" }),
      await world.message(
        "AL-CUSTOMS",
        ["RS-FIU"],
        { classification: "unclassified" },
        { key: "spare-p256" },
      ),
    ];
    await ledger.append(early);
    const keys = [toRegisteredKey("spare-p256")];
    await ledger.append(await world.statement("AL", toAgency("AL-CUSTOMS", { version: 2, keys })));
    await ledger.append(late, await signLedgerService(world, "spare", 2));
    const policy = { kind: "service", subject: "policy", status: "active", version: 1 } as const;
    const next = await world.statement("anchor", { ...policy, keys: [toRegisteredKey("policy-next")] });
    await ledger.appendInputs([next.input], undefined, "policy-next");
    const last = await world.message("AL-SPOC", ["RS-SPOC"], { classification: "unclassified" });
    await ledger.appendInputs([last.input], undefined, "policy-next");
    const checkpoint = await signCheckpoint(ledger, { key: "spare" });
    for (const { ref } of [early, late, last]) {
      const bytes = encodeEvidence(await collect(ledger, ref.id, checkpoint));
      expect(await verifyEvidence(bytes, world.trust)).toMatchObject({ isProven: true, message: ref });
    }
  });
});

test("only what a checkpoint covers is in evidence under it", async () => {
  const { ledger, sent } = await createTreatedMessage();
  const checkpoint = await signCheckpoint(ledger, { size: ledger.records.length - 1 });
  await ledger.append(await acknowledge(ledger.world, "RS-FIU", sent.ref));
  const evidence = await collect(ledger, sent.ref.id, checkpoint);
  expect(evidence.acknowledgements).toEqual([]);
  const found = await verifyEvidence(encodeEvidence(evidence), ledger.world.trust);
  expect(listWhat(found, "proven")).not.toContain("acknowledged");
});

describe("witnesses", () => {
  test("are counted, with the time that each names", async () => {
    const { ledger, evidence } = await createTreatedMessage(undefined, true);
    const found = await verifyEvidence(encodeEvidence(evidence), ledger.world.trust);
    expect(listWhat(found, "proven")).toContain("witnessed");
    expect(listWhat(found, "not-proven")).not.toContain("single-history");
    const [one] = found.isProven ? found.findings.filter(({ what }) => what === "witnessed") : [];
    expect(one).toMatchObject({ quorum: 0, witnesses: [{ agency: "RS-FIU", at: NOW + 60 }] });
  });

  test("whose key was not valid then, or who is one no more, are none", async () => {
    const { ledger, evidence, sent } = await createTreatedMessage(undefined, true);
    const under = async (at: number) => {
      const checkpoint = await signCheckpoint(ledger, { witness: { agency: "RS-FIU", at } });
      return verifyEvidence(encodeEvidence({ ...evidence, checkpoint }), ledger.world.trust);
    };
    expect(await under(NOW)).toMatchObject({ isProven: true });
    expect(await under(NOW - 1)).toMatchObject({ part: "checkpoint", code: "jws/key-not-valid" });
    expect(await under(NOW + 1_000 * 86_400)).toMatchObject({
      part: "checkpoint",
      code: "jws/key-not-valid",
    });
    await appointWitness(ledger, { version: 3, status: "revoked" });
    const checkpoint = await signCheckpoint(ledger, { witness: { agency: "RS-FIU", at: NOW } });
    const revoked = await collect(ledger, sent.ref.id, checkpoint);
    expect(revoked.checkpoint).not.toContain("witness");
    expect(
      await verifyEvidence(encodeEvidence({ ...revoked, checkpoint }), ledger.world.trust),
    ).toMatchObject({
      ...{ part: "checkpoint", code: "evidence/missing" },
    });
  });
});
