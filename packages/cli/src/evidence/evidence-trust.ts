import type { EvidenceTrust } from "@leix/evidence";
import { ExchangeId, KeyId, LeixError } from "@leix/protocol";
import { loadTrust } from "../audit/trust.ts";

/** How a reader says whom it trusts. */
export interface TrustFlags {
  /** A thumbprint, or a file that was handed over. */
  readonly anchor?: string;
  readonly exchange?: string;
}

/**
 * The anchor's key and the exchange's id: both from flags, or from a network.json or party.json. Throws
 * `config/invalid`, `config/network-missing`.
 */
export async function loadEvidenceTrust(
  dir: string,
  { anchor, exchange }: TrustFlags,
): Promise<EvidenceTrust> {
  const aud = exchange === undefined ? undefined : ExchangeId.safeParse(exchange);
  if (aud?.success === false) throw new LeixError("config/invalid", "--exchange is not an exchange's id");
  const thumbprint = KeyId.safeParse(anchor);
  if (thumbprint.success) {
    if (!aud) throw new LeixError("config/invalid", "with a thumbprint --exchange must name the exchange");
    return { aud: aud.data, anchorKey: thumbprint.data };
  }
  const { anchorKey, ...trust } = await loadTrust(dir, anchor);
  return { aud: aud?.data ?? trust.aud, anchorKey };
}
