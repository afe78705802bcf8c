import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestBroker, type TestBroker, waitUntil } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BrokerAccess } from "./access-texts.ts";
import { createCredentials, renewCredentials } from "./accounts/user-jwt.ts";
import {
  createCertificateAuthority,
  createClientCertificate,
  createServerCertificate,
} from "./certificates.ts";
import { type ConnectionEvent, connectBroker } from "./connect.ts";
import { sendMessage } from "./party-requests.ts";

const HOUR_MS = 3_600_000;
const validity = { from: new Date(Date.now() - HOUR_MS), to: new Date(Date.now() + HOUR_MS) };
const past = { from: validity.from, to: new Date(Date.now() - 60_000) };
const message = new TextEncoder().encode("{}");

let broker: TestBroker;
let folder: string;
let access: BrokerAccess;
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  broker = await startTestBroker({ parties: ["AL-SPOC"] });
  folder = await mkdtemp(join(tmpdir(), "leix-renewed-"));
  const { servers, credentials } = await broker.partyAccess("AL-SPOC");
  await writeFile(file("ca.crt"), broker.authority.certificate);
  await writeFile(file("tls.crt"), broker.client.certificate);
  await writeFile(file("tls.key"), broker.client.key);
  await writeFile(file("nats.creds"), "text" in credentials ? credentials.text : "");
  access = {
    servers,
    ca: { file: file("ca.crt") },
    certificate: { file: file("tls.crt") },
    key: { file: file("tls.key") },
    credentials: { file: file("nats.creds") },
  };
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function connectAndNote(): Promise<{
  nc: Awaited<ReturnType<typeof connectBroker>>;
  events: ConnectionEvent["kind"][];
}> {
  const events: ConnectionEvent["kind"][] = [];
  const nc = await connectBroker(access, { name: "test", onEvent: ({ kind }) => void events.push(kind) });
  return { nc, events };
}

describe("a connection whose files are renewed", () => {
  it("is kept when its user JWT ends, for the next one has the same user", async () => {
    const { account, signing: signer } = broker.party("AL-SPOC");
    const lasting = await readFile(file("nats.creds"), "utf8");
    const expiresAt = Math.ceil(Date.now() / 1_000) + 1;
    const short = await createCredentials({ name: "AL-SPOC", account, signer, expiresAt });
    await writeFile(file("nats.creds"), short);
    const { nc, events } = await connectAndNote();
    await writeFile(file("nats.creds"), await renewCredentials(short, { signer }));
    await waitUntil("the server to end it, and to take it back", () => events.includes("reconnected"));
    expect(await sendMessage(nc, message)).toEqual({ sequence: expect.any(Number) });
    await nc.close();
    await writeFile(file("nats.creds"), lasting);
  });

  it("goes on with another key, certificate and authority when it is made anew", async () => {
    const { nc, events } = await connectAndNote();
    await broker.stop();
    const authority = await createCertificateAuthority("test-ca", validity);
    const server = await createServerCertificate(authority, {
      ...validity,
      name: "server",
      hosts: ["127.0.0.1"],
    });
    const client = await createClientCertificate(authority, { ...validity, name: "AL-SPOC" });
    const tls = join(broker.folder, "tls");
    await writeFile(join(tls, "ca.pem"), authority.certificate);
    await writeFile(join(tls, "server.pem"), server.certificate);
    await writeFile(join(tls, "server-key.pem"), server.key);
    await writeFile(file("ca.crt"), authority.certificate);
    // In one file, beside a certificate that goes with no key: the key's own has the word.
    await writeFile(file("tls.key"), client.key + client.certificate);
    await broker.restart();
    await waitUntil("the client to be back", () => events.includes("reconnected"));
    expect(await sendMessage(nc, message)).toEqual({ sequence: expect.any(Number) });
    await nc.close();
    await restoreBroker();
  });

  it("stays the user that it was where the file has another one now", async () => {
    const { nc, events } = await connectAndNote();
    const lasting = await readFile(file("nats.creds"), "utf8");
    const { account, signing: signer } = broker.party("AL-SPOC");
    await writeFile(file("nats.creds"), await createCredentials({ name: "AL-SPOC", account, signer }));
    await broker.stop();
    await broker.restart();
    await waitUntil("the client to be back", () => events.includes("reconnected"));
    expect(await sendMessage(nc, message)).toEqual({ sequence: expect.any(Number) });
    await nc.close();
    await writeFile(file("nats.creds"), lasting);
  });

  it("goes on with what it had where a file is not there at that moment", async () => {
    const { nc, events } = await connectAndNote();
    await rename(file("nats.creds"), file("away"));
    await broker.stop();
    await broker.restart();
    await waitUntil("the client to be back", () => events.includes("reconnected"));
    expect(await sendMessage(nc, message)).toEqual({ sequence: expect.any(Number) });
    await nc.close();
    await rename(file("away"), file("nats.creds"));
  });
});

describe("a server whose certificate has ended", () => {
  it("is named, with the command of its operator", async () => {
    await broker.stop();
    const tls = join(broker.folder, "tls");
    const hosts = ["127.0.0.1"];
    const ended = await createServerCertificate(broker.authority, { ...past, name: "server", hosts });
    await writeFile(join(tls, "server.pem"), ended.certificate);
    await writeFile(join(tls, "server-key.pem"), ended.key);
    await broker.restart();
    await expect(connectBroker(access, { name: "test" })).rejects.toMatchObject({
      code: "broker/expired",
      detail: expect.stringMatching(/server certificate of the broker at 127.*leix network renew/),
    });
    await restoreBroker();
    await using nc = await connectBroker(access, { name: "test" });
    expect(nc.isClosed()).toBe(false);
  });
});

async function restoreBroker(): Promise<void> {
  await broker.stop();
  const tls = join(broker.folder, "tls");
  const hosts = ["127.0.0.1"];
  const server = await createServerCertificate(broker.authority, { ...validity, name: "server", hosts });
  await writeFile(join(tls, "ca.pem"), broker.authority.certificate);
  await writeFile(join(tls, "server.pem"), server.certificate);
  await writeFile(join(tls, "server-key.pem"), server.key);
  await writeFile(file("ca.crt"), broker.authority.certificate);
  await writeFile(file("tls.key"), broker.client.key);
  await broker.restart();
}
