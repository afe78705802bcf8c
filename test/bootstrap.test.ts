import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

/** The installed case; installing from nothing is what CI does before it gets here. */
const root = path.resolve(import.meta.dirname, "..");
const bootstrap = path.join(root, "deploy/bootstrap.mjs");
let folder: string;

const INSTALL_MS_MAX = 120_000;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "leix-bootstrap-"));
  // A manifest that changed since the last command is installed here, not inside a test.
  expect(spawnSync("node", [bootstrap, await writeEntry("process.exit(0);")]).status).toBe(0);
}, INSTALL_MS_MAX);

afterAll(() => rm(folder, { recursive: true }));

async function writeEntry(source: string): Promise<string> {
  const file = path.join(folder, "entry.ts");
  await writeFile(file, source);
  return path.relative(root, file);
}

test("the entry gets its arguments, the pinned Node, no settings of npm's; stdout is its own", async () => {
  const entry = await writeEntry(`
    const json: string | undefined = process.env.npm_config_json;
    const { NODE_COMPILE_CACHE: cache } = process.env;
    const seen: object = { argv: process.argv.slice(2), node: process.version, json, cache };
    process.stdout.write(JSON.stringify(seen));
  `);
  const env = { ...process.env, NODE_COMPILE_CACHE: undefined, npm_config_json: "true" };
  const { stdout, status } = spawnSync("node", [bootstrap, entry, "--json", "a b"], {
    env,
    encoding: "utf8",
  });
  expect(status).toBe(0);
  const cache = path.join(root, "node_modules", ".cache", "node");
  expect(JSON.parse(stdout)).toEqual({ argv: ["--json", "a b"], node: process.version, cache });
});

test("the exit code is the entry's", async () => {
  const entry = await writeEntry("process.exit(7);");
  expect(spawnSync("node", [bootstrap, entry]).status).toBe(7);
});

test("death by signal is passed on as death by signal", async () => {
  const entry = await writeEntry('process.kill(process.pid, "SIGKILL");');
  expect(spawnSync("node", [bootstrap, entry]).signal).toBe("SIGKILL");
});

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s reaches the entry, which ends in its own way",
  async (signal) => {
    const entry = await writeEntry(`
    process.on("${signal}", () => process.exit(5));
    process.stdout.write("ready");
    process.stdin.resume();
  `);
    const child = spawn("node", [bootstrap, entry], { stdio: ["pipe", "pipe", "inherit"] });
    await once(child.stdout, "data");
    child.kill(signal);
    expect(await once(child, "exit")).toEqual([5, null]);
  },
);

test("an entry that does not exist is a coded error", () => {
  const { stderr, status } = spawnSync("node", [bootstrap, "nowhere.ts"], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toContain("bootstrap/no-entry");
});
