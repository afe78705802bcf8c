import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** The floor: crash, fence and isolation behaviour were tried on this version (ARCHITECTURE.md). */
export const NATS_SERVER_VERSION_MIN = "2.15.1";

const VERSION_TIMEOUT_MS = 10_000;
const run = promisify(execFile);

/** What `nats-server --version` answers, or null when the file cannot be run or is another program. */
export async function loadServerVersion(binary: string): Promise<string | null> {
  try {
    const { stdout } = await run(binary, ["--version"], { timeout: VERSION_TIMEOUT_MS });
    return parseServerVersion(stdout);
  } catch {
    return null;
  }
}

/** `nats-server: v2.15.1` to `2.15.1`; null for anything else. A pre-release keeps its suffix. */
export function parseServerVersion(output: string): string | null {
  return /^nats-server: v(\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?)\s*$/.exec(output)?.[1] ?? null;
}

/** Is the version at least the other one? A pre-release counts as before its release (semver section 11). */
export function isVersionAtLeast(version: string, min: string): boolean {
  return compareVersions(version, min) >= 0;
}

/** Negative, zero or positive as the first version is before, the same as, or after the second. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [toParts(a), toParts(b)];
  for (let i = 0; i < 3; i++) {
    const difference = (left.numbers[i] ?? 0) - (right.numbers[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return Number(left.release) - Number(right.release);
}

function toParts(version: string): { numbers: number[]; release: boolean } {
  const [core = "", ...suffix] = version.split("-");
  return { numbers: core.split(".").map(Number), release: suffix.length === 0 };
}
