import { copyFile, cp, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNkey, sendMessage, toAccountId } from "@leix/broker";
import {
  ERRORS,
  encodeEnvelope,
  encodeUtf8,
  parseEnvelope,
  parseJws,
  STATEMENT_TYP,
  signJws,
  toDigest,
} from "@leix/protocol";
import {
  connectAs,
  createNetwork,
  createPlan,
  findFreePort,
  loadGenesis,
  loadPolicyFiles,
  loadSigningKey,
  type NetworkFile,
  openRecordedInputs,
  provisionNetwork,
  type RunningNetwork,
  startBroker,
  startNetwork,
  toPartyFolder,
} from "@leix/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkStreams } from "./doctor-broker.ts";
import { isFine, toLines } from "./doctor-report.ts";
import { type DoctorOptions, runChecks } from "./doctor-run.ts";

let root: string;
let dir: string;
let network: NetworkFile;
let running: RunningNetwork;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-doctor-"));
  dir = join(root, "network");
  const plan = createPlan({ port: await findFreePort(), countries: ["AL", "RS"] });
  network = await createNetwork(plan, dir, { policyFiles: loadPolicyFiles() });
  running = await startNetwork(dir, {
    env: process.env,
    say: () => undefined,
    services: ["policy", "registry", "ledger"],
  });
});
afterAll(async () => {
  await running?.stop();
  await rm(root, { recursive: true, force: true });
});

/** The lines that are not `ok`. */
async function examine(options: Partial<DoctorOptions> = {}): Promise<string[]> {
  const lines: string[] = [];
  const whole: DoctorOptions = { dir, now: Date.now, nodeVersion: process.versions.node, ...options };
  let count = 0;
  for await (const report of runChecks(whole)) {
    count++;
    if (!isFine(report) || "skipped" in report) lines.push(...toLines(report));
  }
  expect(count).toBeGreaterThan(4);
  return lines;
}

/** Replaces a file while something is tried. */
async function withFile<T>(file: string, text: string, work: () => Promise<T>): Promise<T> {
  await copyFile(file, `${file}.kept`);
  await writeFile(file, text, { mode: 0o600 });
  try {
    return await work();
  } finally {
    await rename(`${file}.kept`, file);
  }
}

describe("leix doctor", () => {
  it("finds nothing wrong with a network that runs", async () => {
    expect(await examine()).toEqual([]);
  });

  it.each(["AL-SPOC", "AL", "anchor", "monitor", "auditor", "registry", "policy"])(
    "finds nothing wrong as %s",
    async (as) => {
      expect(await examine({ as })).toEqual([]);
    },
  );

  it("needs nothing of the network but the party's own folder", async () => {
    const alone = join(root, "alone");
    await cp(join(dir, "agencies", "RS-FIU"), join(alone, "agencies", "RS-FIU"), { recursive: true });
    expect(await examine({ dir: alone, as: "RS-FIU" })).toEqual([]);
    await expect(examine({ dir: alone, as: "AL-SPOC" })).rejects.toMatchObject({
      code: "config/party-unknown",
    });
    await expect(examine({ dir: alone })).rejects.toMatchObject({ code: "config/network-missing" });
    expect(ERRORS["config/network-missing"].todo).toMatch(/leix doctor --as .* name --anchor/);
  });

  it("leaves out a party whose folder was moved to its own machine", async () => {
    await rename(join(dir, "agencies", "RS-FIU"), join(root, "RS-FIU"));
    try {
      expect(await examine()).toEqual([]);
    } finally {
      await rename(join(root, "RS-FIU"), join(dir, "agencies", "RS-FIU"));
    }
  });

  it("finds credentials that are refused, and a broker that is not of this network", async () => {
    const folder = toPartyFolder(dir, network, "AL-SPOC");
    const other = join(root, "other");
    await createNetwork(createPlan({ countries: ["AL"] }), other, { policyFiles: loadPolicyFiles() });
    const read = (name: string): Promise<string> => readFile(join(other, "agencies/AL-SPOC", name), "utf8");
    const lines = await withFile(join(folder, "nats.creds"), await read("nats.creds"), () =>
      examine({ as: "AL-SPOC" }),
    );
    expect(lines).toEqual([
      expect.stringMatching(
        /^problem {2}connections {2}AL-SPOC: broker\/unreachable: .*credentials are refused/,
      ),
      expect.stringMatching(/^skipped {2}membership {3}no connection as AL-SPOC/),
    ]);
    const foreign = await withFile(join(folder, "ca.crt"), await read("ca.crt"), () =>
      examine({ as: "AL-SPOC" }),
    );
    expect(foreign.join("\n")).toMatch(
      /problem {2}certificates AL-SPOC: its certificate is of another authority/,
    );
    expect(foreign.join("\n")).toMatch(
      /problem {2}connections {2}AL-SPOC: broker\/unreachable: .*not of the given CA/,
    );
  });

  it("finds a broker that is away", async () => {
    const lines = await examine({ as: "AL-SPOC", natsUrl: `tls://127.0.0.1:${await findFreePort()}` });
    expect(lines[0]).toMatch(/broker\/unreachable: .*nothing listens there/);
  });

  it("finds a clock that is wrong", async () => {
    const ahead = await examine({ now: () => Date.now() + 3_600_000 });
    expect(ahead).toEqual([expect.stringMatching(/^problem {2}clock .* 3600 s ahead of the broker/)]);
    const behind = await examine({ as: "AL-SPOC", now: () => Date.now() - 60_000 * 60 * 24 });
    expect(behind.join("\n")).toMatch(/problem {2}clock .* behind the newest statement/);
  });

  it("finds an old Node", async () => {
    expect(await examine({ nodeVersion: "20.1.0" })).toEqual([expect.stringMatching(/^problem {2}versions/)]);
  });

  it("finds streams that are not as they were made", async () => {
    const changed = { ...network, streams: { ...network.streams, outBytesMax: 1_048_576 } };
    const lines = await withFile(join(dir, "network.json"), JSON.stringify(changed), () => examine());
    expect(lines).toEqual([
      expect.stringMatching(/^problem {2}streams {6}stream OUT: max_bytes is 17179869184, not 1048576\./),
    ]);
  });

  it("finds consumers that are missing", async () => {
    const stranger = toAccountId(createNkey("account"));
    const monitor = await connectAs(dir, network, "monitor");
    const accounts = new Map([[stranger, "AL-NEW"]]);
    const wanted = { sizes: network.streams, accounts, clock: network.brokerAccount };
    const lines = toLines(await checkStreams(monitor, wanted));
    await monitor.close();
    expect(lines).toEqual(
      ["OUT", "INBOX"].map((stream) => {
        return expect.stringContaining(
          `consumer ${stream}/${stranger} (AL-NEW): exists is missing, not true`,
        );
      }),
    );
  });

  it("finds a signing key that is not the registered one", async () => {
    const foreign = await readFile(join(toPartyFolder(dir, network, "RS-SPOC"), "signing.jwk"), "utf8");
    const file = join(toPartyFolder(dir, network, "AL-SPOC"), "signing.jwk");
    const lines = await withFile(file, foreign, () => examine());
    expect(lines).toEqual([expect.stringMatching(/^problem {2}signing keys AL-SPOC: jws\/key-unknown/)]);
  });

  it("finds a key to cosign with that is not the registered one", async () => {
    const foreign = await readFile(join(toPartyFolder(dir, network, "RS-SPOC"), "cosigning.jwk"), "utf8");
    const file = join(toPartyFolder(dir, network, "AL-SPOC"), "cosigning.jwk");
    const lines = await withFile(file, foreign, () => examine());
    expect(lines).toEqual([expect.stringMatching(/^problem {2}signing keys AL-SPOC: jws\/key-unknown/)]);
  });

  it("finds what the registry has not applied, and a service that does not answer", async () => {
    running.service("registry").pause();
    try {
      await suspend("RS-FIU");
      const lines = await examine();
      expect(lines).toEqual([
        expect.stringMatching(/^problem {2}accounts {5}RS-FIU has an older account .*barred/),
        expect.stringMatching(/^problem {2}services {5}registry does not answer/),
      ]);
    } finally {
      running.service("registry").resume();
    }
  });
});

