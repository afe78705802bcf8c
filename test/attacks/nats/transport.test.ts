import { connect as connectTcp } from "node:net";
import { connect as connectTls, type ConnectionOptions as TlsOptions } from "node:tls";
import { createCertificateAuthority, createClientCertificate } from "@leix/broker";
import { startTestBroker, type TestBroker } from "@leix/testkit";
import { type ConnectionOptions, connect, credsAuthenticator } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let broker: TestBroker;
let port = 0;
const log: string[] = [];
const HOUR_MS = 3_600_000;
const validity = { from: new Date(Date.now() - HOUR_MS), to: new Date(Date.now() + HOUR_MS) };
beforeAll(async () => {
  broker = await startTestBroker({ parties: ["VICTIM"], onLine: (line) => log.push(line) });
  port = Number(broker.address.split(":")[1]);
});
afterAll(() => broker[Symbol.asyncDispose]());

/** The victim's own credentials: what is missing is the certificate. */
async function connectWith(tls: ConnectionOptions["tls"]): Promise<string> {
  const { credentials } = await broker.partyAccess("VICTIM");
  const text = "text" in credentials ? credentials.text : "";
  const authenticator = credsAuthenticator(new TextEncoder().encode(text));
  const options = { servers: broker.address, authenticator, timeout: 5_000, reconnect: false };
  return connect({ ...options, ...(tls === undefined ? {} : { tls }) }).then(
    async (nc) => {
      await nc.close();
      return "connected";
    },
    () => "refused",
  );
}

/** The first bytes a server says over TLS with these options, or why not. */
async function handshake(options: TlsOptions): Promise<string> {
  return new Promise((resolve) => {
    const ca = broker.authority.certificate;
    const socket = connectTls({ host: "127.0.0.1", port, ca, ...options });
    socket.once("data", (bytes: Buffer) => {
      resolve(bytes.toString("latin1").slice(0, 4));
      socket.destroy();
    });
    socket.once("error", ({ message }) => resolve(`refused: ${message}`));
    socket.once("close", () => resolve("refused: closed"));
  });
}

function own(): { cert: string; key: string } {
  return { cert: broker.client.certificate, key: broker.client.key };
}

describe("a connection without one of its factors", () => {
  it("is admitted with all of them: certificate of our authority, TLS 1.3, credentials", async () => {
    expect(await connectWith({ handshakeFirst: true, ca: broker.authority.certificate, ...own() })).toBe(
      "connected",
    );
    expect(await handshake(own())).toBe("INFO");
  });

  it("is refused without a client certificate", async () => {
    expect(await connectWith({ handshakeFirst: true, ca: broker.authority.certificate })).toBe("refused");
    expect(await handshake({})).toMatch(/^refused/);
    expect(log.some((line) => line.includes("client didn't provide a certificate"))).toBe(true);
  });

  it("is refused with a certificate of another authority of the same name", async () => {
    const other = await createCertificateAuthority("test-ca", validity);
    const { certificate: cert, key } = await createClientCertificate(other, { ...validity, name: "client" });
    expect(await connectWith({ handshakeFirst: true, ca: broker.authority.certificate, cert, key })).toBe(
      "refused",
    );
    expect(await handshake({ cert, key })).toMatch(/^refused/);
  });

  it("is refused with a certificate that a client certificate has signed", async () => {
    const forged = await createClientCertificate(broker.client, { ...validity, name: "forged" });
    const chain = { cert: forged.certificate + broker.client.certificate, key: forged.key };
    expect(await handshake(chain)).toMatch(/^refused/);
  });

  it("is refused below TLS 1.3", async () => {
    expect(await handshake({ ...own(), maxVersion: "TLSv1.2" })).toMatch(/^refused/);
  });

  it("is refused without credentials", async () => {
    const tls = { handshakeFirst: true, ca: broker.authority.certificate, ...own() };
    await expect(connect({ servers: broker.address, tls, reconnect: false })).rejects.toThrow(
      /[Aa]uthorization/,
    );
  });

  it("is refused in the clear, and is not told anything before the handshake", async () => {
    expect(await connectWith(null)).toBe("refused");
    const heard = await new Promise<string>((resolve) => {
      const chunks: Buffer[] = [];
      const socket = connectTcp(port, "127.0.0.1", () => {
        socket.write('CONNECT {"verbose":false}\r\nPING\r\n');
      });
      socket.on("data", (bytes: Buffer) => chunks.push(bytes)).on("error", () => undefined);
      socket.once("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
    });
    expect(heard).not.toMatch(/INFO|PONG|server_id|2\.15/);
  });
});
