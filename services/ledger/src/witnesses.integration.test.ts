import { join } from "node:path";
import { requestLog } from "@leix/broker";
import {
  AgencyId,
  decodeUtf8,
  encodeLogQuestion,
  encodeUtf8,
  invariant,
  type LogQuestion,
  parseLogAnswer,
  parseTileAnswer,
  type SigningKey,
  toWitnessName,
} from "@leix/protocol";
import { createPlan, loadCosigningKey } from "@leix/runtime";
import { fetchLog, type RecordedNetwork, startRecordedNetwork, waitUntil } from "@leix/testkit";
import {
  type AddCheckpoint,
  acceptCheckpoint,
  cosignCheckpoint,
  createAcceptancePolicy,
  createSigner,
  encodeCosignatures,
  encodeVerifierKey,
  type NoteSigner,
  parseAddCheckpoint,
  parseCheckpoint,
  parseNote,
  verifyConsistency,
} from "@leix/tlog";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startInstance, type TestInstance } from "./instance.testkit.ts";
import { createLogIdentity } from "./log-identity.ts";

let net: RecordedNetwork;
let instance: TestInstance;
let genesis: number;
beforeAll(async () => {
  net = await startRecordedNetwork({ ...createPlan({ countries: ["AL", "RS"] }), witnessQuorum: 2 });
  await net.recordGenesis();
  genesis = net.records.length;
  instance = await startInstance(net);
  await instance.untilPublished(genesis);
});
afterAll(async () => {
  await instance[Symbol.asyncDispose]();
  await net[Symbol.asyncDispose]();
});

const now = (): number => Math.floor(Date.now() / 1_000);

/** Authorities may ask as agencies do; the broker knows them without a registry. */
async function ask(question: LogQuestion, as = "AL"): Promise<Uint8Array> {
  return net.as(as, (nc) => requestLog(nc, encodeLogQuestion(question)));
}

async function askForCheckpoint(old: number): Promise<AddCheckpoint | null> {
  const { request } = parseLogAnswer("add-checkpoint", await ask({ ask: "add-checkpoint", old }));
  return request === null ? null : parseAddCheckpoint(encodeUtf8(request));
}

async function createWitness(agency: string): Promise<NoteSigner<"cosignature/v1">> {
  const name = toWitnessName(net.network.exchange, AgencyId.parse(agency));
  return createSigner(name, "cosignature/v1", await loadKey(agency));
}

async function loadKey(agency: string): Promise<SigningKey> {
  const key = await loadCosigningKey(net.folderOf(agency));
  invariant(key, `${agency} is a witness`);
  return key;
}

async function handIn(text: string, witness: NoteSigner<"cosignature/v1">, at = now()): Promise<number> {
  const lines = decodeUtf8(encodeCosignatures([await cosignCheckpoint(text, at, witness)]));
  const { size } = parseCheckpoint(text);
  return parseLogAnswer("cosignatures", await ask({ ask: "cosignatures", lines, size })).accepted;
}