describe("leix doctor beside a ledger service that stands still", () => {
  it("finds the records that no checkpoint covers", async () => {
    running.service("ledger").pause();
    try {
      await suspend("AL-CUSTOMS");
      const lines = await examine({ now: () => Date.now() + 31_000 });
      const uncovered = /^problem {2}checkpoint {3}the last 1 records are not covered, after 3\d s\./;
      expect(lines).toContainEqual(expect.stringMatching(uncovered));
      expect(lines).toContainEqual(expect.stringMatching(/^problem {2}services {5}ledger does not answer/));
    } finally {
      running.service("ledger").resume();
    }
  });
});

/** By its country's authority, through the authority's own account; recorded when this returns. */
async function suspend(agency: string): Promise<void> {
  const genesis = (await loadGenesis(dir)).find(
    ({ kind, subject }) => kind === "agency" && subject === agency,
  );
  const input = parseEnvelope(encodeUtf8(genesis?.envelope ?? ""));
  const { payload } = parseJws("statement" in input ? input.statement : "", STATEMENT_TYP, 1_000_000);
  const changed = { ...(payload as object), version: 2, status: "suspended" };
  const key = await loadSigningKey(toPartyFolder(dir, network, agency.slice(0, 2)));
  const { token, digest } = await signJws(changed, STATEMENT_TYP, key);
  const envelope = encodeEnvelope({ statement: token });
  const auditor = await connectAs(dir, network, "auditor");
  const authority = await connectAs(dir, network, agency.slice(0, 2));
  const sought = { digest, rawDigest: toDigest(envelope), name: "suspension" };
  const ended = new AbortController();
  const recorded = await openRecordedInputs(auditor, [sought], ended.signal);
  await sendMessage(authority, envelope);
  await recorded.waitFor(sought, 30_000);
  ended.abort();
  await Promise.all([auditor.close(), authority.close()]);
}

describe("leix doctor before the first statements", () => {
  it("finds that no policy set is in force, and that nobody has an account", async () => {
    const early = join(root, "early");
    const plan = createPlan({ port: await findFreePort(), countries: ["AL"] });
    await createNetwork(plan, early, { policyFiles: loadPolicyFiles() });
    await using _broker = await startBroker(early, { env: process.env, say: () => undefined });
    await provisionNetwork(early);
    const lines = await examine({ dir: early });
    expect(lines.join("\n")).toMatch(/problem {2}policy set {3}none is in force/);
    expect(lines.join("\n")).toMatch(/problem {2}connections {2}AL-SPOC, AL-CUSTOMS: broker\/unr/);
    expect(lines.join("\n")).toMatch(/skipped {2}services {5}not started by `leix network up`/);
  });
});
