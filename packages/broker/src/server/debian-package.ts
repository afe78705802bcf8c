import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const SCRIPT = fileURLToPath(new URL("../../../../deploy/recipes/fetch-debian-package.sh", import.meta.url));
const FETCH_TIMEOUT_MS = 180_000;
const run = promisify(execFile);

/**
 * Unpacks a package of Debian's testing suite into a folder that does not exist yet: whole or not at all.
 * Null when it is there; otherwise one line that says why not. Never throws: a machine without apt is no
 * error.
 */
export async function fetchDebianPackage(name: string, folder: string): Promise<string | null> {
  try {
    await access(SCRIPT);
  } catch {
    return "deploy/recipes/fetch-debian-package.sh is not part of this installation";
  }
  try {
    await run("sh", [SCRIPT, name, folder], { timeout: FETCH_TIMEOUT_MS });
    return null;
  } catch (cause) {
    return toReason(cause);
  }
}

function toReason(cause: unknown): string {
  const stderr = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : "";
  return stderr.split("\n").at(-1) || String(cause);
}
