import { describe, expect, test } from "vitest";
import { auditBatch } from "./audit-batch.ts";
import { toAccountOf, toAnchor, toAuthority } from "./genesis.testkit.ts";
import { createTestLedger } from "./ledger.testkit.ts";
import { audit, auditStatement, follow } from "./replay.ts";
import { createState } from "./state.ts";
import { createWorld, NOW, type Sent, toAccount, toEncryptionKey, toRegisteredKey } from "./world.testkit.ts";

const world = createWorld();
const spare = toRegisteredKey("spare");

describe("record 0", () => {
  const start = (key = "policy" as const) => {
    const empty = createTestLedger(createWorld());
    return { empty, append: (sent: Sent) => empty.appendInputs([sent.input], NOW, key) };
  };
  const refused: [string, Parameters<typeof world.statement>][] = [
    ["another statement", ["anchor", toAuthority("AL")]],
    ["an anchor with another key", ["anchor", toAnchor({ keys: [spare] }), { key: "spare" }]],
    ["an anchor that does not list the pinned key", ["anchor", toAnchor({ keys: [spare] })]],
    ["an anchor with another account", ["anchor", toAnchor({ account: toAccountOf("AL") })]],
    ["the anchor through another account", ["anchor", toAnchor(), { through: "AL" }]],
    ["the anchor for another exchange", ["anchor", { ...toAnchor(), aud: "other.example" as never }]],
    ["a clock that is not the broker's own", ["anchor", toAnchor({ clockAccount: toAccount("AL-SPOC") })]],
    [
      "a clock that is the anchor itself",
      ["anchor", toAnchor({ clockAccount: toAccount("anchor"), reservedAccounts: [toAccount("anchor")] })],
    ],
    ["the anchor's key in two uses", ["anchor", toAnchor({ policyKeys: [toRegisteredKey("anchor")] })]],
    [
      "an anchor with an encryption key",
      ["anchor", toAnchor({ keys: [toRegisteredKey("anchor"), toEncryptionKey("spare")] })],
    ],
    [
      "an anchor key that has ended",
      ["anchor", toAnchor({ keys: [toRegisteredKey("anchor", { exp: NOW })] })],
    ],
  ];
  test.each(refused)(
    "%s is not recorded: nobody could verify a ledger that begins so",
    async (_name, args) => {
      const { empty, append } = start();
      await expect(append(await empty.world.statement(...args))).rejects.toMatchObject({
        code: "statement/not-genesis",
      });
      expect(empty.state.head.index).toBe(0);
    },
  );

  test("nor are a message and garbage, even when given up", async () => {
    const { empty, append } = start();
    const message = await empty.world.message("AL-SPOC", ["RS-SPOC"]);
    await expect(append(message)).rejects.toMatchObject({ code: "statement/not-genesis" });
    const garbage = empty.world.bytes("anchor", "garbage", { isGivenUp: true });
    await expect(append({ ...message, input: garbage })).rejects.toMatchObject({
      code: "statement/not-genesis",
    });
  });

  test("a whole ledger of another anchor is followed by nobody, however sound it is in itself", async () => {
    const forged = createTestLedger({ ...createWorld(), trust: { ...world.trust, anchorKey: spare.kid } });
    const anchor = toAnchor({ keys: [spare] });
    await forged.append(await forged.world.statement("anchor", anchor, { key: "spare" }));
    await forged.append(await forged.world.statement("anchor", toAuthority("AL"), { key: "spare" }));
    const state = createState(world.trust);
    for (const take of [follow, audit, auditStatement]) {
      const [first = new Uint8Array()] = forged.records;
      await expect(take(state, first)).rejects.toMatchObject({ code: "statement/not-genesis" });
    }
    const { audited, broken } = await auditBatch(state, forged.records);
    expect([audited.length, broken?.code, state.head.index]).toEqual([0, "statement/not-genesis", 0]);
    expect((await auditBatch(createState(forged.world.trust), forged.records)).audited).toHaveLength(2);
  });

  test("it is signed by a key that it names", async () => {
    const { empty } = start();
    const { input } = await empty.world.statement("anchor", toAnchor());
    await expect(empty.appendInputs([input], NOW, "policy-next")).rejects.toMatchObject({
      code: "jws/key-unknown",
    });
    await empty.appendInputs([input]);
    expect(empty.state.head.index).toBe(1);
  });
});
