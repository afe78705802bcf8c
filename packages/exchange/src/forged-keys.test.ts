import { STATEMENT_TYP, Statement, signJws } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { auditBatch } from "./audit-batch.ts";
import { followChain } from "./follow-chain.ts";
import { toAccountOf, toAgency, toAnchor } from "./genesis.testkit.ts";
import { createTestLedger, forgeRecord, startTestLedger, type TestLedger } from "./ledger.testkit.ts";
import { audit, auditStatement, follow } from "./replay.ts";
import { createState } from "./state.ts";
import { createWorld, NOW, toRegisteredKey, toSigningKey } from "./world.testkit.ts";

const code = "key/invalid";

/** A record of a statement, signed by another than the one whose thumbprint its key is given. */
async function forge(ledger: TestLedger, content: object, iss: "anchor" | "AL"): Promise<Uint8Array> {
  const { aud } = ledger.world.trust;
  const statement = Statement.parse({ v: 1, aud, iat: NOW, iss, version: 1, proofs: [], ...content });
  const signer = { ...toSigningKey("MK"), kid: toSigningKey(iss).kid };
  const jws = await signJws(statement, STATEMENT_TYP, signer);
  const { index } = ledger.state.head;
  const input = { account: toAccountOf(iss).id, sequence: index + 1, digest: jws.digest };
  const entry = { kind: "statement", statement, index, input, received: NOW, at: NOW } as const;
  return forgeRecord(ledger, entry, jws);
}

describe("a first record whose key only says that it is the anchor's", () => {
  const world = createWorld();
  const ledger = createTestLedger(world);
  const posing = { ...toRegisteredKey("MK"), kid: toRegisteredKey("anchor").kid };
  const forged = forge(ledger, toAnchor({ keys: [posing] }), "anchor");

  test.each(Object.entries({ follow, audit, auditStatement }))("is not believed by %s", async (_, read) => {
    await expect(read(createState(world.trust), await forged)).rejects.toMatchObject({ code });
  });

  test("is not believed by those who take many at once", async () => {
    const { broken } = await auditBatch(createState(world.trust), [await forged]);
    expect(broken).toMatchObject({ code });
    expect((await followChain(createState(world.trust), [await forged])).broken).toMatchObject({ code });
  });
});

test("a policy service cannot record a key under another's thumbprint", async () => {
  const ledger = await startTestLedger(createWorld());
  const posing = { ...toRegisteredKey("MK"), kid: toRegisteredKey("RS-SPOC").kid };
  const forged = await forge(ledger, toAgency("AL-SPOC", { version: 2, keys: [posing] }), "AL");
  await expect(follow(ledger.state, forged)).rejects.toMatchObject({ code });
});
