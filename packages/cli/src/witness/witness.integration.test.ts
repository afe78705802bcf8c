import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { toDigest, toLogOrigin } from "@leix/protocol";
import {
  createNetwork,
  createPlan,
  findFreePort,
  loadGenesis,
  loadPolicyFiles,
  loadSigningKey,
  PARTY_FILES,
  type RunningNetwork,
  startNetwork,
} from "@leix/runtime";
import {
  createSigner,
  encodeCheckpoint,
  encodeNote,
  hashLeaf,
  parseCheckpoint,
  parseNote,
  signNote,
} from "@leix/tlog";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

let root: string;
let dir: string;
let network: RunningNetwork;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-witness-"));
  dir = join(root, "network");
  const plan = createPlan({ port: await findFreePort(), countries: ["AL", "RS"], witnessQuorum: 2 });
  await createNetwork(plan, dir, { policyFiles: loadPolicyFiles() });
  const say = (line: string) => void process.stderr.write(`leix: ${line}\n`);
  network = await startNetwork(dir, { env: process.env, say, services: ["policy", "registry", "ledger"] });
  const { length } = await loadGenesis(dir);
  await vi.waitFor(async () => expect((await loadPublished()).size).toBe(length), 60_000);
});
afterAll(async () => {
  await network?.stop();
  await rm(root, { recursive: true, force: true });
});

