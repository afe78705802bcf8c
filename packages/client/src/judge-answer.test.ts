import { encodeCanonicalBytes, encodeUtf8, type KeyId } from "@leix/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createTestExchange, PATIENCE, type TestExchange } from "./exchange.testkit.ts";
import { alterPayload, forgeAnswer, forgeFlood, readPayload } from "./forge.testkit.ts";
import { type AnswerVerdict, judgeAnswer } from "./judge-answer.ts";
import { createRequest, exchangeMessage, openTestParty, type TestParty } from "./party.testkit.ts";
import type { InboxDelivery } from "./ports.ts";
import type { SignedMessage } from "./store/outbox.ts";

vi.setConfig(PATIENCE);

let exchange: TestExchange;
let sender: TestParty;
let receiver: TestParty;
let message: SignedMessage;
let answer: InboxDelivery;

beforeAll(async () => {
  exchange = await createTestExchange();
  sender = await openTestParty(exchange, "AL-CUSTOMS");
  receiver = await openTestParty(exchange, "RS-FIU");
});
beforeEach(async () => {
  ({ message, answer } = await exchangeMessage(exchange, sender, createRequest(["RS-FIU"]), receiver));
});
afterAll(async () => {
  sender[Symbol.dispose]();
  receiver[Symbol.dispose]();
  await exchange[Symbol.asyncDispose]();
});

const judge = ({ payload }: InboxDelivery, by = sender): Promise<AnswerVerdict> =>
  judgeAnswer(payload, { ...by, outbox: by.store.outbox });

describe("an answer as the exchange gives it", () => {
  test("a permit settles the message it is about", async () => {
    expect(await judge(answer)).toMatchObject({
      kind: "settles",
      sent: { id: message.id },
      settlement: { status: "permitted" },
      sighting: { index: exchange.records.length - 1 },
    });
  });

  test("a denial too, with its reasons", async () => {
    const denied = await sender.append(createRequest(["RS-FIU"], { officer: { name: "x", role: "node" } }));
    await exchange.publish("AL-CUSTOMS", denied.envelope);
    const [delivery] = sender.post.inbox.takeAll();
    expect(delivery && (await judge(delivery))).toMatchObject({
      kind: "settles",
      sent: { id: denied.id },
      settlement: { status: "denied" },
    });
  });

  test("a rejection is matched by the bytes that were sent, whatever its subject says", async () => {
    const { unplaced, body } = await sender.compose(createRequest(["RS-FIU"]));
    const rejected = await sender.append({ unplaced: { ...unplaced, aud: "other.example" }, body });
    await exchange.publish("AL-CUSTOMS", rejected.envelope);
    const [delivery] = sender.post.inbox.takeAll();
    expect(delivery?.kind).toBe("rejection");
    expect(delivery && (await judge(delivery))).toMatchObject({
      kind: "settles",
      sent: { id: rejected.id },
      settlement: { status: "rejected", code: "claims/audience", detail: "this is demo.leix.example" },
    });
  });

  test("a summary rejects every message that it lists, one judgement after the other", async () => {
    const sent = [
      await sender.append(createRequest(["RS-FIU"])),
      await sender.append(createRequest(["RS-FIU"])),
    ];
    const inputs = sent.map(({ rawDigest: digest }, i) => {
      return { sequence: 100 + i, digest, code: i === 0 ? "claims/too-old" : "jws/key-unknown" } as const;
    });
    const decision = await forgeFlood(exchange, "AL-CUSTOMS", inputs);
    const flood = { ...answer, payload: encodeCanonicalBytes({ decision }) };
    for (const [i, { id }] of sent.entries()) {
      const verdict = await judge(flood);
      const settlement = { status: "rejected", code: inputs[i]?.code, decision };
      expect(verdict).toMatchObject({ kind: "settles", sent: { id }, settlement, isLast: i === 1 });
      if (verdict.kind === "settles") sender.store.outbox.settle(id, verdict.settlement);
    }
    expect(await judge(flood)).toMatchObject({ kind: "repeats" });
  });

  test("the same answer again changes nothing", async () => {
    const first = await judge(answer);
    if (first.kind === "settles") sender.store.outbox.settle(first.sent.id, first.settlement);
    expect(await judge(answer)).toMatchObject({ kind: "repeats" });
  });
});

describe("an answer is refused that", () => {
  test.each([
    ["is no JSON", () => ({ ...answer, payload: encodeUtf8("no") }), "input/not-json"],
    ["has an unknown member", () => alterPayload(answer, { message: "x" }), "input/schema"],
    [
      "is signed by the agency itself",
      () => forgeAnswer(exchange, answer, { key: sender.identity.signingKey }),
      "identity/issuer-not-account",
    ],
    [
      "is signed by a key that nobody registered",
      () => forgeAnswer(exchange, answer, { key: { ...exchange.policyKey, kid: "A".repeat(43) as KeyId } }),
      "jws/key-unknown",
    ],
    [
      "is of another exchange",
      () => forgeAnswer(exchange, answer, { content: { aud: "o.example" } }),
      "claims/audience",
    ],
    [
      "is about another account's input",
      () =>
        forgeAnswer(exchange, answer, {
          content: { input: { account: exchange.accountOf("RS-FIU"), sequence: 1, digest: message.digest } },
        }),
      "decision/other-message",
    ],
    [
      "is about other content under the same id",
      () =>
        forgeAnswer(exchange, answer, {
          content: {
            input: { account: exchange.accountOf("AL-CUSTOMS"), sequence: 1, digest: "A".repeat(43) },
          },
        }),
      "decision/other-message",
    ],
    [
      "does not show every recipient's outcome",
      () => {
        const { decision } = readPayload(answer);
        return alterPayload(answer, { decision: `${decision.split("~").slice(0, -2).join("~")}~` });
      },
      "decision/disclosure",
    ],
  ])("%s", async (_name, make, code) => {
    expect(await judge(await make())).toMatchObject({ kind: "refused", code });
    expect(sender.store.outbox.get(message.id)?.decision).toBeNull();
  });

  test("is about a message that this node's store does not have", async () => {
    using restored = await openTestParty(exchange, "AL-CUSTOMS");
    expect(await judge(answer, restored)).toMatchObject({ kind: "refused", code: "client/not-found" });
  });

  test("differs from the answer given before: one message has one answer", async () => {
    const first = await judge(answer);
    if (first.kind === "settles") sender.store.outbox.settle(first.sent.id, first.settlement);
    const other = await forgeAnswer(exchange, answer, { content: { at: exchange.nowMs / 1000 + 1 } });
    expect(await judge(other)).toMatchObject({ kind: "refused", code: "record/decided-otherwise" });
  });
});
