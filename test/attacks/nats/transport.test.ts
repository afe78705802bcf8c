import { type AddressInfo, connect as connectTcp } from "node:net";
import {
  connect as connectTls,
  createServer as createTlsServer,
  type ConnectionOptions as TlsOptions,
} from "node:tls";
import {
  type CertificateAndKey,
  createCertificateAuthority,
  createClientCertificate,
  createServerCertificate,
  createSubordinateAuthority,
} from "@leix/broker";
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

function createSubordinate(authority: CertificateAndKey, life = validity): Promise<CertificateAndKey> {
  return createSubordinateAuthority(authority, { ...life, name: "LEIX-CA-AL" });
}

function toOptions({ certificate: cert, key }: CertificateAndKey): { cert: string; key: string } {
  return { cert, key };
}

/** What a client of the network says of a server that shows this. */
async function showToClient({ certificate: cert, key }: CertificateAndKey): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const server = createTlsServer({ cert, key, minVersion: "TLSv1.3" }, (socket) => socket.end("hello"));
  server.on("tlsClientError", () => undefined);
  stack.defer(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port: own } = server.address() as AddressInfo;
  return await new Promise((resolve) => {
    const ca = broker.authority.certificate;
    const socket = connectTls({ host: "127.0.0.1", port: own, ca });
    socket.once("data", () => resolve("believed"));
    socket.once("error", ({ message }) => resolve(`refused: ${message}`));
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

  it("is admitted with a certificate of a subordinate authority, shown with that authority's", async () => {
    const subordinate = await createSubordinate(broker.authority);
    const made = await createClientCertificate(subordinate, { ...validity, name: "VICTIM" });
    expect(await handshake(toOptions(made))).toBe("INFO");
    const [alone = ""] = made.certificate.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/) ?? [];
    expect(await handshake({ cert: alone, key: made.key })).toMatch(/^refused/);
  });

  it("is refused with a server's certificate that a subordinate authority has signed", async () => {
    const subordinate = await createSubordinate(broker.authority);
    const server = { ...validity, name: "server", hosts: ["127.0.0.1"] };
    const made = await createServerCertificate(subordinate, server);
    expect(await showToClient(made)).toMatch(/^refused: .*purpose/);
    expect(await showToClient(await createServerCertificate(broker.authority, server))).toBe("believed");
  });

  it("is refused with a certificate of an authority that a subordinate authority has made", async () => {
    const subordinate = await createSubordinate(broker.authority);
    const second = await createSubordinateAuthority(subordinate, { ...validity, name: "LEIX-CA-RS" });
    const made = await createClientCertificate(second, { ...validity, name: "VICTIM" });
    expect(await handshake(toOptions(made))).toMatch(/^refused/);
  });

  it("is refused with a certificate of a subordinate authority of another network", async () => {
    const other = await createCertificateAuthority("test-ca", validity);
    const made = await createClientCertificate(await createSubordinate(other), {
      ...validity,
      name: "VICTIM",
    });
    expect(await handshake(toOptions(made))).toMatch(/^refused/);
  });

  it("is refused with a certificate that has ended, or whose subordinate authority has", async () => {
    const ended = { from: new Date(Date.now() - HOUR_MS), to: new Date(Date.now() - 1_000) };
    const subordinate = await createSubordinate(broker.authority);
    const late = await createClientCertificate(subordinate, { ...ended, name: "VICTIM" });
    expect(await handshake(toOptions(late))).toMatch(/^refused/);
    const lateAuthority = await createSubordinate(broker.authority, ended);
    const made = await createClientCertificate(lateAuthority, { ...validity, name: "VICTIM" });
    expect(await handshake(toOptions(made))).toMatch(/^refused/);
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
