import { createServer, type Server } from "node:net";
import { startTestBroker, type TestBroker } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BrokerAccess } from "./access-texts.ts";
import { createNkey } from "./accounts/nkeys.ts";
import { createCredentials } from "./accounts/user-jwt.ts";
import { createCertificateAuthority, createClientCertificate } from "./certificates.ts";
import { type ConnectionEvent, connectBroker } from "./connect.ts";
import { sendMessage } from "./party-requests.ts";

let broker: TestBroker;
let access: BrokerAccess;
beforeAll(async () => {
  broker = await startTestBroker({ parties: ["AL-SPOC"] });
  access = await broker.partyAccess("AL-SPOC");
});
afterAll(() => broker[Symbol.asyncDispose]());

const HOUR_MS = 3_600_000;
const validity = { from: new Date(Date.now() - HOUR_MS), to: new Date(Date.now() + HOUR_MS) };
const message = new TextEncoder().encode("{}");

/** What a refused connection says. */
async function refusal(changed: Partial<BrokerAccess>): Promise<unknown> {
  return connectBroker({ ...access, ...changed }, { name: "test" }).then(
    () => "connected",
    (error: unknown) => error,
  );
}

function unreachable(detail: string): unknown {
  return expect.objectContaining({ code: "broker/unreachable", detail: expect.stringContaining(detail) });
}

describe("connectBroker", () => {
  it("needs both factors and has them", async () => {
    await using nc = await connectBroker(access, { name: "test" });
    expect(nc.info?.tls_verify).toBe(true);
    expect(await sendMessage(nc, message)).toEqual({ sequence: expect.any(Number) });
  });

  it("refuses a server of another authority", async () => {
    const other = await createCertificateAuthority("other", validity);
    expect(await refusal({ ca: { text: other.certificate } })).toEqual(unreachable("not of the given CA"));
  });

  it("refuses a server under another name", async () => {
    const servers = [broker.address.replace("127.0.0.1", "localhost")];
    expect(await refusal({ servers })).toEqual(unreachable("another host name"));
  });

  it("names a client certificate that has ended, also when it was told to wait", async () => {
    const past = { from: new Date(Date.now() - 2 * HOUR_MS), to: new Date(Date.now() - HOUR_MS) };
    const old = await createClientCertificate(broker.authority, { ...past, name: "AL-SPOC" });
    const changed = { certificate: { text: old.certificate }, key: { text: old.key } };
    const options = { name: "test", firstConnectWaitMs: 3_600_000 };
    await expect(connectBroker({ ...access, ...changed }, options)).rejects.toMatchObject({
      code: "broker/expired",
      detail: expect.stringContaining("the client certificate of AL-SPOC ended"),
    });
  });

  it("names credentials that have ended", async () => {
    const { account, signing: signer } = broker.party("AL-SPOC");
    const expiresAt = Math.floor(Date.now() / 1000) - 60;
    const text = await createCredentials({ name: "AL-SPOC", account, signer, expiresAt });
    expect(await refusal({ credentials: { text } })).toMatchObject({
      code: "broker/expired",
      detail: expect.stringContaining("the NATS credentials of AL-SPOC ended"),
    });
  });

  it("names credentials that are signed by a key that is not the account's as the cause", async () => {
    const { account } = broker.party("AL-SPOC");
    const text = await createCredentials({ name: "x", account, signer: createNkey("account") });
    expect(await refusal({ credentials: { text } })).toEqual(unreachable("credentials are refused"));
  });

  it("names an address where nothing listens as the cause", async () => {
    expect(await refusal({ servers: ["127.0.0.1:1"] })).toEqual(unreachable("nothing listens"));
  });

  it("never speaks in the clear, not even to a server that would", async () => {
    const heard: Buffer[] = [];
    const server = createServer((socket) => {
      socket.on("error", () => undefined).on("data", (bytes: Buffer) => heard.push(bytes));
      socket.write('INFO {"server_id":"X","max_payload":1048576,"headers":true}\r\n');
    });
    const port = await listen(server);
    expect(await refusal({ servers: [`127.0.0.1:${port}`] })).toEqual(
      unreachable("does not speak TLS first"),
    );
    server.close();
    expect(Buffer.concat(heard).toString("latin1")).not.toMatch(/CONNECT|eyJ|jwt/);
  });

  it.each([
    ["a file that is not there", { file: "/nonexistent/x.creds" }],
    ["no credentials", { text: "nonsense" }],
  ])("refuses %s before it connects", async (_what, credentials) => {
    expect(await refusal({ credentials })).toMatchObject({ code: "config/invalid" });
  });

  it("waits for a broker that starts later, when it is told to", async () => {
    await broker.stop();
    const connecting = connectBroker(access, { name: "early", firstConnectWaitMs: 30_000 });
    await broker.restart();
    await using nc = await connecting;
    expect(nc.isClosed()).toBe(false);
  });

  it("gives up waiting when it is told to", async () => {
    const controller = new AbortController();
    const connecting = connectBroker(
      { ...access, servers: ["127.0.0.1:1"] },
      { name: "early", firstConnectWaitMs: 30_000, signal: controller.signal },
    );
    controller.abort();
    await expect(connecting).rejects.toMatchObject({ code: "broker/unreachable" });
  });

  it("survives a crash of the server and says what happened, in order", async () => {
    const events: ConnectionEvent["kind"][] = [];
    const reconnected = Promise.withResolvers<void>();
    const nc = await connectBroker(access, {
      name: "survivor",
      onEvent: ({ kind }) => {
        events.push(kind);
        if (kind === "reconnected") reconnected.resolve();
      },
    });
    await broker.kill();
    await broker.restart();
    await reconnected.promise;
    expect(await sendMessage(nc, message)).toEqual({ sequence: expect.any(Number) });
    await nc.close();
    await expect.poll(() => events).toEqual(["disconnected", "reconnected", "closed"]);
  });
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
