import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPlan, loadNetwork } from "@leix/runtime";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { addInitCommand } from "./init-command.ts";

// A network has some fifty key pairs, and NATS keys are made in JavaScript.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let root: string;
let dir: string;
let printed: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-init-"));
  dir = join(root, "network");
  printed = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(root, { recursive: true, force: true });
});

async function init(...args: string[]): Promise<void> {
  const program = new Command("leix").option("--dir <folder>").exitOverride();
  const quiet = { writeErr: () => undefined };
  addInitCommand(program.configureOutput(quiet));
  for (const command of program.commands) command.exitOverride().configureOutput(quiet);
  await program.parseAsync(["init", "--dir", dir, ...args], { from: "user" });
}

async function listIds(kind: string): Promise<string[]> {
  const { parties } = await loadNetwork(dir);
  return parties.filter((party) => party.kind === kind).map(({ id }) => id);
}

describe("leix network init", () => {
  it("makes the sample network, and says what to do next but no secret", async () => {
    await init();
    expect(await listIds("authority")).toEqual(["AL", "RS", "ME", "MK"]);
    expect(await listIds("agency")).toEqual([
      "AL-SPOC",
      "RS-SPOC",
      "ME-SPOC",
      "MK-SPOC",
      "AL-CUSTOMS",
      "RS-FIU",
    ]);
    expect(printed).toContain(`Next: leix network up --dir ${dir}`);
    expect(printed).not.toMatch(/\bS[AOU][A-Z2-7]{56}\b/);
  });

  it("takes its choices from flags", async () => {
    const agencies = ["--agency", "AL-SPOC:police:spoc", "--agency", "XK-SPOC:police:spoc"];
    await init(
      "--country",
      "AL,XK",
      ...agencies,
      "--exchange",
      "test.example",
      "--host",
      "a.example,b",
      "--port",
      "4333",
    );
    expect(await loadNetwork(dir)).toMatchObject({
      exchange: "test.example",
      servers: ["tls://a.example:4333", "tls://b:4333"],
    });
    expect(await listIds("agency")).toEqual(["AL-SPOC", "XK-SPOC"]);
  });

  it("takes everything from a plan", async () => {
    const plan = { ...createPlan({ countries: ["ME"] }), exchange: "planned.example" };
    await writeFile(join(root, "plan.json"), JSON.stringify(plan));
    await init("--plan", join(root, "plan.json"));
    expect(await loadNetwork(dir)).toMatchObject({ exchange: "planned.example" });
    expect(await listIds("agency")).toEqual(["ME-SPOC"]);
  });

  it.each([
    ["a plan beside other choices", ["--plan", "x.json", "--port", "4333"]],
    ["a plan that is not there", ["--plan", "x.json"]],
    ["a country without its SPOC", ["--country", "AL", "--agency", "AL-X:police:plain"]],
    ["a profile that is none", ["--profile", "1999"]],
    ["more witnesses than agencies", ["--country", "AL,RS", "--witness-quorum", "5"]],
  ])("refuses %s", async (_name, args) => {
    await expect(init(...args)).rejects.toMatchObject({ code: "config/invalid" });
    await expect(loadNetwork(dir)).rejects.toMatchObject({ code: "config/network-missing" });
  });

  it.each([
    ["--agency", "AL-SPOC:police"],
    ["--port", "0"],
    ["--port", "no"],
    ["--witness-quorum", "-1"],
  ])("refuses %s %s", async (...args) => {
    await expect(init(...args)).rejects.toMatchObject({ code: "commander.invalidArgument" });
  });

  it("refuses a folder that is in use", async () => {
    await init("--country", "AL");
    await expect(init("--country", "AL")).rejects.toMatchObject({ code: "config/network-exists" });
  });
});
