import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { requestLog, requestRules } from "@leix/broker";
import { AgencyId, decodeUtf8, encodeCanonicalBytes } from "@leix/protocol";
import {
  createNetwork,
  createPlan,
  findFreePort,
  loadNetwork,
  loadPolicyFiles,
  type RunningNetwork,
  startNetwork,
  withConnection,
} from "@leix/runtime";
import { afterAll, beforeAll, expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));
const OBSERVER = "AL-OBSERVATORY";
const THIS_YEAR = String(new Date().getUTCFullYear());

let root: string;
let dir: string;
let running: RunningNetwork;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-observer-"));
  dir = join(root, "network");
  const plan = createPlan({ port: await findFreePort(), countries: ["AL", "RS"] });
  const observer = {
    name: "Observatory",
    type: "observer",
    role: "plain",
    clearance: "unclassified",
  } as const;
  const agencies = [...plan.agencies, { ...observer, id: AgencyId.parse(OBSERVER) }];
  await createNetwork({ ...plan, agencies }, dir, { policyFiles: loadPolicyFiles() });
  const say = (line: string) => void process.stderr.write(`leix: ${line}\n`);
  running = await startNetwork(dir, { env: process.env, say, services: ["policy", "registry", "ledger"] });
});
afterAll(async () => {
  await running.stop();
  await rm(root, { recursive: true, force: true });
});

function leix(
  ...words: string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const { PATH = "", HOME = "" } = process.env;
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, "--dir", dir, ...words], { env: { PATH, HOME } }, (error, out, err) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, out, err });
    });
  });
}

const request = [
  ...["send", "--as", "AL-CUSTOMS", "--to", "RS-FIU", "--purpose", "investigation"],
  ...["--crime", "drug-trafficking", "--facts", "A lorry was seen.", "--grounds", "It is registered there."],
  ...["--use-restriction", "With our leave only.", "--text", "Who owns the lorry?", "--officer", "A. Hoxha"],
];

test("an observer reads what is published, and nothing else", async () => {
  expect(await leix("statistics", "show", "--as", OBSERVER)).toMatchObject({
    code: 0,
    out: "Nothing is published yet.\n",
  });
  for (let i = 0; i < 5; i++) expect(await leix(...request)).toMatchObject({ code: 0, err: "" });
  const file = join(root, "statistics.json");
  expect((await leix("audit", "statistics", THIS_YEAR, "--out", file)).out).toMatch(
    /AL +RS +other +5 +0 +0 +0/,
  );
  expect((await leix("statistics", "publish", file)).out).toMatch(/statistics \d{4}, version 1: recorded/);
  const shown = await leix("statistics", "show", "--as", OBSERVER, "--json");
  const { published } = JSON.parse(shown.out) as { published: { period: string; statistics: object }[] };
  expect(published).toMatchObject([
    { period: THIS_YEAR, version: 1, statistics: { pairs: [{ from: "AL" }] } },
  ]);
  expect((await leix("statistics", "show", "--as", "RS-FIU")).out).toMatch(/AL +RS +other +5/);

  const network = await loadNetwork(dir);
  await withConnection(dir, network, OBSERVER, {}, async (nc) => {
    const rules = decodeUtf8(await requestRules(nc, encodeCanonicalBytes({ after: -1 })));
    const tokens = (JSON.parse(rules) as { records: { record: { statement: string } }[] }).records;
    const kinds = tokens.map(({ record }) => {
      const payload = Buffer.from(record.statement.split(".")[1] ?? "", "base64url").toString();
      return (JSON.parse(payload) as { kind: string }).kind;
    });
    expect([...new Set(kinds)].toSorted()).toEqual(["anchor", "service", "statistics"]);
    const log = decodeUtf8(await requestLog(nc, encodeCanonicalBytes({ ask: "checkpoint" })));
    expect(JSON.parse(log)).toEqual({ code: "identity/observer" });
  });
});

test("an observer exchanges nothing: neither to nor from it", async () => {
  const to = request.map((word) => (word === "RS-FIU" ? OBSERVER : word));
  expect((await leix(...to)).out).toContain("P01");
});
