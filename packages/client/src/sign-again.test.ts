import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CLAIMS_TYP, limits, type MessageRef, parseJws } from "@leix/protocol";
import { NEXT_FILES } from "@leix/runtime";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type AgencyName, createTestExchange, PATIENCE, type TestExchange } from "./exchange.testkit.ts";
import { changeAgency, createSigningPair } from "./membership-change.testkit.ts";
import { countRecords, emptyInboxes, openTestNode, WAIT_MS } from "./node.testkit.ts";
import { createRequest } from "./party.testkit.ts";

vi.setConfig(PATIENCE);

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await createTestExchange();
});
afterAll(() => exchange[Symbol.asyncDispose]());
beforeEach(() => emptyInboxes(exchange));

/** Keys are withdrawn for good: each test withdraws another agency's. */
const OVERLAPPING = "AL-CUSTOMS";
const SENT_AGAIN = "AL-SPOC";
const WITHOUT_KEY = "RS-FIU";

/** Lays a new signing key beside the old one; returns what registers it, alone or beside the old one. */
async function layNextKey(agency: AgencyName, folder: string) {
  const { key, registered } = createSigningPair();
  await writeFile(
    join(folder, NEXT_FILES.signing),
    JSON.stringify({ ...key.jwk, kid: key.kid, alg: key.alg }),
    {
      mode: 0o600,
    },
  );
  return {
    kid: key.kid,
    register: (others: "beside the old one" | "alone") =>
      changeAgency(
        exchange,
        agency,
        ({ keys }) => ({
          keys: [...keys.filter(({ use }) => others !== "alone" || use !== "sig"), registered],
        }),
        [key],
      ),
  };
}

type Node = Awaited<ReturnType<typeof openTestNode>>["node"];

function kidOf(node: Node, ref: Pick<MessageRef, "id">): string {
  const { digest } = node.archive.getSent(ref.id).ref;
  const held = node.archive.listHeld(1, 1_000).find((one) => one.digest === digest);
  return parseJws(held?.token ?? "", CLAIMS_TYP, limits.CLAIMS_BYTES_MAX).header.kid;
}

describe("a new signing key", () => {
  test("signs from when it is registered on, and never before, without a restart", async () => {
    await using own = await openTestNode(exchange, OVERLAPPING);
    void own.start();
    const first = await own.node.send(createRequest(["RS-FIU"]));
    const next = await layNextKey(OVERLAPPING, own.folder);
    const second = await own.node.send(createRequest(["RS-FIU"]));
    await next.register("beside the old one");
    const third = await own.node.send(createRequest(["RS-FIU"]));
    for (const { ref } of [first, second, third]) {
      expect(await own.node.waitForDecision(ref, WAIT_MS)).toMatchObject({ status: "permitted", ref });
    }
    const kids = [first, second, third].map(({ ref }) => kidOf(own.node, ref));
    expect(kids[1]).toBe(kids[0]);
    expect(kids[2]).toBe(next.kid);
  });
});

describe("a message that was signed with a key which was withdrawn before it was decided", () => {
  test("is refused with a code, and sent again under the new key by the node itself", async () => {
    await using own = await openTestNode(exchange, SENT_AGAIN);
    const next = await layNextKey(SENT_AGAIN, own.folder);
    await own.node.refreshMembership();
    await next.register("alone");
    own.post.rulesFault = "broker/no-answer";
    const { ref, status } = await own.node.send(createRequest(["RS-FIU"]));
    expect(status).toBe("received");
    own.post.rulesFault = undefined;
    void own.start();
    const sent = await own.node.waitForDecision(ref, WAIT_MS);
    expect(sent).toMatchObject({ status: "permitted", claims: { kind: "request", seq: 2 } });
    expect(sent.ref.id).not.toBe(ref.id);
    expect(sent.claims.thread).toBe(sent.ref.id);
    expect(kidOf(own.node, sent.ref)).toBe(next.kid);
    expect(own.node.archive.getSent(ref.id)).toMatchObject({
      status: "rejected",
      problem: { code: "jws/key-not-valid" },
      replacedBy: sent.ref.id,
    });
    expect([countRecords(exchange, ref.id), countRecords(exchange, sent.ref.id)]).toEqual([0, 1]);
    await using receiver = await openTestNode(exchange, "RS-FIU");
    void receiver.start();
    await receiver.log.until("message.received", ({ messageId }) => messageId === sent.ref.id);
  });

  test("stays refused where no other key counts", async () => {
    await using own = await openTestNode(exchange, WITHOUT_KEY);
    await own.node.refreshMembership();
    const { key, registered } = createSigningPair();
    const isNoSigner = ({ use }: { use: string }) => use !== "sig";
    await changeAgency(
      exchange,
      WITHOUT_KEY,
      ({ keys }) => ({ keys: [...keys.filter(isNoSigner), registered] }),
      [key],
    );
    own.post.rulesFault = "broker/no-answer";
    const { ref } = await own.node.send(createRequest(["AL-CUSTOMS"]));
    own.post.rulesFault = undefined;
    void own.start();
    const sent = await own.node.waitForDecision(ref, WAIT_MS);
    expect(sent).toMatchObject({ status: "rejected", ref, problem: { code: "jws/key-not-valid" } });
    expect(sent.replacedBy).toBeUndefined();
  });
});

test("an acknowledgement under a withdrawn key waits for newer membership, and is given again", async () => {
  await using own = await openTestNode(exchange, OVERLAPPING);
  await using other = await openTestNode(exchange, "RS-SPOC");
  const next = await layNextKey(OVERLAPPING, own.folder);
  await own.node.refreshMembership();
  void other.start();
  const { ref } = await other.node.send(createRequest(["AL-CUSTOMS"]));
  await next.register("alone");
  own.post.rulesFault = "broker/no-answer";
  void own.start();
  await own.log.until("arrival.deferred");
  own.post.rulesFault = undefined;
  await own.stop();
  await using again = await openTestNode(exchange, OVERLAPPING, { folder: own.folder });
  void again.start();
  await again.log.until("message.signed-again");
  await other.log.until("message.received", ({ messageKind }) => messageKind === "acknowledgement");
  expect(other.node.archive.listAcknowledgements(ref)).toMatchObject([{ agency: "AL-CUSTOMS" }]);
});
