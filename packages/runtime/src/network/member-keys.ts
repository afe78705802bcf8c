import { randomBytes } from "node:crypto";
import { createNkey, toAccountId, toAccountSigner, toSeed } from "@leix/broker";
import type { AgencyStatement, DecryptionKey, RegisteredKey, SigningKey } from "@leix/protocol";
import { PARTY_FILES } from "../party-folder.ts";
import { type FolderFile, toSecret } from "./folder-file.ts";
import {
  createCosigningKey,
  createEncryptionKey,
  type EncryptionCurve,
  type KeyValidity,
  type NewKey,
} from "./key-pairs.ts";

const OFFICERS_KEY_BYTES = 32;

export interface MemberKeysChoice {
  /** New, or one in a token. */
  readonly signing: NewKey & { readonly key: SigningKey };
  /** Of an agency, to which others encrypt, and whose officers have pseudonyms. */
  readonly encryption?: EncryptionCurve | undefined;
  /** A witness of the ledger has a key to cosign with. */
  readonly isWitness: boolean;
}

/** All keys of a party that has a NATS account: what is registered of them, and what its own folder keeps. */
export interface MemberKeys {
  readonly registered: readonly RegisteredKey[];
  /** Those that prove themselves: what signs or cosigns, and the account's identity. */
  readonly provers: readonly SigningKey[];
  readonly decryption: readonly DecryptionKey[];
  readonly account: AgencyStatement["account"];
  /** Signs the account's users; its identity goes offline at once. */
  readonly accountSigner: ReturnType<typeof createNkey>;
  readonly files: readonly FolderFile[];
}

export function createMemberKeys(choice: MemberKeysChoice, validity: KeyValidity): MemberKeys {
  const { signing } = choice;
  const encryption = choice.encryption ? [createEncryptionKey(choice.encryption, validity)] : [];
  const cosigning = choice.isWitness ? [createCosigningKey(validity)] : [];
  const [identity, accountSigner] = [createNkey("account"), createNkey("account")];
  return {
    registered: [signing, ...encryption, ...cosigning].map(({ registered }) => registered),
    provers: [signing.key, ...cosigning.map(({ key }) => key), toAccountSigner(identity)],
    decryption: encryption.map(({ key }) => key),
    account: { id: toAccountId(identity), signers: [toAccountId(accountSigner)] },
    accountSigner,
    files: [
      toSecret(PARTY_FILES.accountIdentity, toSeed(identity)),
      toSecret(PARTY_FILES.accountSigner, toSeed(accountSigner)),
      toSecret(PARTY_FILES.signing, signing.file),
      ...cosigning.map(({ file }) => toSecret(PARTY_FILES.cosigning, file)),
      ...encryption.flatMap(({ file, key }) => [
        toSecret(`${PARTY_FILES.encryption}/${key.kid}.jwk`, file),
        toSecret(PARTY_FILES.officers, `${randomBytes(OFFICERS_KEY_BYTES).toString("base64url")}\n`),
      ]),
    ],
  };
}
