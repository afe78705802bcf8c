import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createCertificateAuthority,
  createClientCertificate,
  createNetworkKeys,
  encodeNetworkJwts,
  findNatsServer,
} from "@leix/broker";
import { TestBroker, type TestBrokerOptions } from "./test-broker.ts";

const HOUR_MS = 3_600_000;

/**
 * A real nats-server as a network has it: operator mode, TLS with client certificates, every stream, one
 * account a party, on a free loopback port and in a folder of its own. Its store outlives stop, kill and
 * restart. `await using` ends the server and removes the folder.
 */
export async function startTestBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const say = (line: string): void => void process.stderr.write(`leix: ${line}\n`);
  const { path: binary } = await findNatsServer({ env: process.env, say });
  const keys = createNetworkKeys();
  const validity = { from: new Date(Date.now() - HOUR_MS), to: new Date(Date.now() + 24 * HOUR_MS) };
  const authority = await createCertificateAuthority("test-ca", validity);
  const broker = new TestBroker({
    folder: await mkdtemp(join(tmpdir(), "leix-broker-")),
    binary,
    keys,
    jwts: await encodeNetworkJwts("test", keys),
    authority,
    client: await createClientCertificate(authority, { ...validity, name: "client" }),
    validity,
    options,
  });
  try {
    await broker.prepare();
    return broker;
  } catch (error) {
    await broker[Symbol.asyncDispose]();
    throw error;
  }
}
