import type { KeyId, SigningKey } from "@leix/protocol";
import { createSigner, type NoteSigner } from "@leix/tlog";

type OwnSigner = NoteSigner<"cosignature/v1">;

/** The agency's signer under the key that counts now; one for each key. Undefined where there is none. */
export function createSignerSource(
  name: string,
  findKey: () => Promise<SigningKey | undefined>,
): () => Promise<OwnSigner | undefined> {
  const signers = new Map<KeyId, OwnSigner>();
  return async () => {
    const key = await findKey();
    if (!key) return undefined;
    const signer = signers.get(key.kid) ?? (await createSigner(name, "cosignature/v1", key));
    signers.set(key.kid, signer);
    return signer;
  };
}
