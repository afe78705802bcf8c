import { type Account, decode } from "@nats-io/jwt";
import { describe, expect, it } from "vitest";
import { createNkey, toAccountId } from "./nkeys.ts";
import { encodePartyAccountJwt, type PartyStatus } from "./party-jwt.ts";

const operator = createNkey("operator");
const broker = toAccountId(createNkey("account"));
const reader = toAccountId(createNkey("account"));
const account = toAccountId(createNkey("account"));
const signing = createNkey("account").getPublicKey();

async function encode(status: PartyStatus, name = "AL-SPOC") {
  const jwt = await encodePartyAccountJwt(
    { account, name, signingKeys: [signing], status },
    { brokerAccount: broker, logAccount: reader, signer: operator },
  );
  return decode<Account>(jwt);
}

describe("encodePartyAccountJwt", () => {
  it("is the operator's word on the account, not the account's own", async () => {
    const claims = await encode({ kind: "active" });
    expect([claims.iss, claims.sub, claims.name]).toEqual([operator.getPublicKey(), account, "AL-SPOC"]);
  });

  it("imports the account's own five subjects and nothing else", async () => {
    const { nats } = await encode({ kind: "active" });
    expect(
      nats.imports?.map(({ account: from, subject, local_subject }) => [from, subject, local_subject]),
    ).toEqual([
      [broker, `leix.out.${account}`, "leix.send"],
      [broker, `leix.rules.${account}`, "leix.rules"],
      [reader, `leix.log.${account}`, "leix.log"],
      [broker, `$JS.API.CONSUMER.MSG.NEXT.INBOX.${account}`, undefined],
      [broker, `$JS.ACK.INBOX.${account}.>`, undefined],
    ]);
    expect(nats.limits).toMatchObject({ imports: 5, exports: 0, leaf: 0 });
    expect(nats.exports).toBeUndefined();
  });

  it("has no JetStream of its own", async () => {
    const limits = (await encode({ kind: "active" })).nats.limits ?? {};
    for (const name of ["mem_storage", "disk_storage", "streams", "consumer"])
      expect(limits).not.toHaveProperty(name);
  });

  it("lets the party's key make users of one form only", async () => {
    const { nats } = await encode({ kind: "active" });
    expect(nats.signing_keys).toEqual([
      expect.objectContaining({
        kind: "user_scope",
        key: signing,
        template: expect.objectContaining({
          pub: {
            allow: [
              "leix.send",
              "leix.rules",
              "leix.log",
              `$JS.API.CONSUMER.MSG.NEXT.INBOX.${account}`,
              `$JS.ACK.INBOX.${account}.>`,
            ],
          },
          sub: { allow: ["_INBOX.{{subject()}}.>"] },
          bearer_token: false,
        }),
      }),
    ]);
  });

  it("admits nobody when the party is barred", async () => {
    const { nats } = await encode({ kind: "barred", since: 1_800_000_000 });
    expect(nats.limits).toMatchObject({ conn: 0, subs: 0, data: 0, payload: 0 });
    expect(nats.revocations).toEqual({ "*": 1_800_000_000 });
    expect(nats.signing_keys).toEqual([]);
  });

  it("keeps users of before a reinstatement out when asked to", async () => {
    expect((await encode({ kind: "active" })).nats.revocations).toBeUndefined();
    expect((await encode({ kind: "active", since: 5 })).nats.revocations).toEqual({ "*": 5 });
  });

  it.each(["*", ">", "A.B", "", " ", "a b", "{{name()}}", "x\n", "é", "a".repeat(65)])(
    "refuses the name %j before it signs",
    async (name) => {
      await expect(encode({ kind: "active" }, name)).rejects.toMatchObject({ code: "input/schema" });
    },
  );
});
