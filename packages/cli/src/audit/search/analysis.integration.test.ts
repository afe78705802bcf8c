import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import type { CompletenessProof } from "@leix/evidence";
import { toDigest } from "@leix/protocol";
import {
  createNetwork,
  createPlan,
  findFreePort,
  loadNetwork,
  loadPolicyFiles,
  PARTY_FILES,
  type RunningNetwork,
  startNetwork,
} from "@leix/runtime";
import { openLedgerLab } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CompletenessReport } from "../completeness/completeness-report.ts";
import type { WhatIfReport } from "../what-if/compare.ts";
import { toPolicy, writePolicies } from "../what-if/what-if.testkit.ts";
import type { Hit } from "./hit.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const SENDER = "AL-CUSTOMS";

let root: string;
let dir: string;
let network: RunningNetwork;
const sent = { permitted: "", denied: "", also: "" };

const request = [
  ...["send", "--as", SENDER, "--to", "RS-FIU", "--purpose", "investigation", "--crime", "drug-trafficking"],
  ...["--facts", "A lorry was seen.", "--use-restriction", "With our leave only.", "--text", "Whose is it?"],
];
const grounds = ["--grounds", "It is registered there."];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-analysis-"));
  dir = join(root, "network");
  const plan = createPlan({ port: await findFreePort(), countries: ["AL", "RS"] });
  await createNetwork(plan, dir, { policyFiles: loadPolicyFiles() });
  const say = (line: string) => void process.stderr.write(`leix: ${line}\n`);
  network = await startNetwork(dir, { env: process.env, say, services: ["policy", "registry"] });
  sent.permitted = (await leixJson<{ id: string }>([...request, ...grounds])).id;
  sent.denied = (await leixJson<{ id: string }>(request)).id;
  sent.also = (await leixJson<{ id: string }>(request)).id;
});
afterAll(async () => {
  await network?.stop();
  await rm(root, { recursive: true, force: true });
});

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `leix` as a person does. */
function leix(words: readonly string[]): Promise<Result> {
  const { PATH = "", HOME = "" } = process.env;
  return new Promise((resolve) => {
    const args = [MAIN, "--dir", dir, ...words];
    execFile(process.execPath, args, { env: { PATH, HOME } }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

async function leixJson<T>(words: readonly string[]): Promise<T> {
  const { stdout } = await leix([...words, "--json"]);
  return JSON.parse(stdout) as T;
}

async function search(...words: readonly string[]): Promise<Hit[]> {
  const { stdout, code } = await leix(["audit", "search", "--json", ...words]);
  expect(code).toBe(0);
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Hit);
}

async function exportLedger(name: string): Promise<string> {
  const file = join(root, name);
  expect((await leix(["audit", "export", "--out", file])).code).toBe(0);
  return file;
}

describe("leix audit what-if", () => {
  /** The policies in force without the one that asks for the grounds of a request. */
  const withoutGrounds = loadPolicyFiles().map(({ name, content }) => {
    if (name !== "P05.cedar") return { name, content };
    const [from, to] = [content.indexOf('@id("P05.grounds")'), content.indexOf('@id("P05.use-restriction")')];
    return { name, content: content.slice(0, from) + content.slice(to) };
  });

  test("names the denials of a policy that is taken out, and no others", async () => {
    const policies = await writePolicies(join(root, "less"), withoutGrounds);
    const html = join(root, "less.html");
    const report = await leixJson<WhatIfReport>(["audit", "what-if", "--policies", policies, "--html", html]);
    expect(report).toMatchObject({ changed: 2, toDeny: 0, toPermit: 6, reasons: 0, failed: 0 });
    expect(report.byPolicy).toMatchObject([{ policy: "P05.grounds", toPermit: 6 }]);
    expect(report.byPair).toEqual([
      { pair: "AL > RS", toDeny: 0, toPermit: 4 },
      { pair: "AL > AL", toDeny: 0, toPermit: 2 },
    ]);
    expect(new Set(report.changes.map(({ id }) => id))).toEqual(new Set([sent.denied, sent.also]));
    expect(report.inForce).toMatchObject({ onlyProposed: [], onlyInForce: ["P05.grounds"] });
    const page = await readFile(html, "utf8");
    expect(page).toContain(sent.denied);
    expect(page.match(/<rect class="permit"[^>]* data-name="P05.grounds" data-count="6"/g)).toHaveLength(1);
  });

  test("names what a policy that is added would deny, from a place on", async () => {
    const added = toPolicy("P98", 'context.recipientAs == "to" && !context.domestic');
    const policies = await writePolicies(join(root, "more"), [...loadPolicyFiles(), added]);
    const report = await leixJson<WhatIfReport>(["audit", "what-if", "--policies", policies]);
    expect(report).toMatchObject({ toPermit: 0, toDeny: 1, changed: 1, reasons: 2 });
    expect(report.byPolicy).toMatchObject([{ policy: "P98", toDeny: 1 }]);
    expect(report.changes).toMatchObject([
      { id: sent.permitted, agency: "RS-FIU", from: "permit", to: "deny" },
    ]);
    const { index = 0 } = report.changes[0] ?? {};
    const words = ["audit", "what-if", "--policies", policies, "--from", String(index + 1)];
    expect(await leixJson<WhatIfReport>(words)).toMatchObject({ changed: 0, reasons: 2 });
    const text = await leix(words);
    expect([text.code, text.stdout]).toEqual([0, expect.stringContaining("would change")]);
  });

  test("refuses a set that could not be put in force", async () => {
    const wrong = [...loadPolicyFiles(), toPolicy("P98", "context.moonIsFull")];
    const policies = await writePolicies(join(root, "wrong"), wrong);
    const { code, stderr } = await leix(["audit", "what-if", "--policies", policies]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("[statement/policy-set]")]);
    await mkdir(join(root, "empty"));
    const none = await leix(["audit", "what-if", "--policies", join(root, "empty"), "--file", "none"]);
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("[statement/policy-set]")]);
  });
});

