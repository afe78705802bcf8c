import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLayer, createState, decideBatch, listLogKeys, listWitnesses } from "@leix/exchange";
import { AccountId, encodeUtf8 } from "@leix/protocol";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  loadCosigningKey,
  loadDecryptionKeys,
  loadPartyFolder,
  loadSigningKey,
  PARTY_FILES,
} from "../party-folder.ts";
import { loadPolicyFiles } from "../policy-files.ts";
import { readZoneVersion } from "../zone-data.ts";
import { createNetwork } from "./create-network.ts";
import { createPlan } from "./default-plan.ts";
import { loadGenesis } from "./genesis-files.ts";
import { loadNetwork, type NetworkFile, toPartyFolder } from "./network-file.ts";

// A network has some fifty key pairs, and NATS keys are made in JavaScript.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const NOW = new Date("2026-03-01T08:00:00Z");
const SECONDS = NOW.getTime() / 1_000;
let dir: string;
let network: NetworkFile;

beforeAll(async () => {
  dir = join(await mkdtemp(join(tmpdir(), "leix-network-")), "network");
  network = await createNetwork(createPlan({ witnessQuorum: 3 }), dir, {
    policyFiles: loadPolicyFiles(),
    now: NOW,
  });
});
afterAll(() => rm(join(dir, ".."), { recursive: true, force: true }));

describe("the folder", () => {
  it("keeps folders and secrets to their owner", async () => {
    const entries = await readdir(dir, { recursive: true, withFileTypes: true });
    const modes = await Promise.all(
      entries.map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const { mode } = await stat(path);
        return { path, isFolder: entry.isDirectory(), mode: (mode & 0o777).toString(8) };
      }),
    );
    expect(modes.length).toBeGreaterThan(150);
    const folders = modes.filter(({ isFolder }) => isFolder);
    expect(folders.filter(({ mode }) => mode !== "700")).toEqual([]);
    const secrets = modes.filter(({ path }) => /\.(nk|jwk|key|creds|conf)$/.test(path));
    expect(secrets.length).toBeGreaterThan(70);
    expect(secrets.filter(({ mode }) => mode !== "600")).toEqual([]);
    const open = modes.filter(({ isFolder, mode }) => !isFolder && mode !== "600").map(({ path }) => path);
    expect(open.filter((path) => !/\.(json|txt|crt)$/.test(path))).toEqual([]);
  });

  it("has a secret in no public file", async () => {
    const entries = await readdir(dir, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && /\.(json|txt|crt)$/.test(entry.name));
    expect(files.length).toBeGreaterThan(80);
    for (const entry of files) {
      const text = await readFile(join(entry.parentPath, entry.name), "utf8");
      expect(text).not.toMatch(/\bS[OAU][A-Z2-7]{56}\b|PRIVATE KEY|"d":/);
    }
  });

  it("is loaded again, party by party", async () => {
    expect(await loadNetwork(dir)).toEqual(network);
    expect(network.parties).toHaveLength(1 + 4 + 6 + 6);
    for (const { id, account, kind } of network.parties) {
      const { party, access } = await loadPartyFolder(toPartyFolder(dir, network, id));
      expect(party).toMatchObject({ id, aud: "demo.leix.example", anchorKey: network.anchorKey });
      expect(party.account).toBe(account);
      expect(access.servers).toEqual(["127.0.0.1:4222"]);
      if (kind !== "service")
        expect((await loadSigningKey(toPartyFolder(dir, network, id))).kid).toMatch(/^.{43}$/);
    }
  });

  it("gives every agency its own keys, and the parties different algorithms", async () => {
    const agencies = network.parties.filter(({ kind }) => kind === "agency");
    const keys = await Promise.all(
      agencies.map(async ({ folder }) => {
        const [encryption, ...more] = await loadDecryptionKeys(join(dir, folder));
        expect(more).toEqual([]);
        const officers = await readFile(join(dir, folder, PARTY_FILES.officers), "utf8");
        expect(Buffer.from(officers.trim(), "base64url")).toHaveLength(32);
        const cosigning = await loadCosigningKey(join(dir, folder));
        expect(cosigning?.alg).toBe("Ed25519");
        return { signing: await loadSigningKey(join(dir, folder)), encryption, cosigning };
      }),
    );
    expect(new Set(keys.map(({ signing }) => signing.alg))).toEqual(new Set(["ES256", "Ed25519"]));
    expect(new Set(keys.map(({ encryption }) => encryption?.jwk.crv))).toEqual(new Set(["P-256", "X25519"]));
    const kids = keys.flatMap(({ signing, encryption, cosigning }) => {
      return [signing.kid, encryption?.kid, cosigning?.kid];
    });
    expect(new Set(kids).size).toBe(18);
  });

  it("makes no witness of anybody but agencies, nor of an agency without the key", async () => {
    for (const { id, kind } of network.parties) {
      const folder = toPartyFolder(dir, network, id);
      expect((await loadCosigningKey(folder)) !== undefined).toBe(kind === "agency");
    }
    const folder = await mkdtemp(join(dir, "..", "other-"));
    const signing = await readFile(join(toPartyFolder(dir, network, "anchor"), PARTY_FILES.signing));
    await writeFile(join(folder, PARTY_FILES.cosigning), signing, { mode: 0o600 });
    await expect(loadCosigningKey(folder)).rejects.toMatchObject({ code: "config/invalid" });
  });

  it("is refused where something is", async () => {
    const policyFiles = loadPolicyFiles();
    await expect(createNetwork(createPlan(), dir, { policyFiles })).rejects.toMatchObject({
      code: "config/network-exists",
    });
    const file = join(dir, "..", "a-file");
    await writeFile(file, "");
    await expect(createNetwork(createPlan(), file, { policyFiles })).rejects.toMatchObject({
      code: "config/network-exists",
    });
  });

  it("may be there when it is empty", async () => {
    const empty = join(dir, "..", "empty");
    await mkdir(empty);
    const plan = createPlan({ countries: ["AL"] });
    const made = await createNetwork(plan, empty, { policyFiles: loadPolicyFiles() });
    expect(await loadNetwork(empty)).toEqual(made);
  });
});