/** What the ledger service has published; of no records, before the first. */
async function loadPublished(): Promise<{ readonly size: number; readonly signers: readonly string[] }> {
  const bytes = await readFile(join(dir, "services/ledger/store/checkpoint")).catch(() => undefined);
  if (!bytes) return { size: 0, signers: [] };
  const { text, signatures } = parseNote(bytes);
  const signers = signatures.map(({ name }) => name.replace(/^.*\//, "")).toSorted();
  return { size: parseCheckpoint(text).size, signers };
}

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `leix` as a person does. */
function leix(...words: readonly string[]): Promise<Result> {
  const { PATH = "", HOME = "" } = process.env;
  const options = { env: { PATH, HOME }, cwd: root };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, "--dir", dir, ...words], options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

interface Cosigned {
  readonly size: number;
  readonly cosigns: boolean;
}

async function cosign(agency: string): Promise<Cosigned> {
  const { code, stdout, stderr } = await leix("witness", "cosign", "--as", agency, "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as Cosigned;
}

/** The ledger grows, until both countries have cosigned what is public then. Its size. */
async function growBeyond(size: number): Promise<number> {
  const words = ["--purpose", "investigation", "--crime", "drug-trafficking", "--officer", "A. Hoxha"];
  const texts = ["--text", "Who?", "--facts", "Seen.", "--grounds", "There.", "--use-restriction", "None."];
  const sent = await leix("send", "--as", "AL-SPOC", "--to", "RS-SPOC", ...words, ...texts, "--wait", "0s");
  expect([sent.code, sent.stderr]).toEqual([5, ""]);
  return vi.waitFor(async () => {
    const sizes = [(await cosign("AL-SPOC")).size, (await cosign("RS-SPOC")).size];
    const published = await loadPublished();
    expect(published.size).toBeGreaterThan(size);
    expect([...sizes, published.signers.length]).toEqual([published.size, published.size, 3]);
    return published.size;
  }, 90_000);
}

/** A checkpoint that the ledger's key signs, but not the ledger service. */
async function signOther(size: number, name: string): Promise<string> {
  const { network: about } = network;
  const origin = toLogOrigin(about.exchange);
  const signer = await createSigner(origin, "ed25519", await loadSigningKey(join(dir, "services/ledger")));
  const text = encodeCheckpoint({ origin, size, root: hashLeaf(new Uint8Array([size])), extensions: [] });
  const file = join(root, name);
  await writeFile(file, encodeNote({ text, signatures: [await signNote(text, signer)] }));
  return file;
}

/** As if the log's key had signed a tree of so many records for this agency, which the log does not have. */
async function pretendWitnessed(agency: string, size: number): Promise<void> {
  const note = await readFile(await signOther(size, `witnessed-${size}.note`));
  using store = new DatabaseSync(join(dir, "agencies", agency, PARTY_FILES.store));
  const { root: hash } = parseCheckpoint(parseNote(note).text);
  store.prepare("UPDATE witnessed SET size = ?, root = ?, note = ?").run(size, hash, note);
}

/** An agency that was handed a proof keeps it: its status and the doctor say so until it is moved away. */
async function expectAlarm(proof: string): Promise<void> {
  const alone = await leix("witness", "fork-verify", proof, "--log", "x", "--keep");
  expect([alone.code, alone.stdout]).toEqual([1, ""]);
  const kept = await leix("witness", "fork-verify", proof, "--as", "AL-CUSTOMS", "--keep");
  expect(kept.stdout).toMatch(/^AL-CUSTOMS keeps the proof: .*\/forks\/fork-.*\.txt$/m);
  const [, file = ""] = /keeps the proof: (.*)$/m.exec(kept.stdout) ?? [];
  const { stdout } = await leix("witness", "status", "--as", "AL-CUSTOMS");
  expect(stdout).toContain(`AL-CUSTOMS: the ledger has two histories. The proof is ${file}`);
  expect(stdout).toContain("Hand the proof to every agency");
  const doctor = await leix("doctor", "--as", "AL-CUSTOMS");
  expect(doctor.code).toBe(1);
  expect(doctor.stdout).toMatch(
    /^problem +histories +AL-CUSTOMS: the ledger has two histories.*ledger\/forked/m,
  );
  expect(doctor.stdout).toMatch(
    /^ok +witnesses +2 of them must cosign a checkpoint; 2 countries have a witness/m,
  );
  await rename(file, join(root, "dealt-with.txt"));
  expect((await leix("doctor", "--as", "AL-CUSTOMS")).stdout).toMatch(/^ok +histories/m);
}

describe("leix witness", () => {
  test("cosigns with the ledger service, and says what was cosigned", async () => {
    const none = await leix("witness", "status");
    expect(none.stdout).toMatch(/^AL-CUSTOMS +no checkpoint yet$/m);
    const size = (await cosign("AL-SPOC")).size;
    expect(await cosign("RS-SPOC")).toMatchObject({ size, cosigns: true });
    const { stdout } = await leix("witness", "status", "--json");
    const found = JSON.parse(stdout) as { agency: string; last: { size: number } | null; log: string[] }[];
    const sizes = found.map(({ agency, last }) => [agency, last?.size]);
    expect(sizes).toEqual([
      ["AL-CUSTOMS", undefined],
      ["AL-SPOC", size],
      ["RS-FIU", undefined],
      ["RS-SPOC", size],
    ]);
    expect(await loadPublished()).toEqual({ size, signers: ["AL-SPOC", "RS-SPOC", "ledger"] });
    const relied = await leix(
      "witness",
      "accept",
      join(dir, "services/ledger/store/checkpoint"),
      "--as",
      "AL-SPOC",
    );
    expect(relied.stdout).toMatch(
      new RegExp(`^AL-SPOC relies on the checkpoint of ${size} records\\.$`, "m"),
    );
    expect(relied.stdout.match(/^cosigned by .*\/witness\/(?:AL|RS)-SPOC at /gm)).toHaveLength(2);
    const text = await leix("witness", "status", "--as", "AL-SPOC");
    expect(text.stdout).toMatch(
      new RegExp(
        `^AL-SPOC  cosigned ${size} records  .* UTC  relies on ${size} since .* UTC\nquorum  2 of them`,
      ),
    );
    expect(text.stdout).toMatch(/^log {2}.*\/ledger\+/m);
    const note = await leix("witness", "note", "--as", "AL-CUSTOMS");
    expect([note.code, note.stderr]).toEqual([1, expect.stringContaining("ledger/unpublished")]);
  });

  test("remembers what was relied on, and refuses what is older", async () => {
    const { size } = await cosign("RS-SPOC");
    await cosign("AL-SPOC");
    const newest = join(dir, "services/ledger/store/checkpoint");
    const first = join(root, "first.note");
    await vi.waitFor(async () => {
      const { code } = await leix("witness", "accept", newest, "--as", "RS-SPOC");
      expect(code).toBe(0);
    }, 60_000);
    await writeFile(first, await readFile(newest));
    const again = await leix("witness", "accept", first, "--as", "RS-SPOC", "--json");
    expect(JSON.parse(again.stdout)).toMatchObject({ accepted: true, size });
    const more = await leix("witness", "accept", first, "--as", "RS-SPOC", "--quorum", "3");
    expect([more.code, more.stderr]).toEqual([1, expect.stringContaining("[tlog/policy]")]);
    const grown = await growBeyond(size);
    const later = await leix("witness", "accept", newest, "--as", "RS-SPOC", "--json");
    expect(JSON.parse(later.stdout)).toMatchObject({ accepted: true, size: grown });
    const older = await leix("witness", "accept", first, "--as", "RS-SPOC");
    expect([older.code, older.stderr]).toEqual([1, expect.stringContaining("[ledger/checkpoint-older]")]);
    const [status] = JSON.parse((await leix("witness", "status", "--as", "RS-SPOC", "--json")).stdout);
    expect(status).toMatchObject({
      ...{ relied: { size: grown }, last: { size: grown }, forks: [] },
      quorum: { quorum: 2, countries: 2, verdict: "sound" },
    });
  });

  test("compares two histories, and proves them to whoever has the log's key and the file", async () => {
    const { size } = await cosign("AL-SPOC");
    const own = join(root, "own.note");
    await writeFile(own, (await leix("witness", "note", "--as", "AL-SPOC")).stdout);
    const alone = await leix("witness", "accept", own, "--as", "AL-SPOC");
    expect([alone.code, alone.stderr]).toEqual([1, expect.stringContaining("[tlog/quorum]")]);
    const same = await leix("witness", "compare", own, own, "--as", "RS-SPOC");
    expect([same.code, same.stdout]).toEqual([0, expect.stringMatching(/^They are the same tree/)]);

    const status = JSON.parse((await leix("witness", "status", "--as", "AL-SPOC", "--json")).stdout);
    const [log] = (status as { log: string[] }[])[0]?.log ?? [];
    const proofs: string[] = [];
    for (const otherSize of [size, size - 3]) {
      const other = await signOther(otherSize, `other-${otherSize}.note`);
      const proof = join(root, `proof-${otherSize}.txt`);
      const compared = await leix("witness", "compare", own, other, "--as", "RS-SPOC", "--out", proof);
      expect([compared.code, compared.stderr]).toEqual([1, ""]);
      expect(compared.stdout).toMatch(/^Proven: .*\/ledger has signed two histories, with the key /);
      expect(compared.stdout).toContain("ledger/forked");
      const [third, member] = [
        await leix("witness", "fork-verify", proof, "--log", log ?? ""),
        await leix("witness", "fork-verify", proof, "--as", "RS-SPOC", "--json"),
      ];
      expect([third.code, third.stdout]).toEqual([0, expect.stringContaining("has signed two histories")]);
      const trees = { first: { size: otherSize }, second: { size } };
      expect(JSON.parse(member.stdout)).toMatchObject({ proven: true, ...trees });
      proofs.push(proof);
      const altered = join(root, "altered.txt");
      await writeFile(altered, (await readFile(proof, "utf8")).replace(`\n${size}\n`, `\n${size + 1}\n`));
      const refused = await leix("witness", "fork-verify", altered, "--log", log ?? "");
      expect([refused.code, refused.stdout]).toEqual([1, ""]);
      expect(refused.stderr).toMatch(/\[tlog\/signature-invalid\]/);
    }
    await expectAlarm(proofs[0] ?? "");
    const nothing = await leix("witness", "fork-verify", own, "--log", log ?? "");
    expect([nothing.code, nothing.stderr]).toEqual([1, expect.stringContaining("[tlog/fork]")]);
    const nobody = await leix("witness", "fork-verify", own);
    expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining("[config/invalid]")]);
  });

  test("makes what a witness shows over HTTPS, for agencies of this network only", async () => {
    const { code, stdout } = await leix(
      "witness",
      "certificate",
      "--as",
      "RS-FIU",
      "--host",
      "witness.rs.example",
    );
    expect([code, stdout]).toEqual([0, expect.stringContaining("witness.crt and witness.key")]);
    const made = new X509Certificate(await readFile(join(dir, "agencies/RS-FIU/witness.crt")));
    expect([made.checkHost("witness.rs.example"), made.checkIP("127.0.0.1")]).toEqual([
      "witness.rs.example",
      "127.0.0.1",
    ]);
    const doctor = await leix("doctor", "--as", "RS-FIU");
    expect([doctor.code, doctor.stdout]).toEqual([0, expect.stringMatching(/^ok +certificates/m)]);
    const strange = await leix("witness", "certificate", "--as", "AL", "--host", "x");
    expect([strange.code, strange.stderr]).toEqual([1, expect.stringContaining("[config/party-unknown]")]);
  });

  test("a log that has lost what was witnessed is named, by the witness and by the doctor", async () => {
    const { size } = await cosign("RS-FIU");
    const again = await leix("witness", "cosign", "--as", "RS-FIU");
    expect([again.code, again.stdout]).toEqual([0, expect.stringMatching(/^Nothing new to cosign/)]);
    const well = await leix("doctor", "--as", "RS-FIU");
    expect([well.code, well.stdout]).toEqual([0, expect.stringMatching(/^ok +witnessed/m)]);
    for (const [witnessed, code, files] of [
      [size + 5_000, "ledger/rolled-back", 0],
      [size, "ledger/forked", 1],
    ] as const) {
      await pretendWitnessed("RS-FIU", witnessed);
      const doctor = await leix("doctor", "--as", "RS-FIU");
      const line = new RegExp(`^problem +witnessed +RS-FIU: ${code}`, "m");
      expect([doctor.code, doctor.stdout]).toEqual([1, expect.stringMatching(line)]);
      const refused = await leix("witness", "cosign", "--as", "RS-FIU", "--json");
      expect(refused.code).toBe(1);
      expect(JSON.parse(refused.stdout)).toMatchObject({
        size: witnessed,
        outcome: "refused",
        refused: code,
      });
      const [status] = JSON.parse((await leix("witness", "status", "--as", "RS-FIU", "--json")).stdout);
      expect((status as { forks: string[] }).forks).toHaveLength(files);
    }
    using store = new DatabaseSync(join(dir, "agencies/RS-FIU", PARTY_FILES.store));
    store.prepare("UPDATE sightings SET digest = ? WHERE idx = 3").run(toDigest("another record"));
    const { stdout } = await leix("doctor", "--as", "RS-FIU");
    expect(stdout).toMatch(/^problem +membership +a statement from the registry: ledger\/rolled-back/m);
    expect(stdout).toMatch(/^ok +signing keys/m);
  });
});
