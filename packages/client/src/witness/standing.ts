import type { AgencyStatement, ErrorCode, KeyId } from "@leix/protocol";

/**
 * Why cosignatures under a key are not taken at a time (NumericDate), as far as the agency's own statement
 * tells: it is suspended, the key is not registered to cosign (any more), its time is over or has not begun,
 * or another one has taken its place. `ledger/cosignature-refused` where all of that is in order.
 */
export function explainStanding(
  statement: AgencyStatement | undefined,
  kid: KeyId | undefined,
  at: number,
): ErrorCode {
  if (statement?.status !== "active") return "identity/party-not-active";
  const cosigning = statement.keys.filter((key) => key.use === "cosign");
  if (!cosigning.some((key) => key.kid === kid)) return "jws/key-unknown";
  const [current] = cosigning
    .filter(({ nbf, exp }) => nbf <= at && at < exp)
    .toSorted((one, other) => other.nbf - one.nbf || other.exp - one.exp);
  return current?.kid === kid ? "ledger/cosignature-refused" : "jws/key-not-valid";
}
