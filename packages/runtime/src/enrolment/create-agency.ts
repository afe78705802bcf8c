import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createCertificateRequest } from "@leix/broker";
import {
  type Invitation,
  LeixError,
  type Opened,
  type openInvitation,
  type RegisteredKey,
  type RequestFile,
  type SigningAlgorithm,
  type SigningKey,
  toPublicJwk,
  verifyInvitation,
} from "@leix/protocol";
import { refuseShort } from "../keys/encrypted-secret.ts";
import { loadKeyFile, toTokenKeyText } from "../keys/key-file.ts";
import { createPassphraseSource } from "../keys/passphrase.ts";
import { writeSecret } from "../keys/secret-file.ts";
import { openTokenKey } from "../keys/token-key.ts";
import { FOLDER_MODE, type FolderFile, toPublic, toSecret, writeFolder } from "../network/folder-file.ts";
import {
  createSigningKey,
  type EncryptionCurve,
  type KeyValidity,
  type NewKey,
} from "../network/key-pairs.ts";
import { createMemberKeys } from "../network/member-keys.ts";
import { toNetworkDates } from "../network/network-dates.ts";
import { syncPath } from "../network/replace-file.ts";
import { PARTY_FILES } from "../party-folder.ts";
import { createRequest } from "./agency-request.ts";
import { loadInvitation, loadRequest, toEnrolmentFile, toEnrolmentText } from "./enrolment-files.ts";

export interface CreateAgencyOptions {
  /** The agency's folder: not there yet. */
  readonly folder: string;
  readonly invitation: ReturnType<typeof openInvitation>;
  /** The thumbprint that a person was told; compared where it is given. */
  readonly anchorKey?: string | undefined;
  /** ES256 where it is left out. */
  readonly signing?: SigningAlgorithm;
  /** A file that names a key in a token (`toTokenKeyText`), instead of a new one. */
  readonly signingKeyFile?: string | undefined;
  /** P-256 where it is left out. */
  readonly encryption?: EncryptionCurve;
  /** The agency is no witness of the ledger without a key to cosign with. */
  readonly isWitness?: boolean;
  /** Protects every private key that is made here. */
  readonly passphrase?: string | undefined;
  readonly now: Date;
}

const DRAFT = ".draft";

/**
 * Makes an agency's folder with all its keys, and the request to register them. The folder is there whole or
 * not at all: it is made beside its place and then renamed. Made once, for the same invitation the same
 * request is given again. Throws `enrolment/folder-used`, and as `verifyInvitation` does.
 */
export async function createAgency(options: CreateAgencyOptions): Promise<RequestFile> {
  const { folder, invitation, now, anchorKey, passphrase } = options;
  if (passphrase !== undefined) refuseShort(passphrase);
  const seconds = Math.floor(now.getTime() / 1_000);
  await verifyInvitation(invitation, seconds, anchorKey);
  if (existsSync(folder)) return findRequest(folder, invitation);
  const { files, request } = await createFiles(options);
  const draft = folder + DRAFT;
  // What a crash left: nothing in it was ever told to anyone.
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: FOLDER_MODE });
  await writeFiles(draft, files, passphrase);
  await syncAll(draft);
  await rename(draft, folder);
  await syncPath(dirname(folder));
  return request;
}

async function findRequest(folder: string, { jws }: Opened<Invitation>): Promise<RequestFile> {
  const [before, request] = [await loadInvitation(folder), await loadRequest(folder)];
  if (before?.jws.digest === jws.digest && request && !existsSync(join(folder, PARTY_FILES.party))) {
    return request.file;
  }
  throw new LeixError("enrolment/folder-used", folder);
}

async function createFiles(
  options: CreateAgencyOptions,
): Promise<{ files: readonly FolderFile[]; request: RequestFile }> {
  const { invitation, now, encryption = "P-256", isWitness = true } = options;
  const { aud, agency, ca, challenge } = invitation.content;
  const dates = toNetworkDates(now);
  const signing = await createSigner(options, dates.keys);
  const made = createMemberKeys({ signing, encryption, isWitness }, dates.keys);
  const tls = await createCertificateRequest(agency.subject);
  const request = await createRequest({
    about: {
      aud,
      iss: agency.subject,
      iat: dates.iat,
      account: made.account,
      certificateRequest: tls.request,
    },
    challenge,
    keys: made,
    signingKey: signing.key,
  });
  return {
    request,
    files: [
      ...made.files,
      toSecret(PARTY_FILES.key, tls.key),
      toPublic(PARTY_FILES.ca, ca),
      toPublic(toEnrolmentFile("", "invitation"), toEnrolmentText(invitation.file)),
      toPublic(toEnrolmentFile("", "request"), toEnrolmentText(request)),
    ],
  };
}

/** A new key, or one in a token. */
async function createSigner(
  { signing = "ES256", signingKeyFile }: CreateAgencyOptions,
  validity: KeyValidity,
): Promise<NewKey & { key: SigningKey }> {
  if (signingKeyFile === undefined) return createSigningKey(signing, validity);
  const found = await loadKeyFile(signingKeyFile, createPassphraseSource());
  if (found.kind !== "token")
    throw new LeixError("config/invalid", `${signingKeyFile} names no key in a token`);
  const key = await openTokenKey(found, found.place);
  const { kid, alg } = key;
  const registered = { ...validity, kid, alg, use: "sig", jwk: toPublicJwk(key) } as RegisteredKey;
  return { registered, key, file: toTokenKeyText(found, found.place) };
}

async function writeFiles(
  folder: string,
  files: readonly FolderFile[],
  passphrase: string | undefined,
): Promise<void> {
  await writeFolder(
    folder,
    files.filter(({ isSecret }) => !isSecret),
  );
  for (const { path, text } of files.filter(({ isSecret }) => isSecret)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true, mode: FOLDER_MODE });
    await writeSecret(file, text, passphrase);
  }
}

/** Before the folder gets its name, all that is in it is on disk. */
async function syncAll(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true });
  for (const name of names) await syncPath(join(folder, name));
  await syncPath(folder);
}
