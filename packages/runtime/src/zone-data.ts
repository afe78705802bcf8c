import { LeixError } from "@leix/protocol";

/** Whether that is a time zone of the IANA; whatever is none would be counted in UTC. */
export function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/**
 * Version of the IANA time-zone data that this Node counts calendar days by, as `2026a`. Throws
 * `config/invalid` where it was built without.
 */
export function readZoneVersion(): string {
  const { tz, node } = process.versions;
  if (tz !== undefined) return tz;
  throw new LeixError("config/invalid", `Node ${node} has no time-zone data of its own: use the pinned one`);
}
