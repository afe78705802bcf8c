import { createHmac } from "node:crypto";
import { type Claims, encodeBase64url } from "@leix/protocol";

type Officer = NonNullable<Claims["officer"]>;

const PSEUDONYM_BYTES = 16;

/** Who answers for a message, by the agency's own name for the person. The name never leaves the agency. */
export interface OfficerName {
  readonly name: string;
  readonly role: Officer["role"];
}

/** The node itself, for what it sends without a person. */
export const NODE_OFFICER: OfficerName = { name: "node", role: "node" };

/**
 * The pseudonym in the claims: the first 16 bytes of HMAC-SHA-256 over the name (NFC) under the agency's own
 * key, so that only the agency can tell whose it is, by computing it again.
 */
export function toOfficer({ name, role }: OfficerName, officersKey: Uint8Array): Officer {
  const code = createHmac("sha256", officersKey).update(name.normalize("NFC")).digest();
  return { id: encodeBase64url(code.subarray(0, PSEUDONYM_BYTES)), role };
}
