import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BrokerAccess } from "@leix/broker";
import {
  AccountId,
  type DecryptionKey,
  ExchangeId,
  Invitation,
  KeyId,
  LeixError,
  PartyId,
  parseSchema,
  type SigningKey,
} from "@leix/protocol";
import { z } from "zod";
import { loadKeyFile } from "./keys/key-file.ts";
import { createPassphraseSource, type PassphraseSource } from "./keys/passphrase.ts";
import { refuseReadable, toSecretFile } from "./keys/secret-file.ts";
import { openTokenKey } from "./keys/token-key.ts";

/** Names in a party's folder. Everything but `party.json` and the certificates is secret and 0600. */
export const PARTY_FILES = {
  party: "party.json",
  ca: "ca.crt",
  certificate: "tls.crt",
  key: "tls.key",
  /** There while a request for a certificate waits for its answer. */
  nextKey: "tls-next.key",
  credentials: "nats.creds",
  /** Of a country's authority and the registry: what they certify clients with. */
  issuerCertificate: "issuer.crt",
  issuerKey: "issuer.key",
  signing: "signing.jwk",
  /** An agency's, as a witness of the ledger. Without one it is none. */
  cosigning: "cosigning.jwk",
  /** What its HTTPS server shows to logs that bring their checkpoints. Not there unless it was made. */
  witnessCertificate: "witness.crt",
  witnessKey: "witness.key",
  /** A folder: one file a key, so that old bodies stay readable after a rotation. */
  encryption: "encryption",
  /** 32 random bytes in base64url: resolves an officer to the pseudonym in the claims. */
  officers: "officers.key",
  store: "node.sqlite",
  /** A folder: proofs that the ledger's key has signed two histories. Not there as long as there is none. */
  forks: "forks",
  /** Seed of the identity of the party's NATS account: kept offline, nothing reads it. */
  accountIdentity: "offline/account.nk",
  /** Seed that signs users of the party's account, all of one form. */
  accountSigner: "account-signer.nk",
  /** Of the registry only: what signs accounts, and the second identity that tells the server about them. */
  operatorSigning: "operator-signing.nk",
  pusher: "pusher.creds",
  /** Of the ledger service only: what its HTTPS server shows, and the folder of tiles and records. */
  logCertificate: "log.crt",
  logKey: "log.key",
  ledgerStore: "store",
} as const;

/**
 * What a party was given when it joined: who it is, whom to trust, where the broker is. Nothing in it is
 * secret.
 */
export const PartyFile = z.strictObject({
  v: z.literal(1),
  id: z.union([PartyId, z.enum(["auditor", "provisioner", "monitor"])]),
  aud: ExchangeId,
  anchorKey: KeyId,
  anchorAccount: AccountId,
  /** The party's own NATS account; services of the exchange are users of the BROKER account and have none. */
  account: AccountId.optional(),
  /** Told to the registry only: the accounts whose exports every party's account imports. */
  brokerAccount: AccountId.optional(),
  logAccount: AccountId.optional(),
  /** `tls://host:port`; several for a cluster. */
  servers: Invitation.shape.servers,
  /** `https://host:port`, where the ledger service serves the log, if it has a fixed place. */
  log: Invitation.shape.log,
});
export type PartyFile = z.infer<typeof PartyFile>;

export interface PartyFolder {
  readonly folder: string;
  readonly party: PartyFile;
  /** `LEIX_NATS_URL`, where it is set, replaces the servers of `party.json`. */
  readonly access: BrokerAccess;
  /** Of the folder's encrypted secrets; a person is asked once. */
  readonly askPassphrase: PassphraseSource;
}

/**
 * Throws `config/party-unknown` where the folder is not a party's, `config/invalid` where a file in it is
 * broken.
 */
export async function loadPartyFolder(
  folder: string,
  natsUrl?: string,
  askPassphrase = createPassphraseSource(),
): Promise<PartyFolder> {
  const text = await readText(join(folder, PARTY_FILES.party), "config/party-unknown");
  const party = parseSchema(PartyFile, parseJson(text, PARTY_FILES.party), "config/invalid");
  const servers = natsUrl ? [natsUrl] : party.servers;
  await Promise.all(
    [PARTY_FILES.key, PARTY_FILES.credentials].map((name) => refuseReadable(join(folder, name))),
  );
  return {
    folder,
    party,
    access: {
      servers: servers.map((url) => url.replace("tls://", "")),
      ca: { file: join(folder, PARTY_FILES.ca) },
      certificate: { file: join(folder, PARTY_FILES.certificate) },
      key: toSecretFile(join(folder, PARTY_FILES.key), askPassphrase),
      credentials: toSecretFile(join(folder, PARTY_FILES.credentials), askPassphrase),
    },
    askPassphrase,
  };
}

/**
 * The key may be in a token; where it is encrypted, its passphrase is asked for. Throws `config/invalid`, the
 * `token/` codes, and those of `loadKeyFile`.
 */
export async function loadSigningKey(
  folder: string,
  askPassphrase = createPassphraseSource(),
): Promise<SigningKey> {
  const key = await loadKeyFile(join(folder, PARTY_FILES.signing), askPassphrase);
  if (key.kind === "token") return openTokenKey(key, key.place);
  const { kid, alg, jwk } = key;
  if (alg === "ECDH-ES+A256KW") throw new LeixError("config/invalid", "signing.jwk holds an encryption key");
  return { kid, alg, jwk };
}

/** Undefined where the agency is no witness. Throws `config/invalid` for a key that cannot cosign. */
export async function loadCosigningKey(
  folder: string,
  askPassphrase = createPassphraseSource(),
): Promise<SigningKey | undefined> {
  const file = join(folder, PARTY_FILES.cosigning);
  if (!existsSync(file)) return undefined;
  const key = await loadKeyFile(file, askPassphrase);
  if (key.alg !== "Ed25519") throw new LeixError("config/invalid", "cosigning.jwk holds no Ed25519 key");
  return key.kind === "token" ? openTokenKey(key, key.place) : { kid: key.kid, alg: key.alg, jwk: key.jwk };
}

export async function loadDecryptionKeys(
  folder: string,
  askPassphrase = createPassphraseSource(),
): Promise<DecryptionKey[]> {
  const names = (await readdir(join(folder, PARTY_FILES.encryption))).filter((name) => name.endsWith(".jwk"));
  return Promise.all(
    names.toSorted().map(async (name) => {
      const key = await loadKeyFile(join(folder, PARTY_FILES.encryption, name), askPassphrase);
      if (key.kind === "key") return { kid: key.kid, jwk: key.jwk };
      throw new LeixError("config/invalid", `${name}: a token can hold a key to sign with, no other`);
    }),
  );
}

export async function readText(
  file: string,
  code: "config/invalid" | "config/party-unknown" | "config/network-missing",
): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new LeixError(code, `cannot read ${file}`, { cause });
  }
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LeixError("config/invalid", `${name} is not JSON`, { cause });
  }
}