describe("witnesses over the broker", () => {
  it("are all asked for one checkpoint until the quorum has it, with a proof", async () => {
    const [al, rs, fiu] = [
      await createWitness("AL-SPOC"),
      await createWitness("RS-SPOC"),
      await createWitness("RS-FIU"),
    ];
    const first = await askForCheckpoint(0);
    expect(first && parseCheckpoint(first.note.text).size).toBe(genesis);
    const text = first?.note.text ?? "";
    expect(await handIn(text, al)).toBe(1);
    expect((await fetchLog(net, instance, "AL-SPOC", "/checkpoint/cosigned")).status).toBe(404);
    await net.recordRejections(3);
    await instance.untilPublished(genesis + 3);
    // The ledger has grown, and the others are still asked for the same.
    expect((await askForCheckpoint(0))?.note.text).toBe(text);
    expect(await askForCheckpoint(genesis)).toBeNull();
    expect(await handIn(text, rs)).toBe(1);
    const cosigned = await fetchLog(net, instance, "AL-SPOC", "/checkpoint/cosigned");
    const { log } = await createLogIdentity(net.network.exchange, instance.folder.key);
    const witnesses = [al, rs, fiu].map(({ key }) => encodeVerifierKey(key));
    const policy = await createAcceptancePolicy({ log, witnesses, quorum: 2 });
    expect((await acceptCheckpoint(cosigned.body, policy, now())).checkpoint.size).toBe(genesis);
    // Then the next one, with a proof.
    const next = await askForCheckpoint(genesis);
    const second = parseCheckpoint(next?.note.text ?? "");
    expect(second.size).toBe(genesis + 3);
    const proof = { first: genesis, second: second.size, hashes: next?.hashes ?? [] };
    verifyConsistency(proof, parseCheckpoint(text).root, second.root);
    // A line for the newest is in the public note at once.
    expect(await handIn(next?.note.text ?? "", fiu)).toBe(1);
    const published = await fetchLog(net, instance, "AL-SPOC", "/checkpoint");
    const one = await createAcceptancePolicy({ log, witnesses, quorum: 1 });
    expect((await acceptCheckpoint(published.body, one, now())).cosignatures).toMatchObject([
      { witness: "demo.leix.example/witness/RS-FIU" },
    ]);
  });

  it("count only where the ledger has their key, and what they cosign is what was published", async () => {
    const witness = await createWitness("AL-SPOC");
    const stranger = await createSigner(
      toWitnessName(net.network.exchange, AgencyId.parse("AL-SPOC")),
      "cosignature/v1",
      await loadKey("RS-SPOC"),
    );
    const { sign } = await createLogIdentity(net.network.exchange, instance.folder.key);
    const newest = (await askForCheckpoint(genesis))?.note.text ?? "";
    expect(await handIn(newest, stranger)).toBe(0);
    expect(await handIn(newest, witness, now() + 3_600)).toBe(0);
    const other = decodeUtf8(await sign({ size: genesis, root: new Uint8Array(32) })).split("\n\n")[0];
    expect(await handIn(`${other}\n`, witness)).toBe(0);
    const unknown = decodeUtf8(await sign({ size: genesis + 2, root: new Uint8Array(32) })).split("\n\n")[0];
    expect(await handIn(`${unknown}\n`, witness)).toBe(0);
    expect(await handIn(newest, witness)).toBe(1);
  });

  it("get tiles, and an answer to what is no question", async () => {
    const path = `tile/0/000.p/${genesis + 3}`;
    const tile = parseTileAnswer(await ask({ ask: "tile", path }));
    expect(tile).toEqual(new Uint8Array((await fetchLog(net, instance, "AL", `/${path}`)).body));
    expect(tile.byteLength).toBe((genesis + 3) * 32);
    const code = async (question: LogQuestion): Promise<string> => {
      return decodeUtf8(await ask(question));
    };
    expect(await code({ ask: "tile", path: "tile/0/999" })).toBe('{"code":"tlog/tile-missing"}');
    expect(await code({ ask: "tile", path: "../checkpoint" })).toBe('{"code":"tlog/tile-path"}');
    expect(await code({ ask: "cosignatures", lines: "none", size: genesis })).toBe('{"code":"tlog/note"}');
    const empty = await net.as("AL", (nc) => requestLog(nc, encodeUtf8("{}")));
    expect(decodeUtf8(empty)).toBe('{"code":"input/schema"}');
  });

  it("find the last checkpoint that the quorum has cosigned after a restart", async () => {
    const before = await fetchLog(net, instance, "AL-SPOC", "/checkpoint/cosigned");
    await instance[Symbol.asyncDispose]();
    await net.recordRejections(1);
    instance = await startInstance(net);
    await instance.untilPublished(net.records.length);
    const after = await fetchLog(net, instance, "AL-SPOC", "/checkpoint/cosigned");
    expect([after.status, after.body.equals(before.body)]).toEqual([200, true]);
  });

  it("reach the quorum on each of two machines, whichever of them is asked", async () => {
    await using other = await startInstance(net, { store: join(net.dir, "another machine") });
    const both = [instance, other];
    const sizeOf = async (one: TestInstance): Promise<number> => {
      const { status, body } = await fetchLog(net, one, "AL-SPOC", "/checkpoint/cosigned");
      return status === 200 ? parseCheckpoint(parseNote(body).text).size : 0;
    };
    await net.recordRejections(2);
    await Promise.all(both.map((one) => one.untilPublished(net.records.length)));
    // One machine may be at a round of its own by now; the first line makes it one round for both.
    const asked = await askForCheckpoint(net.records.length - 1);
    const text = asked?.note.text ?? "";
    const { size } = parseCheckpoint(text);
    await handIn(text, await createWitness("AL-SPOC"));
    await Promise.all(both.map((one) => one.until(`cosigned ${size} 1`)));
    await net.recordRejections(2);
    await Promise.all(both.map((one) => one.untilPublished(net.records.length)));
    for (let time = 0; time < 8; time++) {
      expect((await askForCheckpoint(size - 1))?.note.text).toBe(text);
    }
    await handIn(text, await createWitness("RS-SPOC"));
    await Promise.all(both.map((one) => one.until(`cosigned ${size} 2`)));
    await waitUntil("both serve it", async () =>
      (await Promise.all(both.map(sizeOf))).every((n) => n === size),
    );
  });
});
