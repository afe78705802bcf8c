import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { appendCheckpoint, loadCheckpoint } from "@leix/broker";
import {
  decodeUtf8,
  encodeEnvelope,
  type LocalKey,
  provePossession,
  RegisteredKey,
  type SigningKey,
  STATEMENT_TYP,
  signJws,
  toPublicJwk,
  toThumbprint,
} from "@leix/protocol";
import { loadSigningKey, PARTY_FILES } from "@leix/runtime";
import { fetchLog, type RecordedNetwork, startRecordedNetwork } from "@leix/testkit";
import { createVerifier, parseCheckpoint, parseNote, parseVerifierKey, verifyNote } from "@leix/tlog";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startInstance, type TestInstance } from "./instance.testkit.ts";
import { createLogIdentity } from "./log-identity.ts";

let net: RecordedNetwork;
beforeAll(async () => {
  net = await startRecordedNetwork();
  await net.recordGenesis();
});
afterAll(() => net[Symbol.asyncDispose]());

interface LogKey {
  readonly key: SigningKey;
  readonly registered: RegisteredKey;
}

function toRegistered(key: SigningKey): RegisteredKey {
  const now = Math.floor(Date.now() / 1_000);
  const validity = { nbf: now - 60, exp: now + 86_400 };
  return RegisteredKey.parse({
    kid: key.kid,
    use: "sig",
    alg: "Ed25519",
    jwk: toPublicJwk(key),
    ...validity,
  });
}

function createKey(): LogKey & { readonly key: LocalKey } {
  const { x = "", d = "" } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const jwk = { kty: "OKP", crv: "Ed25519", x } as const;
  const key = { alg: "Ed25519", kid: toThumbprint(jwk), jwk: { ...jwk, d } } as const;
  return { key, registered: toRegistered(key) };
}

/** The anchor says which keys the ledger service has from now on. */
async function register(version: number, pairs: readonly LogKey[]): Promise<void> {
  const keys = pairs.map(({ registered }) => registered);
  const about = { aud: net.network.exchange, party: "ledger" } as const;
  const proofs = await Promise.all(pairs.map(({ key }) => provePossession(about, key)));
  const common = { v: 1, aud: net.network.exchange, iat: Math.floor(Date.now() / 1_000), iss: "anchor" };
  const statement = {
    ...common,
    kind: "service",
    subject: "ledger",
    version,
    status: "active",
    keys,
    proofs,
  };
  const { token } = await signJws(statement, STATEMENT_TYP, await loadSigningKey(net.folderOf("anchor")));
  await net.record([{ by: "anchor", envelope: decodeUtf8(encodeEnvelope({ statement: token })) }]);
}

/** What an operator does: the file is replaced, and the service started again. */
async function install({ key: { jwk, kid, alg } }: { readonly key: LocalKey }): Promise<void> {
  const file = join(net.folderOf("ledger"), PARTY_FILES.signing);
  await writeFile(file, JSON.stringify({ ...jwk, kid, alg }));
}

/** With which of the keys is the newest public checkpoint signed? */
async function findSigner(instance: TestInstance, keys: readonly LogKey[]): Promise<number> {
  const { body } = await fetchLog(net, instance, "AL-SPOC", "/checkpoint");
  const logs = await Promise.all(keys.map(({ key }) => createLogIdentity(net.network.exchange, key)));
  const verifiers = await Promise.all(
    logs.map(({ log }) => createVerifier(parseVerifierKey(log, "ed25519"))),
  );
  const { verified } = await verifyNote(parseNote(body), verifiers);
  return verifiers.findIndex(({ key }) => key.keyId === verified[0]?.key.keyId);
}

it("signs with a new key once the ledger names it, and never with one that was withdrawn", async () => {
  const old = await loadSigningKey(net.folderOf("ledger"));
  const keys = [{ key: old, registered: toRegistered(old) }, createKey()] as const;
  {
    await using instance = await startInstance(net);
    await instance.untilPublished(net.records.length);
    // The overlap: both are the log's.
    await register(2, keys);
    await instance.untilPublished(net.records.length);
    expect([await findSigner(instance, keys), instance.problems()]).toEqual([0, []]);
  }
  await install(keys[1]);
  {
    // Its store and CHECKPOINT end with a checkpoint by the old key.
    await using instance = await startInstance(net);
    await net.recordRejections(3);
    await instance.untilPublished(net.records.length);
    expect(await findSigner(instance, keys)).toBe(1);
    await register(3, keys.slice(1));
    await instance.untilPublished(net.records.length);
    expect([await findSigner(instance, keys), instance.problems()]).toEqual([1, []]);
  }
  // On a machine of its own, from the first record on: it meets the checkpoints of both.
  await using fresh = await startInstance(net, { store: join(net.dir, "another machine") });
  await net.recordRejections(2);
  await fresh.untilPublished(net.records.length);
  expect([await findSigner(fresh, keys), fresh.problems()]).toEqual([1, []]);
});

it("with a withdrawn key follows and signs nothing; a checkpoint of it stops the others", async () => {
  const withdrawn = createKey();
  const next = createKey();
  await register(4, [withdrawn]);
  await install(withdrawn);
  await using instance = await startInstance(net, { store: join(net.dir, "the last one of the key") });
  await instance.untilPublished(net.records.length);
  await register(5, [next]);
  await instance.until(`appended ${net.records.length}`);
  await net.recordRejections(300);
  await instance.until(`appended ${net.records.length}`);
  expect(instance.problems()).toContainEqual(expect.stringMatching(/signs nothing/));
  expect(instance.said).not.toContain(`published ${net.records.length}`);
  expect((await fetchLog(net, instance, "AL-SPOC", "/checkpoint")).status).toBe(200);

  await install(next);
  await using other = await startInstance(net, { store: join(net.dir, "with the next one") });
  await other.untilPublished(net.records.length);
  // The one with the withdrawn key takes over what the other signs.
  await instance.untilPublished(net.records.length);
  // The very tree, signed with the old key: whoever knew this tree knew that it was withdrawn.
  const { sign } = await createLogIdentity(net.network.exchange, withdrawn.key);
  const newest = await net.as("auditor", (nc) => loadCheckpoint(nc));
  const { text } = parseNote(newest?.note ?? new Uint8Array());
  const later = await sign(parseCheckpoint(text));
  await net.as("ledger", (nc) => appendCheckpoint(nc, later, newest?.sequence ?? 0));
  await net.recordRejections(1);
  await other.until(`stopped ${net.records.length} ledger/forked`);
});
