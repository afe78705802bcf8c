import {
  createCredentials,
  createNkey,
  encodePartyAccountJwt,
  formatCredentials,
  pushAccount,
  sendMessage,
} from "@leix/broker";
import { toOutSubject } from "@leix/protocol";
import { type Account, decode, encodeAccount, encodeUser, newScopedSigner } from "@nats-io/jwt";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { attempt, connectUnrestricted, type Siege, startSiege } from "./siege.ts";

let siege: Siege;
beforeEach(async () => {
  siege = await startSiege();
});
afterEach(() => siege[Symbol.asyncDispose]());

/** The attacker's account JWT, in which its imports name the victim's subjects instead of its own. */
async function forge(signer = siege.broker.keys.operatorSigning): Promise<string> {
  const { account, signing } = siege.broker.party("ATTACKER");
  const own = await encodePartyAccountJwt(
    { account, name: "ATTACKER", signingKeys: [signing.getPublicKey()], status: { kind: "active" } },
    { ...siege.broker.jwts, signer: siege.broker.keys.operatorSigning },
  );
  const { nats } = decode<Account>(own);
  const imports = nats.imports?.map((one) => ({
    ...one,
    subject: one.subject.replace(account, siege.victim),
  }));
  return encodeAccount("ATTACKER", account, { ...nats, ...(imports ? { imports } : {}) }, { signer });
}

async function expectNothingOfTheVictims(): Promise<void> {
  const seen = (await siege.seen()).filter(
    ({ where, subject }) => where === "VICTIM" || subject.includes(siege.victim),
  );
  expect(seen).toEqual([]);
}

describe("an account JWT that imports another's subjects", () => {
  it("is of no use when the party signs it itself: it cannot push it", async () => {
    const jwt = await forge(siege.broker.party("ATTACKER").identity);
    for (const nc of [siege.ordinary, siege.unrestricted]) {
      await expect(pushAccount(nc, jwt)).rejects.toMatchObject({
        code: expect.stringMatching(/^broker\/(refused|no-answer)$/),
      });
    }
    await sendMessage(siege.ordinary, new TextEncoder().encode("still itself"));
    await expectNothingOfTheVictims();
  });

  it("is of no use when somebody pushes what the party signed: it locks the party out", async () => {
    const { identity } = siege.broker.party("ATTACKER");
    await siege.broker.push(await forge(identity));
    await sendMessage(siege.ordinary, new TextEncoder().encode("still itself"));
    await expectNothingOfTheVictims();
    await siege.broker.stop();
    await siege.broker.restart();
    const connecting = connectUnrestricted(siege.broker, identity);
    await expect(connecting).rejects.toMatchObject({ code: "broker/unreachable" });
  });

  it("is of no use even when the operator signs it: the export names the account by its place", async () => {
    await siege.broker.push(await forge());
    const { identity } = siege.broker.party("ATTACKER");
    await using nc = await connectUnrestricted(siege.broker, identity);
    await siege.seen();
    expect(await attempt(nc, "leix.send", "as the victim")).toEqual({ kind: "nobody" });
    expect(await attempt(nc, toOutSubject(siege.victim), "as the victim")).toEqual({ kind: "nobody" });
    await expectNothingOfTheVictims();
    expect((await siege.counts()).OUT).toBe(0);
  });
});

describe("a user that a party makes itself", () => {
  it("has the template's rights whatever its JWT asks for: more is refused at the door", async () => {
    const { account, signing } = siege.broker.party("ATTACKER");
    const user = createNkey("user");
    const wide = { pub: { allow: [">"] }, sub: { allow: [">"] } };
    const jwt = await encodeUser("wide", user, account, wide, { signer: signing });
    const connecting = siege.broker.connectWith(formatCredentials(jwt, user), { name: "wide" });
    await expect(connecting).rejects.toMatchObject({ code: "broker/unreachable" });
  });

  it.each(["victim", "broker"] as const)("cannot be a user of the %s", async (of) => {
    const { signing } = siege.broker.party("ATTACKER");
    const account = of === "victim" ? siege.victim : siege.broker.jwts.brokerAccount;
    const credentials = await createCredentials({ name: "x", account, signer: signing });
    const connecting = siege.broker.connectWith(credentials, { name: "x" });
    await expect(connecting).rejects.toMatchObject({ code: "broker/unreachable" });
  });

  it.each(["*", ">", "VICTIM", "a.b"])(
    "gains nothing by the name %j: nothing is made of names",
    async (name) => {
      const { account, signing } = siege.broker.party("ATTACKER");
      const user = createNkey("user");
      const jwt = await encodeUser(name, user, account, {}, { signer: signing, scopedUser: true });
      await using nc = await siege.broker.connectWith(formatCredentials(jwt, user), { name: "x" });
      for (const subject of [toOutSubject(siege.victim), "leix.ledger.x", `_INBOX.${name}.x`, "_INBOX.x.y"]) {
        expect(await attempt(nc, subject)).toEqual({ kind: "refused" });
      }
      await expectNothingOfTheVictims();
    },
  );

  it("would gain everything where a template is made of names (control: none of ours is)", async () => {
    const [identity, signing] = [createNkey("account"), createNkey("account")];
    const template = { pub: { allow: ["box.{{name()}}.in"] }, sub: { allow: ["_INBOX.{{subject()}}.>"] } };
    const jwt = await encodeAccount(
      "CONTROL",
      identity.getPublicKey(),
      {
        limits: { conn: -1, subs: -1, data: -1, payload: -1, wildcards: true },
        signing_keys: [newScopedSigner(signing, "control", template)],
      },
      { signer: siege.broker.keys.operatorSigning },
    );
    await siege.broker.push(jwt);
    await using observer = await connectUnrestricted(siege.broker, identity);
    const boxes: string[] = [];
    observer.subscribe("box.>", { callback: (_error, message) => void boxes.push(message.subject) });
    await observer.flush();
    const user = createNkey("user");
    const star = await encodeUser(
      "*",
      user,
      identity.getPublicKey(),
      {},
      { signer: signing, scopedUser: true },
    );
    await using nc = await siege.broker.connectWith(formatCredentials(star, user), { name: "star" });
    nc.publish("box.anybody.in", "x");
    await nc.flush();
    await expect.poll(() => boxes).toEqual(["box.anybody.in"]);
  });
});
