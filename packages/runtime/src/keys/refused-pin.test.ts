import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { runTokenTool } from "./token-tool.ts";

const LONG_AGO = 1_000_000_000;
let dir: string;
let pinFile: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "leix-pin-"));
  pinFile = join(dir, "pin");
  await writeFile(pinFile, "1234\n", { mode: 0o600 });
  await utimes(pinFile, LONG_AGO, LONG_AGO);
  vi.stubEnv("PATH", dir);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true, force: true });
});

/** What stands in for OpenSC's tool. */
const makeTool = (script: string) =>
  writeFile(join(dir, "pkcs11-tool"), `#!/bin/sh\n${script}\n`, { mode: 0o700 });
const REFUSE = "echo 'error: CKR_PIN_INCORRECT' >&2; exit 1";
const ask = () => runTokenTool({ module: "/module.so", token: "AL-SPOC", id: "01", pinFile }, []);

it("a PIN that was refused is not tried again until its file is written", async () => {
  await makeTool(REFUSE);
  await expect(ask()).rejects.toMatchObject({ code: "token/pin-wrong" });
  await makeTool("echo right");
  await expect(ask()).rejects.toMatchObject({ code: "token/pin-wrong" });
  await writeFile(pinFile, "2718\n");
  expect(new TextDecoder().decode(await ask())).toBe("right\n");
});

it("a PIN that was written while another was refused is tried", async () => {
  await makeTool(`echo 2718 > '${pinFile}'; ${REFUSE}`);
  await expect(ask()).rejects.toMatchObject({ code: "token/pin-wrong" });
  await makeTool("echo right");
  expect(new TextDecoder().decode(await ask())).toBe("right\n");
});
