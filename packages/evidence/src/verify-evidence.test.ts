import {
  createInputs,
  NOW,
  type TestLedger,
  toAgency,
  toAuthority,
  toRegisteredKey,
} from "@leix/exchange/testkit";
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

const UNPROVEN = ["newest-statements", "unchanged-since", "facts", "person", "times"];

describe("evidence of a message that was let through", () => {
  test("proves signature, place, decision, rules and receipt, and says what it does not prove", async () => {
    const { ledger, evidence, sent } = await createTreatedMessage("who owns the lorry");
    const found = await verifyEvidence(encodeEvidence(evidence), ledger.world.trust);
    expect(listWhat(found, "proven")).toEqual([
      ...["message-signed", "message-recorded", "decided", "rules-applied", "acknowledged", "in-ledger"],
      "statements-signed",
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

describe("keys and standing", () => {
  /** Of a ledger's records, the one that holds the statement about a party in this version. */
  function findStatement({ records }: TestLedger, subject: string, version = 1): number {
    return records.findIndex((bytes) => {
      const record = parseRecord(bytes);
      if (record.kind !== "statement") return false;
      const { statement } = record;
      return statement.subject === subject && statement.kind !== "clearance" && statement.version === version;
    });
  }

  async function find(ledger: TestLedger, id: string, what: string, checkpoint?: string) {
    const evidence = await collect(ledger, id, checkpoint);
    const found = await verifyEvidence(encodeEvidence(evidence), ledger.world.trust);
    expect(found).toMatchObject({ isProven: true });
    return found.isProven ? found.findings.find((one) => one.what === what) : undefined;
  }

  test("every key that was relied on is told with the statement that registered it", async () => {
    const { ledger, sent } = await createTreatedMessage(undefined, true);
    const witness = { agency: "RS-FIU", at: NOW + 60 };
    const checkpoint = await signCheckpoint(ledger, { witness });
    const under = (what: string) => find(ledger, sent.ref.id, what, checkpoint);
    const [sender, anchor] = [findStatement(ledger, "AL-SPOC"), { index: 0, by: "anchor" }];
    expect(await under("message-signed")).toMatchObject({
      ...{ kid: sent.jws.header.kid, registered: { index: sender, by: "AL" } },
    });
    expect(await under("decided")).toMatchObject({ kid: toRegisteredKey("policy").kid, registered: anchor });
    expect(await under("acknowledged")).toMatchObject({
      registered: { index: findStatement(ledger, "RS-SPOC"), by: "RS" },
    });
    expect(await under("in-ledger")).toMatchObject({
      ...{ kid: toRegisteredKey("ledger").kid },
      registered: { index: findStatement(ledger, "ledger"), by: "anchor" },
    });
    const appointed = { index: findStatement(ledger, "RS-FIU", 2), by: "RS" };
    expect(await under("witnessed")).toMatchObject({ witnesses: [{ registered: appointed }] });
    const signers = ["anchor", "policy", "AL", "RS", "AL-SPOC", "RS-SPOC"].map((party) => ({ party }));
    expect(await under("statements-signed")).toMatchObject({ signers });
  });

  test("who was suspended or revoked since, and which key was withdrawn, is told", async () => {
    const { ledger, sent } = await createTreatedMessage();
    expect(await find(ledger, sent.ref.id, "ended-since")).toBeUndefined();
    const { world } = ledger;
    const keys = [toRegisteredKey("spare-p256")];
    await ledger.append(await world.statement("RS", toAgency("RS-SPOC", { version: 2, keys })));
    await ledger.append(
      await world.statement("AL", toAgency("AL-SPOC", { version: 2, status: "suspended" })),
    );
    const message = findStatement(ledger, "RS-SPOC", 2) - 2;
    expect(await find(ledger, sent.ref.id, "ended-since")).toMatchObject({
      message,
      ended: [
        { party: "AL-SPOC", how: "suspended", index: message + 3 },
        { party: "RS-SPOC", how: "key-withdrawn", index: message + 2 },
      ],
    });
  });

  test("an authority that signed the rules and was suspended before the message is told", async () => {
    const ledger = await startSignedLedger();
    const { world } = ledger;
    const suspended = toAuthority("RS", { status: "suspended", version: 2 });
    await ledger.append(await world.statement("anchor", suspended));
    const sent = await world.message("AL-CUSTOMS", ["AL-SPOC"], { classification: "unclassified" });
    await ledger.append(sent);
    expect(await find(ledger, sent.ref.id, "rules-applied")).toMatchObject({ signedBy: ["AL", "RS"] });
    const index = findStatement(ledger, "RS", 2);
    expect(await find(ledger, sent.ref.id, "ended-since")).toMatchObject({
      ...{ message: index + 1, ended: [{ party: "RS", how: "suspended", index }] },
    });
  });

  test("a ledger service that is active no more signs nothing", async () => {
    const { ledger, sent } = await createTreatedMessage();
    const { world } = ledger;
    const checkpoint = await signCheckpoint(ledger);
    const evidence = await collect(ledger, sent.ref.id, checkpoint);
    const ended = { kind: "service", subject: "ledger", status: "revoked", version: 2 } as const;
    await ledger.append(await world.statement("anchor", { ...ended, keys: [toRegisteredKey("ledger")] }));
    const later = await collect(ledger, sent.ref.id);
    expect(await verifyEvidence(encodeEvidence(evidence), world.trust)).toMatchObject({ isProven: true });
    expect(await verifyEvidence(encodeEvidence(later), world.trust)).toMatchObject({
      ...{ part: "checkpoint", code: "identity/party-not-active" },
    });
  });
});

describe("an acknowledgement that says the message was of no use", () => {
  test("is told, and is no delivery until another word follows", async () => {
    const { ledger, sent } = await createTreatedMessage();
    const { world } = ledger;
    const verify = async () => {
      return verifyEvidence(encodeEvidence(await collect(ledger, sent.ref.id)), world.trust);
    };
    await ledger.append(await acknowledge(world, "RS-FIU", sent.ref, "undecryptable"));
    const reported = await verify();
    expect(listWhat(reported, "not-proven")).not.toContain("delivery");
    expect(reported).toMatchObject({
      findings: expect.arrayContaining([
        expect.objectContaining({ what: "acknowledged", agency: "RS-FIU", status: "undecryptable" }),
        {
          ...{ kind: "not-proven", what: "usable" },
          reports: [{ agency: "RS-FIU", status: "undecryptable" }],
        },
      ]),
    });
    await ledger.append(await acknowledge(world, "RS-FIU", sent.ref));
    expect(listWhat(await verify(), "not-proven")).not.toContain("usable");
  });
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
      ...{ part: "checkpoint", code: "identity/party-not-active" },
    });
  });
});
