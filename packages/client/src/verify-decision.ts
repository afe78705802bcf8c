import { type ExchangeId, LeixError, type OpenDecision, openDecision } from "@leix/protocol";
import type { Membership } from "./membership.ts";
import type { Sighting } from "./store/sightings.ts";
import { verifySigner } from "./verify-signer.ts";

/**
 * Takes a decision apart and checks that the policy service of this exchange signed it. What it is about is
 * the caller's to check. Throws the `decision/` and `jws/` codes, and `claims/audience`.
 */
export async function verifyDecision(
  text: string,
  membership: Pick<Membership, "findKey">,
  aud: ExchangeId,
): Promise<OpenDecision> {
  const decision = openDecision(text);
  const { content, jws } = decision;
  const place = { index: content.index, time: content.at };
  await verifySigner(membership.findKey, jws, "policy", place);
  if (content.aud !== aud) throw new LeixError("claims/audience", `decided for ${content.aud}`);
  return decision;
}

/** The place of the ledger that a verified decision shows. */
export function toSighting({ content, jws }: OpenDecision): Sighting {
  return { index: content.index, digest: jws.digest, prev: content.prev, at: content.at };
}
