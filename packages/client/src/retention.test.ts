import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { MessageRef } from "@leix/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type AgencyName, createTestExchange, PATIENCE, type TestExchange } from "./exchange.testkit.ts";
import { readPayload } from "./forge.testkit.ts";
import { emptyInboxes, openTestNode, type TestNode, WAIT_MS } from "./node.testkit.ts";
import type { AgencyNode } from "./node.ts";
import { OFFICER, toAgencies } from "./party.testkit.ts";

vi.setConfig(PATIENCE);

const DAY = 86_400;

let exchange: TestExchange;
let sender: TestNode;
let receiver: TestNode;
beforeAll(async () => {
  exchange = await createTestExchange();
});
afterAll(() => exchange[Symbol.asyncDispose]());
beforeEach(async () => {
  emptyInboxes(exchange);
  const open = (agency: AgencyName) => openTestNode(exchange, agency);
  [sender, receiver] = await Promise.all([open("AL-CUSTOMS"), open("RS-FIU")]);
  void sender.start();
  void receiver.start();
  return async () => {
    await Promise.all([sender.stop(), receiver.stop()]);
  };
});

type Draft = Parameters<AgencyNode["send"]>[0];

function tell(text: string, changes: object = {}): Draft {
  return {
    ...{ kind: "notification", to: toAgencies("RS-FIU"), purpose: "investigation", officer: OFFICER },
    ...{ crime: "drug-trafficking", handling: "H0", classification: "unclassified" },
    body: { text, relevance: "It is near." },
    ...changes,
  } as Draft;
}

/** Sends a message that the other node receives, and gives its ciphertext. */
async function deliver(draft: Draft): Promise<{ readonly ref: MessageRef; readonly ciphertext: string }> {
  const { ref } = await sender.node.send(draft);
  expect((await sender.node.waitForDecision(ref, WAIT_MS)).status).toBe("permitted");
  await receiver.log.until("message.received", ({ messageId }) => messageId === ref.id);
  const database = new DatabaseSync(join(receiver.folder, "node.sqlite"), { readOnly: true });
  const row = database.prepare("SELECT payload FROM inbox WHERE id = ? AND kind = 'copy'").get(ref.id);
  database.close();
  const { body } = readPayload({ payload: row?.payload } as Parameters<typeof readPayload>[0]);
  const ciphertext = String(body.ciphertext);
  expect(await isOnDisk(receiver, ciphertext)).toBe(true);
  return { ref, ciphertext };
}

function read({ node }: TestNode, ref: MessageRef): Promise<unknown> {
  const found = node.archive.find(ref.id);
  if (found.direction !== "received") throw new Error("not received");
  return node.archive.read(found);
}

/** Whether any part of a text is in the store's files, as they lie on the disk: in pages, so in parts. */
async function isOnDisk({ folder }: TestNode, text: string): Promise<boolean> {
  const parts = Array.from({ length: Math.floor(text.length / 100) }, (_, i) =>
    text.slice(i * 100, i * 100 + 100),
  );
  const files = await Promise.all(
    ["", "-wal"].map((end) => readFile(join(folder, `node.sqlite${end}`)).catch(() => Buffer.alloc(0))),
  );
  return files.some((bytes) => parts.some((part) => bytes.includes(part)));
}

describe("a text whose time is over", () => {
  test("is read until then; afterwards it is neither read nor there", async () => {
    const deleteBy = Math.floor(exchange.nowMs / 1_000) + DAY;
    const { ref, ciphertext } = await deliver(tell("x".repeat(20_000), { deleteBy }));
    expect(await read(receiver, ref)).toMatchObject({ text: expect.stringContaining("xxx") });

    exchange.nowMs += DAY * 1_000;
    await expect(read(receiver, ref)).rejects.toMatchObject({ code: "client/retention-ended" });
    expect(await isOnDisk(receiver, ciphertext)).toBe(false);
    expect(receiver.node.archive.find(ref.id)).toMatchObject({ status: "accepted", claims: { deleteBy } });
    expect(receiver.node.explain(ref.id).status).toBe("accepted");
  });

  test("is erased by the node itself when it starts, whether anyone reads it or not", async () => {
    const deleteBy = Math.floor(exchange.nowMs / 1_000) + DAY;
    const { ref, ciphertext } = await deliver(tell("y".repeat(20_000), { deleteBy }));
    await receiver.stop();
    exchange.nowMs += DAY * 1_000;
    await using again = await openTestNode(exchange, "RS-FIU", receiver);
    void again.start();
    const erased = { kind: "message.erased", messageId: ref.id, why: "retention-ended" };
    expect(await again.log.until("message.erased", ({ messageId }) => messageId === ref.id)).toEqual(erased);
    await expect(read(again, ref)).rejects.toMatchObject({ code: "client/retention-ended" });
    expect(await isOnDisk(again, ciphertext)).toBe(false);
  });
});

