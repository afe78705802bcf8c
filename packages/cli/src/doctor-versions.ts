import { NATS_SERVER_VERSION_MIN } from "@leix/broker";
import type { CheckReport, Problem } from "./doctor-report.ts";

/** Runs TypeScript as it stands, and has every interface that the services use. */
export const NODE_VERSION_MIN = "26.0.0";

/** `broker` is what the server said of itself; undefined where no connection was made. */
export function checkVersions(node: string, broker: string | undefined): CheckReport {
  const problems: Problem[] = [];
  if (!isAtLeast(node, NODE_VERSION_MIN)) {
    problems.push({
      detail: `Node ${node} is older than ${NODE_VERSION_MIN}`,
      todo: "Start LEIX through its own scripts (npx leix): they bring the pinned Node.",
    });
  }
  if (broker !== undefined && !isAtLeast(broker, NATS_SERVER_VERSION_MIN)) {
    problems.push({
      detail: `nats-server ${broker} is older than ${NATS_SERVER_VERSION_MIN}`,
      todo: "Upgrade the broker: crash, fence and isolation behaviour were tried from that version on.",
    });
  }
  return { name: "versions", summary: `Node ${node}, nats-server ${broker ?? "not seen"}`, problems };
}

/** A pre-release counts as before its release (semver section 11). */
function isAtLeast(version: string, min: string): boolean {
  const [core = "", suffix] = version.split("-");
  const [own, wanted] = [core.split(".").map(Number), min.split(".").map(Number)];
  for (const [i, number] of wanted.entries()) {
    const difference = (own[i] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return suffix === undefined;
}
