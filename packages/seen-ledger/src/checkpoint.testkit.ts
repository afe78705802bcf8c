import { generateKeyPairSync } from "node:crypto";
import { KeyId, type PrivateJwk } from "@leix/protocol";
import {
  appendLeafHashes,
  createRange,
  createSigner,
  encodeCheckpoint,
  encodeNote,
  type NoteSigner,
  signNote,
  toRoot,
} from "@leix/tlog";
import { toLeafHash } from "./tree-trail.ts";

/** A log's key that no ledger knows. */
export function createLogSigner(origin: string): Promise<NoteSigner<"ed25519">> {
  const jwk = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" }) as PrivateJwk;
  return createSigner(origin, "ed25519", { kid: KeyId.parse("A".repeat(43)), alg: "Ed25519", jwk });
}

/** The signed note over these records, as the ledger service makes it. */
export async function signCheckpoint(
  records: readonly Uint8Array[],
  signer: NoteSigner<"ed25519">,
  origin = signer.key.name,
): Promise<Uint8Array> {
  const root = toRoot(appendLeafHashes(createRange(), records.map(toLeafHash)));
  const text = encodeCheckpoint({ origin, size: records.length, root, extensions: [] });
  return encodeNote({ text, signatures: [await signNote(text, signer)] });
}