describe("the genesis", () => {
  it("is accepted statement by statement, and puts membership, terms and policy set in force", async () => {
    const statements = await loadGenesis(dir);
    const { anchorKey, anchorAccount, exchange } = network;
    const state = createLayer(createState({ aud: exchange, anchorKey, anchorAccount }));
    const inputs = statements.map(({ by, envelope }, i) => ({
      account: AccountId.parse(network.parties.find(({ id }) => id === by)?.account),
      sequence: i + 1,
      received: SECONDS,
      bytes: encodeUtf8(envelope),
      isGivenUp: false,
    }));
    const decided = await decideBatch(state, inputs, {
      key: await loadSigningKey(toPartyFolder(dir, network, "policy")),
      tz: readZoneVersion(),
      now: SECONDS,
      createSalt: () => "AAAAAAAAAAAAAAAAAAAAAA",
    });
    const kinds = decided.map((one) => (one.kind === "record" ? one.entry : one));
    expect(kinds.filter(({ kind }) => kind !== "statement")).toEqual([]);
    const digests = decided.map(({ examined }) => ("jws" in examined ? examined.jws.digest : ""));
    expect(digests).toEqual(statements.map(({ digest }) => digest));
    expect([...state.terms.entries()]).toHaveLength(6);
    expect(state.policySet).toMatchObject({ version: 1, deciders: ["2"] });
    expect(state.channelCeiling).toBe("confidential");
    const levels = new Map([...state.clearances.entries()].map(([id, { level }]) => [String(id), level]));
    expect(levels.get("AL-SPOC")).toBe("confidential");
    expect(levels.get("RS-FIU")).toBe("restricted");
    expect([...state.parties.entries()]).toHaveLength(1 + 2 + 4 + 6);
    const witnesses = listWitnesses(state, SECONDS).map(({ agency }) => String(agency));
    expect(witnesses).toEqual(["AL-SPOC", "RS-SPOC", "ME-SPOC", "MK-SPOC", "AL-CUSTOMS", "RS-FIU"]);
    expect([listLogKeys(state, SECONDS).length, state.witnessQuorum]).toEqual([1, 3]);
  });

  it("is refused where a file holds another statement than is listed", async () => {
    const other = join(dir, "..", "altered");
    await createNetwork(createPlan({ countries: ["AL"] }), other, { policyFiles: loadPolicyFiles() });
    const names = (await readdir(join(other, "genesis"))).toSorted();
    const [first = "", second = ""] = names;
    await writeFile(join(other, "genesis", first), await readFile(join(other, "genesis", second)));
    await expect(loadGenesis(other)).rejects.toMatchObject({ code: "config/invalid" });
  });

  it("is missing where no network is", async () => {
    await expect(loadNetwork(join(dir, "..", "nowhere"))).rejects.toMatchObject({
      code: "config/network-missing",
    });
    expect(() => toPartyFolder(dir, network, "XX-SPOC")).toThrow(
      expect.objectContaining({ code: "config/party-unknown" }),
    );
  });
});
