import { join } from "node:path";
import { type Claims, parseEnvelope, parseJws, verifyJws } from "@leix/protocol";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createChain } from "./chain.ts";
import { createTestExchange, PATIENCE, type TestExchange } from "./exchange.testkit.ts";
import { createRequest, openTestParty, type TestParty } from "./party.testkit.ts";
import { openStore } from "./store.ts";

vi.setConfig(PATIENCE);

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await createTestExchange();
});
afterAll(() => exchange[Symbol.asyncDispose]());

/** Every message names the one before it, from 1 on without a gap. */
function expectWhole(party: TestParty, count: number): void {
  const sent = party.store.outbox.list();
  expect(sent.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
  const claims = sent.map(({ token }) => parseJws(token, "leix-message+jwt", 40_000).payload as Claims);
  expect(claims.map(({ seq }) => seq)).toEqual(sent.map(({ seq }) => seq));
  expect(claims.map(({ prev }) => prev)).toEqual([null, ...sent.map(({ digest }) => digest)].slice(0, count));
}

describe("the sender's chain", () => {
  test("is gapless however many messages are sent at once", async () => {
    using party = await openTestParty(exchange, "AL-CUSTOMS");
    await Promise.all(Array.from({ length: 12 }, () => party.append(createRequest(["RS-FIU"]))));
    expectWhole(party, 12);
  });

  test("is one chain for two processes that send at once", async () => {
    using party = await openTestParty(exchange, "AL-CUSTOMS");
    using store = openStore(join(party.folder, "node.sqlite"));
    const other = createChain(store, async () => party.identity.signingKey);
    const composed = await Promise.all(
      Array.from({ length: 12 }, () => party.compose(createRequest(["RS-FIU"]))),
    );
    await Promise.all(composed.map((one, i) => (i % 2 ? party.chain : other).append(one, exchange.nowMs)));
    expectWhole(party, 12);
  });

  test("is not broken by a message that cannot be signed", async () => {
    using party = await openTestParty(exchange, "AL-CUSTOMS");
    const { unplaced, body } = await party.compose(createRequest(["RS-FIU"]));
    const wrong = party.chain.append({ unplaced: { ...unplaced, purpose: "none" }, body }, exchange.nowMs);
    const right = party.append(createRequest(["RS-FIU"]));
    await expect(wrong).rejects.toMatchObject({ code: "input/schema" });
    await right;
    expectWhole(party, 1);
  });

  test("does not grow where what goes with the message is not needed any more", async () => {
    using party = await openTestParty(exchange, "AL-CUSTOMS");
    const composed = await party.compose(createRequest(["RS-FIU"]));
    expect(await party.chain.append(composed, exchange.nowMs, () => false)).toBeUndefined();
    expectWhole(party, 0);
  });

  test("keeps the very bytes that are sent, under the agency's key", async () => {
    using party = await openTestParty(exchange, "AL-CUSTOMS");
    const message = await party.append(createRequest(["RS-FIU"]));
    const envelope = party.store.outbox.getEnvelope(message.id);
    expect(envelope).toEqual(new Uint8Array(message.envelope));
    const { message: token } = parseEnvelope(envelope ?? new Uint8Array()) as { message: string };
    const jws = parseJws(token, "leix-message+jwt", 40_000);
    const known = party.membership.findKey(jws.header.kid);
    expect(known?.party).toBe("AL-CUSTOMS");
    if (known) await verifyJws(jws, known.key);
    expect(jws.digest).toBe(message.digest);
  });
});
