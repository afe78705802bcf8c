import type { AccountId } from "@leix/protocol";
import { type TestKeyPair as KeyPair, startTestBroker, type TestBroker } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendMessage } from "../party-requests.ts";
import { createNkey, toAccountId } from "./nkeys.ts";
import { encodePartyAccountJwt } from "./party-jwt.ts";
import { lookupAccount, pushAccount } from "./push-account.ts";
import { createCredentials } from "./user-jwt.ts";

let broker: TestBroker;
let credentials: string;
beforeAll(async () => {
  broker = await startTestBroker({ parties: ["AL-SPOC", "RS-SPOC"] });
  const signer = broker.keys.systemRoles.pusher;
  credentials = await createCredentials({ name: "registry", account: broker.jwts.systemAccount, signer });
});
afterAll(() => broker[Symbol.asyncDispose]());

const now = () => Math.floor(Date.now() / 1000);
const message = new TextEncoder().encode("{}");

interface Signed {
  readonly account?: AccountId;
  readonly signing?: KeyPair;
  readonly signer?: KeyPair;
}

function encode(signed: Signed = {}): Promise<string> {
  const { account = toAccountId(createNkey("account")), signer = broker.keys.operatorSigning } = signed;
  const signingKeys = signed.signing === undefined ? [] : [signed.signing.getPublicKey()];
  const party = { account, name: "XK-CUSTOMS", signingKeys, status: { kind: "active" } as const };
  return encodePartyAccountJwt(party, { ...broker.jwts, signer });
}

describe("pushAccount", () => {
  it("is on the server's disk when it returns", async () => {
    const account = toAccountId(createNkey("account"));
    const jwt = await encode({ account });
    {
      await using pusher = await broker.connectWith(credentials, { name: "pusher" });
      expect(await lookupAccount(pusher, account)).toBeNull();
      await pushAccount(pusher, jwt);
    }
    await broker.kill();
    await broker.restart();
    await using pusher = await broker.connectWith(credentials, { name: "pusher" });
    expect(await lookupAccount(pusher, account)).toBe(jwt);
  });

  it("admits nobody to an account that the operator has not signed, though the server takes it", async () => {
    const [account, signing] = [toAccountId(createNkey("account")), createNkey("account")];
    const users = await createCredentials({ name: "x", account, signer: signing });
    await broker.push(await encode({ account, signing, signer: createNkey("operator") }));
    await expect(broker.connectWith(users, { name: "x" })).rejects.toMatchObject({
      code: "broker/unreachable",
    });
    await broker.push(await encode({ account, signing }));
    await using nc = await broker.connectWith(users, { name: "x" });
    expect(nc.isClosed()).toBe(false);
  });

  it("lets the last push win, so whoever pushes does it in the order of the ledger", async () => {
    const account = toAccountId(createNkey("account"));
    const [older, newer] = [await encode({ account }), await encode({ account })];
    await using pusher = await broker.connectWith(credentials, { name: "pusher" });
    await pushAccount(pusher, newer);
    await pushAccount(pusher, older);
    expect(await lookupAccount(pusher, account)).toBe(older);
  });

  it("applies changes made within one second, in their order", async () => {
    for (let round = 0; round < 5; round++) {
      await broker.setStatus("RS-SPOC", { kind: "barred", since: now() });
      await expect(broker.connectParty("RS-SPOC")).rejects.toMatchObject({ code: "broker/unreachable" });
      await broker.setStatus("RS-SPOC", { kind: "active" });
      await using nc = await broker.connectParty("RS-SPOC");
      expect(await sendMessage(nc, message)).toEqual({ sequence: expect.any(Number) });
    }
  });

  it("ends the live connections of a party that is barred, and lets it back in later", async () => {
    const disconnected = Promise.withResolvers<number>();
    const reconnected = Promise.withResolvers<void>();
    const nc = await broker.connectParty("AL-SPOC", {
      onEvent: ({ kind }) => {
        if (kind === "disconnected") disconnected.resolve(performance.now());
        if (kind === "reconnected") reconnected.resolve();
      },
    });
    const pushedAt = performance.now();
    await broker.setStatus("AL-SPOC", { kind: "barred", since: now() });
    expect((await disconnected.promise) - pushedAt).toBeLessThan(3_000);
    await expect(broker.connectParty("AL-SPOC")).rejects.toMatchObject({ code: "broker/unreachable" });
    await broker.setStatus("AL-SPOC", { kind: "active" });
    await reconnected.promise;
    expect(await sendMessage(nc, message)).toEqual({ sequence: expect.any(Number) });
  });

  it("is refused to everybody but the system's user", async () => {
    await using registry = await broker.connect("registry");
    await expect(pushAccount(registry, await encode())).rejects.toMatchObject({ code: "broker/refused" });
    await using party = await broker.connectParty("AL-SPOC");
    await expect(pushAccount(party, await encode())).rejects.toMatchObject({ code: "broker/refused" });
  });

  it("keeps a party barred over a restart", async () => {
    await broker.setStatus("RS-SPOC", { kind: "barred", since: now() });
    await broker.stop();
    await broker.restart();
    await expect(broker.connectParty("RS-SPOC")).rejects.toMatchObject({ code: "broker/unreachable" });
  });
});
