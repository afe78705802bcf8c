import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseRecord } from "@leix/protocol";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createTestExchange, PATIENCE, type TestExchange } from "./exchange.testkit.ts";
import { openTestNode, WAIT_MS } from "./node.testkit.ts";
import { createRequest, OFFICER } from "./party.testkit.ts";
import { resumeChain } from "./resume-chain.ts";

vi.setConfig(PATIENCE);

let exchange: TestExchange;
let root: string;
beforeAll(async () => {
  exchange = await createTestExchange();
  root = await mkdtemp(join(tmpdir(), "leix-resume-"));
});
afterAll(async () => {
  await exchange[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

/** By its own numbers, in the order of the ledger. */
function listOwn(): { seq: number; prev: string | null; digest: string }[] {
  return exchange.records
    .map((bytes) => parseRecord(bytes))
    .flatMap((record) => {
      if (record.kind !== "message" || record.claims.iss !== "AL-CUSTOMS") return [];
      const { seq, prev } = record.claims;
      return [{ seq, prev, digest: record.input.digest }];
    });
}

test("a folder that was put back notices it, signs nothing more, and goes on where it is told", async () => {
  const folder = await exchange.copyFolder("AL-CUSTOMS");
  const backup = join(root, "backup");
  await cp(folder, backup, { recursive: true });
  const first = await openTestNode(exchange, "AL-CUSTOMS", { folder });
  void first.start();
  const { ref } = await first.node.send(createRequest(["RS-FIU"]));
  await first.node.waitForDecision(ref, WAIT_MS);
  await first.stop();

  await using receiver = await openTestNode(exchange, "RS-FIU");
  void receiver.start();
  await receiver.log.until("message.received", ({ messageId }) => messageId === ref.id);
  await receiver.node.waitForDecision(
    (await receiver.node.acknowledge(ref, "read", { name: OFFICER.name, role: OFFICER.role })).ref,
    WAIT_MS,
  );
  {
    await using restored = await openTestNode(exchange, "AL-CUSTOMS", { folder: backup });
    void restored.start();
    await restored.log.until("chain.behind", ({ messageId }) => messageId === ref.id);
    await expect(restored.node.send(createRequest(["RS-FIU"]))).rejects.toMatchObject({
      code: "client/chain-behind",
    });
    expect(restored.node.problems()).toContainEqual(expect.stringContaining("client/chain-behind"));
  }
  const own = listOwn();
  expect(own.map(({ seq }) => seq)).toEqual([1]);

  const [last] = own;
  await resumeChain(backup, { seq: 1, digest: last?.digest as never }, exchange.nowMs + 1);
  await using resumed = await openTestNode(exchange, "AL-CUSTOMS", { folder: backup, aheadMs: 10 });
  void resumed.start();
  const next = await resumed.node.send(createRequest(["RS-FIU"]));
  expect(await resumed.node.waitForDecision(next.ref, WAIT_MS)).toMatchObject({ status: "permitted" });
  expect(listOwn().map(({ seq, prev }) => [seq, prev])).toEqual([
    [1, null],
    [2, last?.digest],
  ]);
  const again = { seq: 2, digest: last?.digest as never };
  await expect(resumeChain(backup, again, exchange.nowMs)).rejects.toMatchObject({ code: "config/invalid" });
});
