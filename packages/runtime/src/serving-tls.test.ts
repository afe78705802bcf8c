import { X509Certificate } from "node:crypto";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import {
  type CertificateAndKey,
  createCertificateAuthority,
  createClientCertificate,
  createServerCertificate,
  createSubordinateAuthority,
} from "@leix/broker";
import { waitUntil } from "@leix/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { followServingTls, loadServingTls, readPeerName, type ServingFiles } from "./serving-tls.ts";

const HOUR_MS = 3_600_000;
const life = { from: new Date(Date.now() - HOUR_MS), to: new Date(Date.now() + HOUR_MS) };
const authority = await createCertificateAuthority("LEIX-CA", life);
const client = await createClientCertificate(authority, { ...life, name: "AL-SPOC" });
const createOwn = () => createServerCertificate(authority, { ...life, name: "ledger", hosts: ["127.0.0.1"] });

let folder: string;
let files: ServingFiles;
let server: Server;
let port: number;
let stopping: AbortController;
const names: string[] = [];
const failed: unknown[] = [];
let reloads = 0;

beforeEach(async () => {
  stopping = new AbortController();
  folder = await mkdtemp(join(tmpdir(), "leix-serving-"));
  files = { ca: join(folder, "ca.crt"), certificate: join(folder, "log.crt"), key: join(folder, "log.key") };
  await writeFile(files.ca, authority.certificate);
  await write(await createOwn());
  const shown = await loadServingTls(files);
  server = createServer({ ...shown, requestCert: true, minVersion: "TLSv1.3" });
  server.on("secureConnection", (socket) => {
    names.push(readPeerName(socket));
    socket.write("hello");
  });
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
  const onReloaded = (): void => void reloads++;
  const onFailed = (error: unknown): void => void failed.push(error);
  void followServingTls(files, { server, shown, onReloaded, onFailed, everyMs: 10 }, stopping.signal);
});
afterEach(async () => {
  stopping.abort();
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function write({ certificate, key }: CertificateAndKey): Promise<void> {
  await writeFile(files.certificate, certificate);
  await writeFile(files.key, key);
}

/** Connected and greeted; or why not. */
function open(show: CertificateAndKey = client): Promise<TLSSocket | string> {
  const tls = { ca: authority.certificate, cert: show.certificate, key: show.key };
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, ...tls });
    socket.once("data", () => resolve(socket));
    socket.once("error", ({ message }) => resolve(message));
    socket.once("close", () => resolve("closed"));
  });
}

async function serialShown(): Promise<string> {
  const socket = await open();
  if (typeof socket === "string") return socket;
  const { serialNumber } = socket.getPeerX509Certificate() ?? { serialNumber: "" };
  socket.destroy();
  return serialNumber;
}

describe("followServingTls", () => {
  it("shows what was renewed, keeps who is connected, and survives a bad file", async () => {
    const before = await open();
    if (typeof before === "string") throw new Error(before);
    // In one file with its key, beside a certificate that is the old one.
    const renewed = await createOwn();
    await writeFile(`${files.key}.new`, renewed.key + renewed.certificate);
    await rename(`${files.key}.new`, files.key);
    await waitUntil("it to be seen", () => reloads === 1);
    const wanted = new X509Certificate(renewed.certificate).serialNumber;
    expect(await serialShown()).toBe(wanted);
    const other = await createCertificateAuthority("LEIX-CA", life);
    expect(await open(await createClientCertificate(other, { ...life, name: "AL-SPOC" }))).toEqual(
      expect.any(String),
    );
    expect(before.destroyed || before.closed).toBe(false);
    before.destroy();

    await writeFile(files.key, "");
    await waitUntil("it to be refused", () => failed.length > 0);
    failed.length = 0;
    await writeFile(files.key, client.key);
    await waitUntil("it to be refused", () => failed.length > 0);
    expect(await serialShown()).toBe(wanted);
    expect(reloads).toBe(1);
  });
});

describe("readPeerName", () => {
  it("is empty where a country's authority has named a party that is not its own", async () => {
    const country = await createSubordinateAuthority(authority, { ...life, name: "LEIX-CA-AL" });
    for (const name of ["AL-CUSTOMS", "RS-SPOC", "auditor"]) {
      const socket = await open(await createClientCertificate(country, { ...life, name }));
      if (typeof socket === "string") throw new Error(socket);
      socket.destroy();
    }
    expect(names.slice(-3)).toEqual(["AL-CUSTOMS", "", ""]);
  });
});