describe("an officer's word", () => {
  const acknowledge = async (ref: MessageRef, word: "read" | "erased" | "rectified") => {
    const sent = await receiver.node.acknowledge(ref, word, OFFICER);
    return receiver.node.waitForDecision(sent.ref, WAIT_MS);
  };

  test("that it is erased takes the text out of the store, for ever, before it is said", async () => {
    const { ref, ciphertext } = await deliver(tell("z".repeat(20_000)));
    expect(await acknowledge(ref, "erased")).toMatchObject({
      status: "permitted",
      claims: { kind: "acknowledgement", status: "erased", officer: { role: "officer" } },
    });
    await expect(read(receiver, ref)).rejects.toMatchObject({ code: "client/erased" });
    expect(await isOnDisk(receiver, ciphertext)).toBe(false);
    const isSaid = () =>
      sender.node.archive.listAcknowledgements(ref).some(({ status }) => status === "erased");
    await sender.log.until("message.received", isSaid);
    // Said twice, it is true twice.
    expect(await acknowledge(ref, "erased")).toMatchObject({ status: "permitted" });
  });

  test("over a correction is over what that corrects", async () => {
    const { ref, ciphertext } = await deliver(tell("w".repeat(20_000)));
    const changes = { kind: "correction", action: "erase", re: ref, body: { text: "Not him. ".repeat(50) } };
    const correction = await deliver(tell("", changes));
    const isOwed = () => receiver.node.archive.listDuties().filter(({ subject }) => subject.id === ref.id);
    expect(isOwed()).toMatchObject([{ duty: "erase", state: "open", due: expect.any(Number) }]);
    await acknowledge(correction.ref, "erased");
    expect(isOwed()).toMatchObject([{ state: "done" }]);
    expect(await isOnDisk(receiver, ciphertext)).toBe(false);
    expect(await read(receiver, correction.ref)).toMatchObject({ text: expect.stringContaining("Not him.") });
  });

  test("is not given while another process still reads what was erased", async () => {
    const { ref } = await deliver(tell("u".repeat(2_000)));
    const other = new DatabaseSync(join(receiver.folder, "node.sqlite"), { readOnly: true });
    other.exec("BEGIN; SELECT count(*) FROM inbox;");
    const before = receiver.node.archive.listSent().length;
    const saying = receiver.node.acknowledge(ref, "erased", OFFICER);
    await expect(saying).rejects.toMatchObject({ code: "client/store-unusable" });
    expect(receiver.node.archive.listSent()).toHaveLength(before);
    other.close();
    expect(await acknowledge(ref, "erased")).toMatchObject({ status: "permitted" });
  });

  test("of anything else leaves the text as it is", async () => {
    const { ref } = await deliver(tell("here ".repeat(50)));
    await acknowledge(ref, "read");
    await acknowledge(ref, "rectified");
    expect(await read(receiver, ref)).toMatchObject({ text: expect.stringContaining("here") });
  });

  test("of what was never received is an error, and nothing is said", async () => {
    const { ref } = await deliver(tell("mine ".repeat(50)));
    const before = sender.node.archive.listSent().length;
    const saying = sender.node.acknowledge(ref, "erased", OFFICER);
    await expect(saying).rejects.toMatchObject({ code: "client/not-found" });
    expect(sender.node.archive.listSent()).toHaveLength(before);
  });
});

test("what is delivered again after it was erased stays erased", async () => {
  const { ref } = await deliver(tell("v".repeat(2_000)));
  const copy = exchange.connect("RS-FIU").inbox;
  await receiver.node.acknowledge(ref, "erased", OFFICER);
  const again = {
    kind: "copy",
    sender: exchange.accountOf("AL-CUSTOMS"),
    id: ref.id,
    payload: new Uint8Array([1]),
  };
  copy.add({ ...again, acknowledge: () => undefined });
  const { ref: next } = await deliver(tell("after it ".repeat(50)));
  expect(next.id).not.toBe(ref.id);
  await expect(read(receiver, ref)).rejects.toMatchObject({ code: "client/erased" });
});
