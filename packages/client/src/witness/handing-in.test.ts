import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeBase64url, type RegisteredKey, toWitnessName } from "@leix/protocol";
import { PARTY_FILES } from "@leix/runtime";
import { createVerifier, parseCosignatures, toVerifierKey, verifyCosignature } from "@leix/tlog";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createTestExchange, NOW, PATIENCE, type TestExchange } from "../exchange.testkit.ts";
import { changeAgency, createSigningPair } from "../membership-change.testkit.ts";
import { createTestLog } from "./test-log.testkit.ts";
import { openWitness } from "./test-witness.testkit.ts";

vi.setConfig(PATIENCE);

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await createTestExchange();
});
afterAll(() => exchange[Symbol.asyncDispose]());

describe("a cosignature that the ledger service does not take", () => {
  test("is offered again, after longer and longer, until it is taken", async () => {
    const log = await createTestLog(exchange, 9);
    log.takes = 0;
    await using witness = await openWitness(exchange, "AL-SPOC", log);
    const { witness: own } = witness.node;
    const tries: number[] = [];
    for (let second = 0; second < 60; second++) {
      const before = log.handedIn.length;
      await own.cosignNewest();
      if (log.handedIn.length > before) tries.push(second);
      exchange.nowMs += 1_000;
    }
    expect(tries).toEqual([0, 3, 9, 21, 45]);
    expect(new Set(log.handedIn.map(({ lines }) => new TextDecoder().decode(lines))).size).toBe(1);
    const refused = witness.events.events.filter(({ kind }) => kind === "cosignature.refused");
    expect(refused).toEqual([{ kind: "cosignature.refused", size: 9, code: "ledger/cosignature-refused" }]);
    expect(own.problems().join()).toContain("ledger/cosignature-refused");
    log.takes = 1;
    exchange.nowMs += 300_000;
    await own.cosignNewest();
    await own.cosignNewest();
    expect([log.handedIn.length, own.problems()]).toEqual([6, []]);
    exchange.nowMs = NOW * 1_000;
  });

  test("waits no longer than the next tree, and for no clock that was set back", async () => {
    const log = await createTestLog(exchange, 9);
    log.takes = 0;
    await using witness = await openWitness(exchange, "RS-SPOC", log);
    const { witness: own } = witness.node;
    await own.cosignNewest();
    log.size = 12;
    await own.cosignNewest();
    expect(log.handedIn.map(({ size }) => size)).toEqual([9, 12]);
    exchange.nowMs -= 86_400_000;
    await own.cosignNewest();
    expect(log.handedIn.map(({ size }) => size)).toEqual([9, 12, 12]);
    exchange.nowMs = NOW * 1_000;
  });
});

describe("the reason is found in the agency's own statement:", () => {
  const lists = (keys: readonly RegisteredKey[]) => keys.filter(({ use }) => use !== "cosign");

  test("its key replaced, too early, or the agency suspended; with the new key it goes on", async () => {
    const log = await createTestLog(exchange, 9);
    log.takes = 0;
    await using witness = await openWitness(exchange, "RS-FIU", log);
    const refusal = async () => {
      exchange.nowMs += 400_000;
      await witness.node.witness.cosignNewest();
      return witness.events.events.findLast(({ kind }) => kind === "cosignature.refused");
    };
    expect(await refusal()).toMatchObject({ code: "ledger/cosignature-refused" });
    const { key, registered } = createSigningPair();
    const next = { ...registered, use: "cosign" } as RegisteredKey;
    await changeAgency(exchange, "RS-FIU", ({ keys }) => ({ keys: [...keys, next] }), [key]);
    expect(await refusal()).toMatchObject({ code: "jws/key-not-valid" });
    await changeAgency(exchange, "RS-FIU", ({ keys }) => ({ keys: [...lists(keys), next] }));
    expect(await refusal()).toMatchObject({ code: "jws/key-unknown" });
    await changeAgency(exchange, "RS-FIU", () => ({ status: "suspended" }));
    expect(await refusal()).toMatchObject({ code: "identity/party-not-active" });
    await changeAgency(exchange, "RS-FIU", () => ({ status: "active" }));
    exchange.nowMs = NOW * 1_000;

    log.takes = 1;
    const file = { ...key.jwk, kid: key.kid, alg: key.alg };
    await writeFile(join(witness.folder, PARTY_FILES.cosigning), JSON.stringify(file), { mode: 0o600 });
    await using renewed = await openWitness(exchange, "RS-FIU", log, witness.folder);
    await renewed.node.witness.cosignNewest();
    const [line] = parseCosignatures(log.handedIn.at(-1)?.lines ?? new Uint8Array());
    const name = toWitnessName(exchange.network.exchange, "RS-FIU" as never);
    const publicKey = decodeBase64url(key.jwk.x) ?? new Uint8Array();
    const verifier = await createVerifier(toVerifierKey(name, "cosignature/v1", publicKey));
    if (!line) throw new Error("no cosignature");
    const { text } = await log.sign(9);
    expect(await verifyCosignature(text, line, verifier)).toBe(NOW + 400);
    expect(renewed.node.witness.problems()).toEqual([]);
  });
});
