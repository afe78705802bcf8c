import { join } from "node:path";
import type { Trust } from "@leix/exchange";
import {
  type AccountId,
  AgencyId,
  type DecryptionKey,
  decodeBase64url,
  type KeyId,
  LeixError,
  type SigningKey,
} from "@leix/protocol";
import {
  loadCosigningKey,
  loadCosigningKeys,
  loadDecryptionKeys,
  loadSecret,
  loadSigningKey,
  loadSigningKeys,
  PARTY_FILES,
  type PartyFolder,
} from "@leix/runtime";

/** Who the node is, with its secrets: never logged, never sent. */
export interface Identity {
  readonly agency: AgencyId;
  readonly account: AccountId;
  /** What the agency was given beforehand and trusts. */
  readonly trust: Trust;
  readonly signingKey: SigningKey;
  /** Undefined where the agency is no witness of the ledger. */
  readonly cosigningKey: SigningKey | undefined;
  /** All of each use that are in the folder now: beside the one in use there may be one for later. */
  loadSigningKeys(): Promise<readonly SigningKey[]>;
  loadCosigningKeys(): Promise<readonly SigningKey[]>;
  /**
   * Those of the agency's own decryption keys that are among these; a key may be added while the node runs.
   */
  findDecryptionKeys(kids: readonly KeyId[]): Promise<readonly DecryptionKey[]>;
  /** 32 bytes that turn an officer's name into the pseudonym in the claims. */
  readonly officersKey: Uint8Array;
}

const OFFICERS_KEY_BYTES = 32;

/**
 * Throws `config/invalid` where the folder is not an agency's, or a file in it is missing or broken; the
 * `key/` and `token/` codes.
 */
export async function loadIdentity({ folder, party, askPassphrase }: PartyFolder): Promise<Identity> {
  const agency = AgencyId.safeParse(party.id);
  if (!agency.success) throw new LeixError("config/invalid", `${party.id} is not an agency`);
  if (!party.account) throw new LeixError("config/invalid", `${PARTY_FILES.party} names no account`);
  const loadKeys = () => loadDecryptionKeys(folder, askPassphrase);
  return {
    agency: agency.data,
    account: party.account,
    trust: { aud: party.aud, anchorKey: party.anchorKey, anchorAccount: party.anchorAccount },
    signingKey: await loadSigningKey(folder, askPassphrase),
    cosigningKey: await loadCosigningKey(folder, askPassphrase),
    loadSigningKeys: () => loadSigningKeys(folder, askPassphrase),
    loadCosigningKeys: () => loadCosigningKeys(folder, askPassphrase),
    findDecryptionKeys: createKeyring(await loadKeys(), loadKeys),
    officersKey: parseOfficersKey(await loadSecret(join(folder, PARTY_FILES.officers), askPassphrase)),
  };
}

/** Reads the folder again only for a key that it did not have the last time. */
function createKeyring(
  first: readonly DecryptionKey[],
  load: () => Promise<readonly DecryptionKey[]>,
): Identity["findDecryptionKeys"] {
  let keys = first;
  const find = (kids: readonly KeyId[]) => keys.filter(({ kid }) => kids.includes(kid));
  return async (kids) => {
    if (find(kids).length === 0) keys = await load();
    return find(kids);
  };
}

function parseOfficersKey(text: string): Uint8Array {
  const key = decodeBase64url(text.trim());
  if (key?.byteLength === OFFICERS_KEY_BYTES) return key;
  throw new LeixError(
    "config/invalid",
    `${PARTY_FILES.officers} is not ${OFFICERS_KEY_BYTES} bytes in base64url`,
  );
}
