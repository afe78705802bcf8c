import {
  AgencyId,
  openDecision,
  parseNoticeCopy,
  parseRecord,
  presentToRecipient,
  presentToSender,
} from "@leix/protocol";
import { expect, test, vi } from "vitest";
import { listDeliveries, listReplies } from "./deliveries.ts";
import { nextDue } from "./duties.ts";
import { createScene, type Scene } from "./scene.testkit.ts";
import { NOW, toAccount } from "./world.testkit.ts";

/** Every test starts a ledger of its own. */
vi.setConfig({ testTimeout: 60_000 });

function readLast({ ledger }: Scene) {
  const record = parseRecord(ledger.records.at(-1) ?? new Uint8Array());
  const deliveries = listDeliveries(ledger.state, record, undefined);
  const notices = deliveries.filter(({ kind }) => kind === "notice");
  const opened = notices.map(({ payload }) => openDecision(parseNoticeCopy(payload).decision));
  return { record, deliveries, notices, opened };
}

test("a message's notices: to each that is told, all that is for it and nothing else", async () => {
  const scene = await createScene();
  const { send, reply } = scene;
  const told = await send("AL-SPOC", ["RS-SPOC"], { kind: "notification" });
  const consent = await send("AL-SPOC", ["RS-SPOC"], {
    kind: "consent",
    grant: {
      ...{ of: told.ref, recipients: ["RS-FIU"], purposes: ["investigation"] },
      ...{ permits: ["forward"], until: NOW + 9 },
    },
  });
  const use = { kind: "notification", derivedFrom: [told.ref], consents: [consent.ref] };
  const passed = [await send("RS-SPOC", ["RS-FIU"], use), await send("RS-SPOC", ["RS-FIU"], use)];
  const correction = await reply("AL-SPOC", ["AL-CUSTOMS"], "correction", told.ref, { action: "erase" });
  const { deliveries, notices, opened, record } = readLast(scene);
  expect(deliveries.map(({ kind }) => kind)).toEqual(["copy", "notice", "notice", "decision"]);
  const named = { sender: toAccount("AL-SPOC"), id: correction.ref.id };
  expect(notices).toMatchObject([
    { ...named, recipient: toAccount("RS-SPOC") },
    { ...named, recipient: toAccount("RS-FIU") },
  ]);
  expect(opened.map((one) => one.notices.map(({ to, notice, held }) => [to, notice, held?.id]))).toEqual([
    [["RS-SPOC", "erase", told.ref.id]],
    passed.map(({ ref }) => ["RS-FIU", "erase", ref.id]),
  ]);
  for (const one of opened) {
    expect([one.recipients, one.grounds, one.markings, one.outcome]).toEqual([[], [], undefined, undefined]);
    expect(one.jws.token).toBe(record.decision.jws.token);
  }
});

test("who corrects, and who is corrected, cannot count who holds what it was passed on as", async () => {
  const count = async (hops: number) => {
    const scene = await createScene();
    const { send, reply } = scene;
    const told = await send("AL-SPOC", ["RS-SPOC"], { kind: "notification" });
    const grant = { of: told.ref, recipients: ["RS-FIU"], purposes: ["investigation"], permits: ["forward"] };
    const consent = await send("AL-SPOC", ["RS-SPOC"], {
      kind: "consent",
      grant: { ...grant, until: NOW + 9 },
    });
    const use = { kind: "notification", derivedFrom: [told.ref], consents: [consent.ref] };
    for (let hop = 0; hop < hops; hop++) await send("RS-SPOC", ["RS-FIU"], use);
    await reply("AL-SPOC", ["RS-SPOC"], "correction", told.ref, { action: "erase" });
    const { record, deliveries, opened } = readLast(scene);
    const { decision } = record;
    const shown = [presentToSender(decision), presentToRecipient(decision, AgencyId.parse("RS-SPOC"))];
    expect(opened).toHaveLength(hops === 0 ? 0 : 1);
    expect(deliveries.filter(({ kind }) => kind === "notice")).toHaveLength(opened.length);
    return shown.map((text) => {
      const { content, notices, disclosures } = openDecision(text);
      expect(notices).toEqual([]);
      expect(disclosures.map(({ value }) => value)).not.toContain(null);
      return content.kind === "message" && content.notices.length;
    });
  };
  expect(await count(0)).toEqual([16, 16]);
  expect(await count(2)).toEqual([16, 16]);
});

test("an event's notices are under its decision's digest, and nobody gets an answer", async () => {
  const scene = await createScene();
  const { ref } = await scene.send("AL-CUSTOMS", ["RS-FIU"], {});
  await scene.tick(nextDue(scene.ledger.state) ?? 0);
  const { record, deliveries, notices, opened } = readLast(scene);
  const told = ["RS-FIU", "AL-CUSTOMS", "RS-SPOC", "AL-SPOC"];
  const { digest } = record.decision.jws;
  expect(deliveries).toEqual(notices);
  expect(notices.map(({ recipient, sender, id }) => [recipient, sender, id])).toEqual(
    told.map((agency) => [toAccount(agency), toAccount("CLOCK"), digest]),
  );
  expect(opened.map((one) => one.notices.map(({ to, about }) => [to, about.id]))).toEqual(
    told.map((to) => [[to, ref.id]]),
  );
  expect(opened.flatMap((one) => one.overdue)).toEqual([]);
  expect(listReplies(record)).toEqual([]);
});
