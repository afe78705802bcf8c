import { encodeCanonicalBytes, toDigest } from "@leix/protocol";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { createTestExchange, PATIENCE, type TestExchange } from "./exchange.testkit.ts";
import { forgeFlood } from "./forge.testkit.ts";
import { emptyInboxes, openTestNode, WAIT_MS } from "./node.testkit.ts";
import { createRequest } from "./party.testkit.ts";

vi.setConfig(PATIENCE);

const DAY_MS = 86_400_000;

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await createTestExchange();
});
afterAll(() => exchange[Symbol.asyncDispose]());
beforeEach(() => emptyInboxes(exchange));

test("a notice is kept, told once, explained, and acknowledged to the broker alone", async () => {
  await using sender = await openTestNode(exchange, "AL-CUSTOMS");
  void sender.start();
  const { ref } = await sender.node.send(createRequest(["RS-FIU"]));
  await sender.node.waitForDecision(ref, WAIT_MS);
  exchange.nowMs += 30 * DAY_MS;
  await exchange.tick();
  const told = await sender.log.until("notice.received");
  const ledgerIndex = exchange.records.length - 1;
  expect(told).toEqual({
    ...{ kind: "notice.received", notice: "overdue", rule: "P08", messageId: ref.id, ledgerIndex },
  });
  const [stored, ...more] = sender.node.archive.listNotices();
  expect([stored, more]).toMatchObject([
    { ledgerIndex, at: exchange.nowMs / 1_000, notice: { about: ref, by: "RS-FIU", to: "AL-CUSTOMS" } },
    [],
  ]);
  expect(sender.node.explain(ref.id).notices).toMatchObject([
    { ledgerIndex, notice: { notice: "overdue" }, text: { title: "Deadline: profile of 2023" } },
  ]);
  expect(sender.post.acknowledged.filter((one) => one.startsWith("notice"))).toHaveLength(1);
  expect(sender.node.archive.listSent().map(({ claims }) => claims.kind)).toEqual(["request"]);
});

test("a notice that is delivered again, or to a node that is started again, is there once", async () => {
  await using first = await openTestNode(exchange, "AL-CUSTOMS");
  const { ref } = await first.node.send(createRequest(["RS-FIU"]));
  exchange.nowMs += 30 * DAY_MS;
  await exchange.tick();
  const [notice] = first.post.inbox.takeAll().filter(({ kind }) => kind === "notice");
  if (!notice) throw new Error("nobody was told");
  first.post.inbox.add(notice, notice);
  void first.start();
  await first.log.until("notice.received");
  await first.stop();
  await using again = await openTestNode(exchange, "AL-CUSTOMS", first);
  again.post.inbox.add(notice, { ...notice, id: "other", payload: new Uint8Array([1]) });
  void again.start();
  expect(await again.log.until("notice.refused")).toMatchObject({ id: "other", code: "input/not-json" });
  const about = again.node.archive.listNotices().filter((one) => one.notice.about.id === ref.id);
  expect(about).toHaveLength(1);
  expect(again.log.events.filter(({ kind }) => kind === "notice.received")).toEqual([]);
});

test("a proposal to suspend a party of its country is told once and kept", async () => {
  await using spoc = await openTestNode(exchange, "RS-SPOC");
  const input = { sequence: 7, digest: toDigest("garbage"), code: "input/not-json" } as const;
  const decision = await forgeFlood(exchange, "RS-FIU", [input], { suspend: "RS-FIU", to: "RS-SPOC" });
  const sender = exchange.accountOf("RS-FIU");
  const payload = encodeCanonicalBytes({ decision });
  const acknowledge = () => undefined;
  const notice = { kind: "notice", sender, id: toDigest(decision), payload, acknowledge } as const;
  spoc.post.inbox.add(notice, notice);
  void spoc.start();
  const ledgerIndex = exchange.records.length;
  const told = { kind: "suspension.proposed", party: "RS-FIU", ledgerIndex };
  expect(await spoc.log.until("suspension.proposed")).toEqual(told);
  expect(spoc.node.archive.listProposals()).toMatchObject([
    { ledgerIndex, proposal: { suspend: "RS-FIU", to: "RS-SPOC" } },
  ]);
  expect(spoc.node.archive.listNotices().filter((one) => one.ledgerIndex === ledgerIndex)).toEqual([]);
});
