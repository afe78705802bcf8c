import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createTestExchange, PATIENCE, type TestExchange } from "./exchange.testkit.ts";
import { changeAgency, createSigningPair } from "./membership-change.testkit.ts";
import { openTestNode } from "./node.testkit.ts";
import { createRequest } from "./party.testkit.ts";

vi.setConfig(PATIENCE);

const DAY_MS = 86_400_000;
const KEY_MS = 730 * DAY_MS;
let exchange: TestExchange;
beforeAll(async () => {
  exchange = await createTestExchange();
});
afterAll(() => exchange[Symbol.asyncDispose]());

describe("an agency's registered keys", () => {
  test("are warned of ahead, with owner and command", async () => {
    await using early = await openTestNode(exchange, "AL-CUSTOMS", { aheadMs: KEY_MS - 31 * DAY_MS });
    await early.node.refreshMembership();
    const keyProblems = (problems: readonly string[]) => problems.filter((one) => one.includes(" key"));
    expect(keyProblems(early.node.problems())).toEqual([]);
    await using late = await openTestNode(exchange, "AL-CUSTOMS", { aheadMs: KEY_MS - 29 * DAY_MS });
    await late.node.refreshMembership();
    const command = "renew it with: leix agency rotate --as AL-CUSTOMS";
    const ends = [
      ["the signing key", "--signing"],
      ["the encryption key", "--encryption"],
      ["the key to cosign with", "--cosigning"],
    ].map(([what, flag]) => {
      return expect.stringMatching(new RegExp(`^${what} of AL-CUSTOMS ends on .*; ${command} ${flag}$`));
    });
    expect(keyProblems(late.node.problems())).toEqual(ends);
  });

  test("sign nothing once they have ended: the message is refused before it is stored", async () => {
    await using sender = await openTestNode(exchange, "AL-CUSTOMS", { aheadMs: KEY_MS });
    await expect(sender.node.send(createRequest(["RS-FIU"]))).rejects.toMatchObject({
      code: "jws/key-not-valid",
      detail: expect.stringMatching(/the signing key of AL-CUSTOMS ended on .*leix agency rotate/),
    });
    expect(sender.post.sent).toEqual([]);
    expect(sender.node.archive.listSent()).toEqual([]);
  });

  test("sign nothing once they were withdrawn", async () => {
    await using sender = await openTestNode(exchange, "RS-FIU");
    const { key, registered } = createSigningPair();
    const replace = (keys: readonly { readonly use: string }[]) => keys.filter(({ use }) => use !== "sig");
    await changeAgency(
      exchange,
      "RS-FIU",
      (statement) => ({ keys: [...(replace(statement.keys) as typeof statement.keys), registered] }),
      [key],
    );
    await expect(sender.node.send(createRequest(["AL-CUSTOMS"]))).rejects.toMatchObject({
      code: "jws/key-not-valid",
      detail: expect.stringContaining("the signing key of RS-FIU was withdrawn"),
    });
    expect(sender.post.sent).toEqual([]);
  });
});