describe("leix audit search", () => {
  test("makes its index by itself, brings it up to date, and finds what is asked for", async () => {
    const denied = await search("--outcome", "denied");
    expect(denied.map(({ message }) => message?.id)).toEqual([sent.denied, sent.also]);
    expect(denied[0]).toMatchObject({ sender: SENDER, rules: ["P05.grounds"] });
    const more = (await leixJson<{ id: string }>(request)).id;
    expect(await search("--outcome", "denied", "--offline")).toHaveLength(2);
    const [found] = await search("--text", more, "--agency", "RS-FIU");
    expect(found?.message?.id).toBe(more);
    const line = await leix(["audit", "search", "--rule", "P05", "--kind", "request", "--limit", "1"]);
    expect(line.stdout).toMatch(
      /^\d+ +20.* UTC +AL-CUSTOMS +request +RS-FIU denied, .*\(copy\).* P05.grounds\n$/,
    );
    expect(line.stderr).toContain("--limit");
    const nothing = await leix(["audit", "search", "--agency", "MK-SPOC"]);
    expect([nothing.code, nothing.stdout, nothing.stderr]).toEqual([0, "", "No record found.\n"]);
  });

  test("searches an export too, by an index that can be dropped and made anew", async () => {
    const file = await exportLedger("search.ndjson");
    const index = join(root, "export.sqlite");
    const made = await leix(["audit", "index", index, "--file", file]);
    expect(made.stdout).toMatch(/^([\d,]+) records in .*, \1 of them new\n$/);
    expect((await leix(["audit", "index", index, "--file", file])).stdout).toMatch(/, 0 of them new\n$/);
    const anew = await leix(["audit", "index", index, "--file", file, "--rebuild"]);
    expect(anew.stdout).toBe(made.stdout);
    const hits = await search("--index", index, "--file", file, "--thread", sent.permitted);
    expect(hits.map(({ message }) => message?.id)).toContain(sent.permitted);
  });

  test("says what is wrong, with a code", async () => {
    const text = join(root, "text");
    await writeFile(text, "not an index, and not to be touched");
    const wrong = await leix(["audit", "index", text, "--rebuild"]);
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("[audit/index-unusable]")]);
    const rule = await leix(["audit", "search", "--rule", "x"]);
    expect([rule.code, rule.stderr]).toEqual([1, expect.stringContaining("[command/arguments]")]);
    const limit = await leix(["audit", "search", "--limit", "0"]);
    expect([limit.code, limit.stderr]).toEqual([1, expect.stringContaining("[input/schema]")]);
  });
});

