import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { createTestExchange, PATIENCE, type TestExchange } from "./exchange.testkit.ts";
import { emptyInboxes, openTestNode, WAIT_MS } from "./node.testkit.ts";
import { createRequest, openTestParty } from "./party.testkit.ts";
import { toReceipt } from "./receipts.ts";

vi.setConfig(PATIENCE);

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await createTestExchange();
});
afterAll(() => exchange[Symbol.asyncDispose]());
beforeEach(() => emptyInboxes(exchange));

test("what was acknowledged, and only that, with all that a ledger knows it by", async () => {
  using party = await openTestParty(exchange, "AL-CUSTOMS");
  const { outbox } = party.store;
  const [first, second] = [
    await party.append(createRequest(["RS-FIU"])),
    await party.append(createRequest(["RS-FIU"])),
  ];
  expect([outbox.listReceived(), outbox.listHeld(1, 9)]).toEqual([[], []]);
  const toHeld = ({ seq, digest, rawDigest, token, envelope }: typeof first) => {
    return { seq, digest, rawDigest, token, input: envelope };
  };
  outbox.markReceived(second.id, exchange.nowMs + 5);
  expect(outbox.listHeld(1, 9)).toEqual([first, second].map(toHeld));
  expect(outbox.listHeld(2, 2)).toEqual([toHeld(second)]);
  const receipts = outbox.listReceived().map((row) => toReceipt(row, party.identity));
  expect(receipts).toEqual([
    {
      ref: { iss: "AL-CUSTOMS", id: second.id, digest: second.digest },
      ...{ seq: first.seq + 1, kind: "request", rawDigest: second.rawDigest, status: "received" },
      ...{ storedMs: exchange.nowMs, receivedMs: exchange.nowMs + 5 },
    },
  ]);
});

test("once it is decided, with the decision that the agency was given", async () => {
  await using sender = await openTestNode(exchange, "AL-CUSTOMS");
  void sender.start();
  const { ref } = await sender.node.send(createRequest(["RS-FIU"]));
  const { decision } = await sender.node.waitForDecision(ref, WAIT_MS);
  const told = { index: decision?.content.index, decision: decision?.jws.digest };
  expect(told.decision).toHaveLength(43);
  expect(sender.node.archive.listReceipts()).toMatchObject([{ ref, status: "permitted", told }]);
  const [held] = sender.node.archive.listHeld(1, 1);
  expect(held).toMatchObject({ seq: 1, digest: ref.digest, decision: expect.any(String) });
  expect(held?.input).toBeUndefined();
});
