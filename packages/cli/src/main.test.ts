import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

test("a reader that goes away before the end ends it without a word", { timeout: 30_000 }, async () => {
  const root = await mkdtemp(join(tmpdir(), "leix-main-"));
  try {
    const words = [MAIN, "--dir", join(root, "network"), "network", "init"];
    const program = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
    program.stdout.destroy();
    let said = "";
    program.stderr.on("data", (bytes: Buffer) => {
      said += bytes.toString();
    });
    const [code] = await once(program, "close");
    expect([code, said]).toEqual([0, ""]);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
