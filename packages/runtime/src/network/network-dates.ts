import type { Validity } from "@leix/broker";
import { limits } from "@leix/protocol";
import type { KeyValidity } from "./key-pairs.ts";

const DAY_MS = 86_400_000;
/** Signing and encryption keys that statements register. */
export const KEY_DAYS = 2 * 365;
/** Certificates of the broker and of every party, and the users' JWTs. */
export const CERTIFICATE_DAYS = 365;
/** Certificates that a party's own node keeps renewing: of one that was stolen, little is left. */
const RENEWED_DAYS = 90;
/** Those who certify clients outlive what they sign, and the network's own authority outlives them. */
export const ISSUER_DAYS = 3 * 365;
export const AUTHORITY_DAYS = 10 * 365;
/** Valid from a little earlier, for the machines whose clocks are behind. */
const EARLIER_MS = limits.CLOCK_SKEW_SECONDS_MAX * 1_000;

export interface NetworkDates {
  /** When every statement of the genesis is issued, in whole seconds. */
  readonly iat: number;
  readonly keys: KeyValidity;
  readonly certificates: Validity;
  readonly issuers: Validity;
  readonly authority: Validity;
  /** When the users' JWTs end, in whole seconds. */
  readonly credentialsEnd: number;
}

export function toNetworkDates(now: Date): NetworkDates {
  const from = new Date(now.getTime() - EARLIER_MS);
  const certificatesEnd = toLater(now, CERTIFICATE_DAYS);
  return {
    iat: toSeconds(now),
    keys: { nbf: toSeconds(from), exp: toSeconds(toLater(now, KEY_DAYS)) },
    certificates: { from, to: certificatesEnd },
    issuers: { from, to: toLater(now, ISSUER_DAYS) },
    authority: { from, to: toLater(now, AUTHORITY_DAYS) },
    credentialsEnd: toSeconds(certificatesEnd),
  };
}

export function toRenewedValidity(now: Date): Validity {
  return { from: new Date(now.getTime() - EARLIER_MS), to: toLater(now, RENEWED_DAYS) };
}

function toLater(time: Date, days: number): Date {
  return new Date(time.getTime() + days * DAY_MS);
}

function toSeconds(time: Date): number {
  return Math.floor(time.getTime() / 1_000);
}
