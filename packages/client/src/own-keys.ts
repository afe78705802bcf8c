import { describeEnd, type Expiring } from "@leix/broker";
import { AgencyId, type KeyId, LeixError, type RegisteredKey } from "@leix/protocol";
import type { Membership } from "./membership.ts";

const WHAT = { sig: "the signing key", enc: "the encryption key", cosign: "the key to cosign with" } as const;
const FLAG = { sig: "--signing", enc: "--encryption", cosign: "--cosigning" } as const;

/**
 * When a party can no longer sign, be encrypted to, or cosign, as the ledger has it: of each use, the key
 * that ends last.
 */
export function listKeyEnds(keys: readonly RegisteredKey[], owner: string): Expiring[] {
  return (["sig", "enc", "cosign"] as const).flatMap((use) => {
    const [last] = keys.filter((key) => key.use === use).toSorted((one, other) => other.exp - one.exp);
    if (!last) return [];
    const command = toRotation(owner, use);
    const span = { from: last.nbf * 1_000, to: last.exp * 1_000 };
    return [{ what: WHAT[use], owner, ...span, renew: command, mend: command }];
  });
}

/** An agency asks its country's authority; the keys of all others are the anchor's to register. */
function toRotation(owner: string, use: RegisteredKey["use"]): string {
  if (AgencyId.safeParse(owner).success) return `leix agency rotate --as ${owner} ${FLAG[use]}`;
  return `a statement of the anchor that registers a new one for ${owner}`;
}

/**
 * A message under a key that has ended would only come back. Throws `jws/key-not-valid`, naming the key, its
 * owner and the command; says nothing of a key that the membership here does not know.
 */
export function refuseEndedKey(membership: Membership, agency: AgencyId, kid: KeyId, nowMs: number): void {
  const known = membership.findKey(kid);
  if (!known) return;
  const isWithdrawn = known.withdrawnAt !== undefined;
  const [end] = listKeyEnds([known.key], agency);
  if (!end || (end.to > nowMs && !isWithdrawn)) return;
  const said = isWithdrawn ? `${end.what} of ${agency} was withdrawn` : describeEnd(end, nowMs);
  throw new LeixError("jws/key-not-valid", `${kid}: ${said}`);
}
