import { type Account, decode, type Operator, type User } from "@nats-io/jwt";
import { describe, expect, it } from "vitest";
import { createNetworkKeys, encodeNetworkJwts } from "./network-keys.ts";
import { BROKER_ROLES, SYSTEM_ROLES } from "./roles.ts";
import { createCredentials, encodeUserJwt } from "./user-jwt.ts";

const keys = createNetworkKeys();
const jwts = await encodeNetworkJwts("test", keys);

describe("encodeNetworkJwts", () => {
  it("is signed by the operator, whose signing key signs the accounts", () => {
    const operator = decode<Operator>(jwts.operatorJwt);
    expect(operator.iss).toBe(keys.operator.getPublicKey());
    expect(operator.nats.signing_keys).toEqual([keys.operatorSigning.getPublicKey()]);
    expect(operator.nats.system_account).toBe(jwts.systemAccount);
    for (const jwt of jwts.preload.values()) {
      expect(decode(jwt).iss).toBe(keys.operatorSigning.getPublicKey());
    }
  });

  it("exports to parties only subjects that bear the importer's id, each at the place of a wildcard", () => {
    const { nats } = decode<Account>(jwts.preload.get(jwts.brokerAccount) ?? "");
    const [own, shown] = [4, 7];
    expect(nats.exports).toHaveLength(own + shown);
    for (const { subject, account_token_position: position = 0, type } of nats.exports?.slice(0, own) ?? []) {
      expect(type).toBe("service");
      expect(subject.split(".")[position - 1]).toBe("*");
    }
  });

  it("lets the readers import what they may do, and nothing that writes", () => {
    const { nats } = decode<Account>(jwts.preload.get(jwts.roleAccounts.auditor) ?? "");
    expect(nats.imports?.map(({ type, subject, account }) => [type, subject, account])).toEqual([
      ["service", "$JS.API.DIRECT.GET.LEDGER", jwts.brokerAccount],
      ["service", "$JS.API.DIRECT.GET.SEALED", jwts.brokerAccount],
      ["service", "$JS.API.DIRECT.GET.CHECKPOINT.leix.checkpoint", jwts.brokerAccount],
      ["service", "$JS.API.STREAM.INFO.*", jwts.brokerAccount],
      ["service", "$JS.API.CONSUMER.INFO.*.*", jwts.brokerAccount],
      ["stream", "leix.ledger.>", jwts.brokerAccount],
    ]);
    expect(nats.exports).toBeUndefined();
    expect(nats.limits).not.toHaveProperty("disk_storage");
  });

  it("lets the ledger service append checkpoints, and answer each party in its own name only", () => {
    const { nats } = decode<Account>(jwts.preload.get(jwts.logAccount) ?? "");
    expect(nats.imports?.map(({ type, subject, account }) => [type, subject, account])).toEqual([
      ["service", "$JS.API.DIRECT.GET.LEDGER", jwts.brokerAccount],
      ["service", "$JS.API.DIRECT.GET.CHECKPOINT.leix.checkpoint", jwts.brokerAccount],
      ["service", "leix.checkpoint", jwts.brokerAccount],
      ["stream", "leix.ledger.>", jwts.brokerAccount],
    ]);
    expect(nats.exports).toEqual([
      expect.objectContaining({ subject: "leix.log.*", type: "service", account_token_position: 3 }),
    ]);
    expect(nats.limits).not.toHaveProperty("disk_storage");
  });

  it.each([
    ["SYS", jwts.systemAccount, Object.keys(SYSTEM_ROLES)],
    ["BROKER", jwts.brokerAccount, ["policy", "registry", "provisioner", "restorer"]],
    ["READER", jwts.roleAccounts.auditor, ["auditor", "monitor"]],
    ["LOG", jwts.logAccount, ["ledger"]],
  ])("%s has one scoped key a role and no other", (_name, account, roles) => {
    const { nats } = decode<Account>(jwts.preload.get(account) ?? "");
    const signers = nats.signing_keys ?? [];
    expect(signers.map((signer) => (typeof signer === "string" ? signer : signer.role))).toEqual(roles);
  });

  it("gives no role a right on everything, to change a stream, or without an inbox of its own", () => {
    const roles = Object.values({ ...BROKER_ROLES, ...SYSTEM_ROLES });
    expect(roles).toHaveLength(9);
    // The account's own clock alone: nobody may speak for a party.
    const clock = "leix.out.{{account-subject()}}";
    expect(roles.filter(({ publish }) => publish.includes(clock))).toEqual([BROKER_ROLES.policy]);
    for (const { publish, subscribe } of roles) {
      expect(subscribe).toContain("_INBOX.{{subject()}}.>");
      const changing = publish.filter((subject) => /STREAM\.(UPDATE|DELETE|PURGE|MSG)/.test(subject));
      const offline = ["$JS.API.STREAM.DELETE.LEDGER", "$JS.API.STREAM.PURGE.SEALED"];
      const emptying = ["$JS.API.STREAM.PURGE.INBOX"];
      const { restorer, registry } = BROKER_ROLES;
      const isRegistry = publish === registry.publish;
      expect(changing).toEqual(publish === restorer.publish ? offline : isRegistry ? emptying : []);
      for (const subject of [...publish.filter((one) => one !== clock), ...subscribe]) {
        expect(subject).not.toMatch(/^(>|\*|\$JS\.>|\$JS\.API\.>|\$SYS\.>|leix\.>|leix\.out.*)$/);
      }
    }
  });
});

describe("users", () => {
  it("carry no permission of their own", async () => {
    const user = "UBYW4FSWGPBPBSWE64Z6PATJTTXCWWQDALJMRWIIPHPII7K6I7MVKHDE";
    const signer = keys.brokerRoles.policy;
    const jwt = await encodeUserJwt(user, { name: "p", account: jwts.brokerAccount, signer, expiresAt: 99 });
    const claims = decode<User>(jwt);
    expect(claims).toMatchObject({ sub: user, iss: signer.getPublicKey(), exp: 99 });
    expect(claims.nats).toEqual({ issuer_account: jwts.brokerAccount, type: "user", version: 2 });
  });

  it.each(["*", ">", "a.b"])("are not signed with the name %j", async (name) => {
    const signer = keys.brokerRoles.policy;
    const creating = createCredentials({ name, account: jwts.brokerAccount, signer });
    await expect(creating).rejects.toMatchObject({ code: "input/schema" });
  });
});