describe("leix audit completeness", () => {
  test("finds every acknowledged message, in the broker's ledger and in an export", async () => {
    const words = ["audit", "completeness", "--as", SENDER];
    const live = await leixJson<CompletenessReport>(words);
    expect(live.standings).toMatchObject({ later: 0, missing: 0, repeated: 0, otherwise: 0 });
    expect(live.acknowledged).toBeGreaterThanOrEqual(3);
    expect(live.messages.find(({ id }) => id === sent.denied)).toMatchObject({
      standing: "recorded",
      places: [{ kind: "recorded", outcome: "denied" }],
    });
    const file = await exportLedger("complete.ndjson");
    expect(await leixJson<CompletenessReport>([...words, "--file", file])).toEqual(live);
    const text = await leix([...words, "--file", file, "--all"]);
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(
      /^Every message that the exchange acknowledged to AL-CUSTOMS is in the ledger/,
    );
    expect(text.stdout).toMatch(new RegExp(`${sent.permitted} +request +recorded +permitted at record \\d+`));
    expect(text.stdout).toContain(`size ${live.tree.size}, root ${live.tree.root}`);
  });

  test("names one that the exchange acknowledged and never recorded, and fails", async () => {
    const id = sent.permitted.replace(/.{12}$/, "000000000000");
    using store = new DatabaseSync(join(dir, "agencies", SENDER, PARTY_FILES.store));
    store.exec(`INSERT INTO outbox
      (id, seq, digest, raw_digest, thread, kind, token, status, stored_ms, received_ms) VALUES
      ('${id}', 1000, '${toDigest("a")}', '${toDigest("b")}', '${id}', 'request', '', 'received', 1, 1)`);
    const { code, stdout } = await leix(["audit", "completeness", "--as", SENDER]);
    store.exec(`DELETE FROM outbox WHERE id = '${id}'`);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^The ledger does not agree with what AL-CUSTOMS has sent\./);
    expect(stdout).toMatch(new RegExp(`^1000 +${id} +request +missing$`, "m"));
  });

  test("hands out a file that proves it offline, to whoever trusts the anchor", async () => {
    const out = join(root, "complete.json");
    const make = ["audit", "completeness", "--as", SENDER, "--out", out];
    const none = await leix(make);
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("[evidence/uncovered]")]);
    await (await openLedgerLab(dir)).publishCheckpoint();
    expect(await leix(make)).toMatchObject({ code: 0 });
    const { anchorKey, exchange } = await loadNetwork(dir);
    const verify = ["audit", "completeness-verify", out, "--anchor", anchorKey, "--exchange", exchange];
    const proof = await leixJson<CompletenessProof>(verify);
    expect(proof).toMatchObject({ isProven: true, agency: SENDER, first: 1, unrecorded: [], rejected: [] });
    const outcomes = new Map(proof.recorded.map(({ id, outcome }) => [`${id}`, outcome]));
    expect([outcomes.get(sent.permitted), outcomes.get(sent.denied)]).toEqual(["permitted", "denied"]);
    const { code, stdout } = await leix(verify);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^Valid\. Messages 1 to \d+ of AL-CUSTOMS\.\n/),
    ]);
    expect(stdout).toContain(`Not proven\n- That ${SENDER} sent nothing after number ${proof.last}`);
    expect(await leix([...make, "--first", "2", "--last", "2"])).toMatchObject({ code: 0 });
    expect(await leixJson<CompletenessProof>(verify)).toMatchObject({ first: 2, last: 2 });
    await writeFile(out, (await readFile(out, "utf8")).replace('"first":2', '"first":3'));
    const altered = await leix(verify);
    expect([altered.code, altered.stdout]).toEqual([1, expect.stringContaining("part that fails is first")]);
    const beyond = await leix([...make, "--first", "100000"]);
    expect([beyond.code, beyond.stderr]).toEqual([1, expect.stringContaining("[evidence/not-recorded]")]);
  });

  test("of an agency without a folder here is refused", async () => {
    const { code, stderr } = await leix(["audit", "completeness", "--as", "MK-SPOC"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("[config/party-unknown]")]);
  });
});
