import { type AccountId, decodeUtf8, encodeUtf8, toOutSubject } from "@leix/protocol";
import { startTestBroker, type TestBroker, type TestConnection } from "@leix/testkit";
import { type Account, decode, encodeAccount, encodeUser } from "@nats-io/jwt";
import { errors } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNkey } from "./accounts/nkeys.ts";
import { encodePartyAccountJwt } from "./accounts/party-jwt.ts";
import { BROKER_ROLES, type BrokerRole } from "./accounts/roles.ts";
import { formatCredentials } from "./accounts/user-jwt.ts";
import { publishOnce } from "./atomic-batch.ts";
import { openOutDrain } from "./out-drain.ts";
import { compareBroker, ensureClockConsumer } from "./provision.ts";

const sizes = { replicas: 1, outBytesMax: 1e9, inboxBytesMax: 1e9, quarantineBytesMax: 1e8 };
const TICK = '{"tick":1800000000}';
const SILENCE_MS = 400;

let broker: TestBroker;
let clock: AccountId;
beforeAll(async () => {
  broker = await startTestBroker({ parties: ["AL-SPOC"], sizes });
  clock = broker.jwts.brokerAccount;
});
afterAll(() => broker[Symbol.asyncDispose]());

describe("the clock's account in OUT", () => {
  it("has a consumer for what it sends, and none for an inbox", async () => {
    await using registry = await broker.connect("registry");
    await using monitor = await broker.connect("monitor");
    const missing = await compareBroker(monitor, { sizes, accounts: [], clock });
    expect(missing.map(({ of, setting }) => [of, setting])).toEqual([[`consumer OUT/${clock}`, "exists"]]);
    await ensureClockConsumer(registry, clock);
    await ensureClockConsumer(registry, clock);
    expect(await compareBroker(monitor, { sizes, accounts: [], clock })).toEqual([]);
  });

  it("is written by the policy service, and drained as any other", async () => {
    await using policy = await broker.connect("policy");
    const sequence = await publishOnce(policy, { subject: toOutSubject(clock), data: encodeUtf8(TICK) });
    await using drain = openOutDrain(policy);
    drain.add(clock);
    const round = await drain.next(AbortSignal.timeout(10_000));
    expect(round).toMatchObject([{ account: clock, sequence }]);
    for (const one of round ?? []) {
      expect(decodeUtf8(one.data)).toBe(TICK);
      one.ack();
    }
  });
});

describe("nobody else", () => {
  const others = (Object.keys(BROKER_ROLES) as BrokerRole[]).filter((role) => role !== "policy");

  it.each(others)("of the exchange's services can say what time it is: %s", async (role) => {
    await using nc = await broker.connect(role);
    expect(await attempt(nc, toOutSubject(clock))).toBe("refused");
  });

  it("among the parties can: not with what it has", async () => {
    await using nc = await broker.connectParty("AL-SPOC");
    expect(await attempt(nc, toOutSubject(clock))).toBe("refused");
  });

  it("can with a user made by its own identity key: it leads nowhere", async () => {
    await using nc = await connectUnrestricted();
    expect(await attempt(nc, toOutSubject(clock))).toBe("nobody");
  });

  it("can even where the operator signs that it imports the clock's subject", async () => {
    const { account, signing } = broker.party("AL-SPOC");
    const own = await encodePartyAccountJwt(
      { account, name: "AL-SPOC", signingKeys: [signing.getPublicKey()], status: { kind: "active" } },
      { ...broker.jwts, signer: broker.keys.operatorSigning },
    );
    const { nats } = decode<Account>(own);
    const imports = (nats.imports ?? []).map((one) => {
      return { ...one, subject: one.subject.replace(account, clock) };
    });
    const options = { signer: broker.keys.operatorSigning };
    await broker.push(await encodeAccount("AL-SPOC", account, { ...nats, imports }, options));
    await using nc = await connectUnrestricted();
    expect(await attempt(nc, "leix.send")).toBe("nobody");
    await using policy = await broker.connect("policy");
    await using drain = openOutDrain(policy);
    drain.add(clock);
    expect(await drain.next(AbortSignal.timeout(SILENCE_MS))).toBeUndefined();
  });
});

/** A user signed by the party's identity key: no signing key's template applies to it. */
async function connectUnrestricted(): Promise<TestConnection> {
  const user = createNkey("user");
  const jwt = await encodeUser("unrestricted", user, broker.party("AL-SPOC").identity, {});
  return broker.connectWith(formatCredentials(jwt, user), { name: "unrestricted" });
}

async function attempt(nc: TestConnection, subject: string): Promise<"refused" | "nobody" | "stored"> {
  try {
    await nc.request(subject, TICK, { timeout: SILENCE_MS });
    return "stored";
  } catch (error) {
    if (error instanceof errors.RequestError && error.isNoResponders()) return "nobody";
    if (isRefusal(error)) return "refused";
    throw error;
  }
}

function isRefusal(error: unknown): boolean {
  if (error instanceof errors.PermissionViolationError) return true;
  return error instanceof Error && error.cause !== undefined && isRefusal(error.cause);
}
