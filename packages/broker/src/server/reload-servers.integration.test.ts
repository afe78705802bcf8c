import { X509Certificate } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "node:tls";
import { startTestBroker, type TestBroker } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BrokerAccess } from "../access-texts.ts";
import { createCredentials } from "../accounts/user-jwt.ts";
import { createServerCertificate } from "../certificates.ts";
import { connectBroker } from "../connect.ts";
import { sendMessage } from "../party-requests.ts";
import { reloadServers } from "./reload-servers.ts";

const HOUR_MS = 3_600_000;
const life = { from: new Date(Date.now() - HOUR_MS), to: new Date(Date.now() + HOUR_MS) };
const message = new TextEncoder().encode("{}");
let broker: TestBroker;
let access: BrokerAccess;
beforeAll(async () => {
  broker = await startTestBroker({ parties: ["AL-SPOC"] });
  access = await broker.partyAccess("AL-SPOC");
});
afterAll(() => broker[Symbol.asyncDispose]());

async function connectReloader() {
  const { jwts, keys } = broker;
  const signer = keys.systemRoles.reloader;
  const text = await createCredentials({ name: "reloader", account: jwts.systemAccount, signer });
  return connectBroker({ ...access, credentials: { text } }, { name: "reloader" });
}

function serialShown(): Promise<string> {
  const [host, port] = broker.address.split(":");
  const { certificate: cert, key } = broker.client;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), ca: broker.authority.certificate, cert, key });
    socket.once("secureConnect", () => {
      resolve(socket.getPeerX509Certificate()?.serialNumber ?? "");
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

describe("reloadServers", () => {
  it("has the server show a renewed certificate; connections and accounts stay", async () => {
    const hosts = ["127.0.0.1"];
    const renewed = await createServerCertificate(broker.authority, { ...life, name: "server", hosts });
    const events: string[] = [];
    const nc = await connectBroker(access, { name: "stays", onEvent: ({ kind }) => void events.push(kind) });
    const tls = join(broker.folder, "tls");
    await writeFile(join(tls, "server.pem"), renewed.certificate);
    await writeFile(join(tls, "server-key.pem"), renewed.key);
    const reloader = await connectReloader();
    expect(await reloadServers(reloader)).toEqual(["test"]);
    expect(await serialShown()).toBe(new X509Certificate(renewed.certificate).serialNumber);
    expect(await sendMessage(nc, message)).toEqual({ sequence: expect.any(Number) });
    expect(events).toEqual([]);
    await nc.close();

    await writeFile(join(tls, "server-key.pem"), broker.client.key);
    await expect(reloadServers(reloader)).rejects.toMatchObject({ code: "broker/refused" });
    expect(await serialShown()).toBe(new X509Certificate(renewed.certificate).serialNumber);
    await reloader.close();
  });

  it("is nothing that a party can have done", async () => {
    const nc = await connectBroker(access, { name: "party" });
    await expect(reloadServers(nc)).rejects.toMatchObject({ code: "broker/refused" });
    await nc.close();
  });
});
