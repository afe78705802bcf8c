import {
  POSSESSION_TYP,
  provePossession,
  type SigningKey,
  STATEMENT_TYP,
  Statement,
  signJws,
} from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { auditBatch } from "./audit-batch.ts";
import { toAccountOf, toAgency } from "./genesis.testkit.ts";
import { decideOn, forgeRecord, startTestLedger, toWord } from "./ledger.testkit.ts";
import { audit, auditStatement } from "./replay.ts";
import { createLayer } from "./state.ts";
import { createWorld, NOW, toEncryptionKey, toRegisteredKey, toSigningKey } from "./world.testkit.ts";

const code = "statement/possession";
const world = createWorld();
const ledger = await startTestLedger(world);
const { aud } = world.trust;
const keys = [toRegisteredKey("AL-SPOC"), toRegisteredKey("spare"), toEncryptionKey("AL-SPOC")];

/** A next version of AL-SPOC's statement that says of itself what proves it. */
async function decide(proofs: readonly string[]): Promise<string[]> {
  const { input } = await world.statement("AL", {
    ...toAgency("AL-SPOC", { version: 2, keys }),
    proofs: [...proofs],
  });
  return (await decideOn(world, createLayer(ledger.state), [input])).map(toWord);
}

const prove = (key: SigningKey, party: "AL-SPOC" | "RS-FIU" = "AL-SPOC") => {
  return provePossession({ aud, party: party as never }, key);
};
const registered = ledger.state.parties.get("AL-SPOC" as never)?.statement;
const known = registered?.kind === "agency" ? registered.proofs : [];

describe("a new key", () => {
  test("is registered with its own proof, beside those of the statement before", async () => {
    expect(await decide([...known, await prove(toSigningKey("spare"))])).toEqual(["statement"]);
  });

  test.each([
    ["without one", async () => []],
    ["with one for another party", async () => [await prove(toSigningKey("spare"), "RS-FIU")]],
    [
      "with another key's",
      async () => [await prove({ ...toSigningKey("MK"), kid: toSigningKey("spare").kid })],
    ],
    [
      "with a proof that is no proof",
      async () => [(await signJws({ v: 2 }, POSSESSION_TYP, toSigningKey("spare"))).token],
    ],
    [
      "with a token of another type",
      async () => [
        (await signJws({ v: 1, aud, party: "AL-SPOC" }, STATEMENT_TYP, toSigningKey("spare"))).token,
      ],
    ],
  ])("is refused %s", async (_, list) => {
    expect(await decide([...known, ...(await list())])).toEqual([code]);
  });
});

test("an account that has not proven itself is refused", async () => {
  const proofs = await Promise.all([toSigningKey("AL-SPOC"), toSigningKey("spare")].map((key) => prove(key)));
  expect(await decide(proofs)).toEqual([code]);
});

test("a policy service that records what is not proven is found by whoever follows", async () => {
  const content = {
    v: 1,
    aud,
    iat: NOW,
    iss: "AL",
    proofs: known,
    ...toAgency("AL-SPOC", { version: 2, keys }),
  };
  const statement = Statement.parse(content);
  const jws = await signJws(statement, STATEMENT_TYP, toSigningKey("AL"));
  const { index } = ledger.state.head;
  const input = { account: toAccountOf("AL").id, sequence: index + 1, digest: jws.digest };
  const entry = { kind: "statement", index, input, received: NOW, at: NOW, statement } as const;
  const forged = forgeRecord(ledger, entry, jws);
  const layer = () => createLayer(ledger.state);
  for (const read of [audit, auditStatement]) {
    await expect(read(layer(), await forged)).rejects.toMatchObject({ code: "record/decided-otherwise" });
  }
  const { audited } = await auditBatch(layer(), [await forged]);
  expect(audited.map(({ difference }) => difference?.code)).toEqual(["record/decided-otherwise"]);
});
