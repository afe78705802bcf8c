import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BrokerAccess } from "../access-texts.ts";
import { createNetworkKeys, encodeNetworkJwts, type NetworkJwts } from "../accounts/network-keys.ts";
import type { BrokerRole } from "../accounts/roles.ts";
import { createCredentials } from "../accounts/user-jwt.ts";
import { commitBatch } from "../atomic-batch.ts";
import {
  type CertificateAndKey,
  createCertificateAuthority,
  createClientCertificate,
  createServerCertificate,
} from "../certificates.ts";
import { connectBroker } from "../connect.ts";
import { ledgerHead, readLedger } from "../ledger-reader.ts";
import { compareBroker, createStreams } from "../provision.ts";
import { STREAM_SIZES_DEFAULT } from "../streams.ts";
import { findNatsServer } from "./find-nats-server.ts";
import { renderServerConfig } from "./server-config.ts";
import { type NatsServer, startNatsServer } from "./start-nats-server.ts";

const HOST = "127.0.0.1";
const NODES = [0, 1, 2];
const HOUR_MS = 3_600_000;
const validity = { from: new Date(Date.now() - HOUR_MS), to: new Date(Date.now() + HOUR_MS) };
const keys = createNetworkKeys();
const sizes = {
  ...STREAM_SIZES_DEFAULT,
  replicas: 3,
  outBytesMax: 1e9,
  inboxBytesMax: 1e9,
  quarantineBytesMax: 1e8,
};

let folder = "";
let binary = "";
let jwts: NetworkJwts;
let authority: CertificateAndKey;
let client: CertificateAndKey;
let ports: number[] = [];
const servers: NatsServer[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-cluster-"));
  ({ path: binary } = await findNatsServer({ env: process.env, say: () => undefined }));
  jwts = await encodeNetworkJwts("test", keys);
  authority = await createCertificateAuthority("test-ca", validity);
  client = await createClientCertificate(authority, { ...validity, name: "client" });
  ports = await findFreePorts(6);
  await Promise.all(NODES.map(writeNode));
  servers.push(...(await Promise.all(NODES.map(startNode))));
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.kill()));
  await rm(folder, { recursive: true, force: true });
});

async function writeNode(node: number): Promise<void> {
  const own = await createServerCertificate(authority, { ...validity, name: `n${node}`, hosts: [HOST] });
  await mkdir(join(folder, `n${node}`));
  const routes = NODES.map((other) => ({ host: HOST, port: ports[3 + other] ?? 0 }));
  const config = renderServerConfig({
    ...jwts,
    serverName: `n${node}`,
    listen: { host: HOST, port: ports[node] ?? 0 },
    tls: { certFile: "server.pem", keyFile: "server-key.pem", caFile: "ca.pem" },
    accountsFolder: "accounts",
    storeFolder: "store",
    storeBytesMax: 1e10,
    cluster: { name: "leix", listen: { host: HOST, port: ports[3 + node] ?? 0 }, routes },
  });
  const files = { "ca.pem": authority.certificate, "server.pem": own.certificate, "server-key.pem": own.key };
  for (const [name, text] of Object.entries({ ...files, "n.conf": config })) {
    await writeFile(join(folder, `n${node}`, name), text);
  }
}

function startNode(node: number): Promise<NatsServer> {
  return startNatsServer({ binary, folder: join(folder, `n${node}`), configFile: "n.conf" });
}

async function connect(role: BrokerRole) {
  const account = jwts.roleAccounts[role];
  const access: BrokerAccess = {
    servers: NODES.map((node) => `${HOST}:${ports[node]}`),
    ca: { text: authority.certificate },
    certificate: { text: client.certificate },
    key: { text: client.key },
    credentials: { text: await createCredentials({ name: role, account, signer: keys.brokerRoles[role] }) },
  };
  return connectBroker(access, { name: role });
}

async function findFreePorts(count: number): Promise<number[]> {
  const probes = Array.from({ length: count }, () => createServer());
  const found = await Promise.all(
    probes.map(
      (probe) =>
        new Promise<number>((resolve) => {
          probe.listen(0, HOST, () => {
            const address = probe.address();
            resolve(address !== null && typeof address === "object" ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  return found;
}

describe("three servers with routes over TLS", () => {
  it("keep every stream three times, and go on when any one is killed", { timeout: 180_000 }, async () => {
    await using provisioner = await connect("provisioner");
    // The cluster elects its leaders first.
    await expect
      .poll(() => createStreams(provisioner, sizes).then(() => "made", String), { timeout: 30_000 })
      .toBe("made");
    await using monitor = await connect("monitor");
    await expect.poll(() => compareBroker(monitor, { sizes, accounts: [] }), { timeout: 10_000 }).toEqual([]);

    await using policy = await connect("policy");
    let committed = 0;
    for (const node of NODES) {
      await commit(policy, ++committed);
      await servers[node]?.kill();
      // Whoever led has to be replaced; what was not acknowledged is repeated with the same expectation.
      await commit(policy, ++committed);
      await using auditor = await connect("auditor");
      const sequences: number[] = [];
      for await (const { sequence } of readLedger(auditor, 1)) sequences.push(sequence);
      expect(sequences).toEqual(Array.from({ length: committed * 10 }, (_, i) => i + 1));
      servers[node] = await startNode(node);
    }
  });

  async function commit(policy: Awaited<ReturnType<typeof connect>>, batch: number): Promise<void> {
    const messages = Array.from({ length: 10 }, (_, i) => {
      return { subject: `leix.ledger.event.${batch}-${i}`, data: new Uint8Array(100) };
    });
    const expectedLastSequence = (batch - 1) * 10;
    const attempt = () => commitBatch(policy, messages, { expectedLastSequence, timeoutMs: 1_000 });
    const outcome = () =>
      attempt().then(
        () => "committed",
        ({ code }: { code: string }) => code,
      );
    await expect
      .poll(outcome, { timeout: 30_000, interval: 200 })
      .toMatch(/^(committed|broker\/head-moved)$/);
    await expect.poll(() => ledgerHead(policy), { timeout: 10_000 }).toBe(batch * 10);
  }
});
