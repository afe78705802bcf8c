import type { State } from "@leix/exchange";
import type { KeyId } from "@leix/protocol";

/**
 * Why nothing is decided where this service's key is not one that the ledger has for it at a time
 * (NumericDate): no follower takes a record that such a key has signed. Before the anchor's statement nothing
 * is known of any key.
 */
export function findKeyProblem({ head, keys }: State, kid: KeyId, at: number): string | undefined {
  if (head.index === 0) return undefined;
  const owned = keys.get(kid);
  const isOwn = owned?.party === "policy" && !owned.withdrawn;
  if (!isOwn) return `its key ${kid} is not one that the ledger has for it now: jws/key-unknown. ${TODO}`;
  if (owned.key.nbf <= at && at < owned.key.exp) return undefined;
  return `its key ${kid} is not valid now: jws/key-not-valid. ${TODO}`;
}

const TODO =
  "Nothing is decided. Start it again where a registered key is in place " +
  "(`leix network service-key policy --install`); otherwise have the anchor register one first";
