import { existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { createCredentials, parseSeed, renewCredentials, toAccountId } from "@leix/broker";
import {
  type AccountId,
  type AgencyStatement,
  type Digest,
  type EnrolmentRequest,
  type ExchangeTrust,
  encodeCanonical,
  LeixError,
  type openApproval,
  openStatement,
  verifyApproval,
} from "@leix/protocol";
import { loadKeyFile } from "../keys/key-file.ts";
import type { PassphraseSource } from "../keys/passphrase.ts";
import { loadSecret } from "../keys/secret-file.ts";
import { PUBLIC_MODE } from "../network/folder-file.ts";
import { toNetworkDates } from "../network/network-dates.ts";
import { parseJsonText } from "../network/network-file.ts";
import { removeFile, replaceFile, syncPath } from "../network/replace-file.ts";
import { PARTY_FILES, PartyFile, readText } from "../party-folder.ts";
import { installCertificate } from "../renewal/install-certificate.ts";
import { replaceLike } from "../renewal/replace-like.ts";
import {
  keepEnrolmentFile,
  loadApproval,
  loadInvitation,
  loadRequest,
  NEXT_FILES,
  toEnrolmentFile,
} from "./enrolment-files.ts";

type OpenApproval = ReturnType<typeof openApproval>;

export interface InstallOptions {
  /** The agency's. */
  readonly folder: string;
  readonly approval: OpenApproval;
  readonly now: Date;
  readonly askPassphrase: PassphraseSource;
}

/** What the exchange has to know before the new keys are used. */
export interface Approved {
  readonly statement: AgencyStatement;
  /** Of the statement's signing input: what the ledger knows it by. */
  readonly digest: Digest;
}

/**
 * Takes in what the authority approved, as far as it counts before the exchange knows it: at the first time
 * certificate, credentials and, at last, `party.json`. To do it again is harmless. Throws
 * `enrolment/other-keys` where it is for another request than this folder's, `certificate/unusable`, and as
 * `verifyApproval` does.
 */
export async function installApproval(options: InstallOptions): Promise<Approved> {
  const { folder, approval } = options;
  const request = await loadRequest(folder);
  const trust = await loadTrust(folder);
  const statement = await verifyApproval(approval, trust);
  const approved = { statement, digest: openStatement(approval.content.statement).jws.digest };
  if (!request) {
    const before = await loadApproval(folder);
    if (before?.jws.digest === approval.jws.digest) return approved;
    throw new LeixError("enrolment/other-keys", "no request of this folder waits for an approval");
  }
  if (approval.content.request !== request.jws.digest) {
    throw new LeixError("enrolment/other-keys", `it is for the request ${approval.content.request}`);
  }
  refuseOther(request.content, statement);
  refuseForeignReader(folder, request.content, statement);
  if (!existsSync(join(folder, PARTY_FILES.party))) await install(options, request.content);
  await keepEnrolmentFile(folder, "approval", approval.file);
  return approved;
}

/** An authority that registers other keys than it was asked for is told so, before anything rests on them. */
function refuseOther({ iss, keys, account }: EnrolmentRequest, statement: AgencyStatement): void {
  const registered = new Set(statement.keys.map(encodeCanonical));
  const missing = keys.find((key) => !registered.has(encodeCanonical(key)));
  if (missing) throw new LeixError("enrolment/other-keys", `kid ${missing.kid} is not as it was asked for`);
  if (statement.subject !== iss)
    throw new LeixError("enrolment/other-keys", `it is for ${statement.subject}`);
  if (encodeCanonical(statement.account) !== encodeCanonical(account)) {
    throw new LeixError("enrolment/other-keys", "the account is not as it was asked for");
  }
}

/** Whoever has a key to decrypt that is registered for the agency reads what is sent to it. */
function refuseForeignReader(folder: string, { keys }: EnrolmentRequest, statement: AgencyStatement): void {
  const isOwn = (kid: string) => {
    return (
      keys.some((key) => key.kid === kid) || existsSync(join(folder, PARTY_FILES.encryption, `${kid}.jwk`))
    );
  };
  const foreign = statement.keys.find(({ use, kid }) => use === "enc" && !isOwn(kid));
  if (foreign) throw new LeixError("enrolment/other-keys", `kid ${foreign.kid} is nothing that is kept here`);
}

async function loadTrust(folder: string): Promise<ExchangeTrust> {
  const file = join(folder, PARTY_FILES.party);
  if (existsSync(file)) {
    return PartyFile.parse(parseJsonText(await readText(file, "config/invalid"), PARTY_FILES.party));
  }
  const invitation = await loadInvitation(folder);
  if (invitation) return invitation.content;
  throw new LeixError("config/party-unknown", folder);
}

/** A crash in between: the next time does it again, from the certificate on. */
async function install(options: InstallOptions, { account }: EnrolmentRequest): Promise<void> {
  const { folder, approval, now, askPassphrase } = options;
  const { certificate, subject: name } = approval.content;
  const invitation = await loadInvitation(folder);
  if (certificate === undefined || !invitation) {
    throw new LeixError("certificate/unusable", `of ${name}: the approval has none`);
  }
  const key = await loadSecret(join(folder, PARTY_FILES.key), askPassphrase);
  await installCertificate({ folder, name, key, certificate, now: now.getTime(), askPassphrase });
  await createCredentialsFile(options, account.id);
  const { aud, anchorKey, anchorAccount, servers, log } = invitation.content;
  const trust = { aud, anchorKey, anchorAccount };
  const party = { v: 1, id: name, ...trust, account: account.id, servers, ...(log ? { log } : {}) } as const;
  const text = `${JSON.stringify(party satisfies PartyFile, null, 2)}\n`;
  await replaceFile(join(folder, PARTY_FILES.party), text, PUBLIC_MODE);
}

async function createCredentialsFile(options: InstallOptions, account: AccountId): Promise<void> {
  const { folder, approval, now, askPassphrase } = options;
  const file = join(folder, PARTY_FILES.credentials);
  const signerFile = join(folder, PARTY_FILES.accountSigner);
  const signer = parseSeed("account", await loadSecret(signerFile, askPassphrase));
  const expiresAt = toNetworkDates(now).credentialsEnd;
  const text = await createCredentials({ name: approval.content.subject, account, signer, expiresAt });
  await replaceLike(file, text, askPassphrase, signerFile);
}

export interface FinishOptions extends Omit<InstallOptions, "approval"> {
  /** The agency's, as the exchange knows it. */
  readonly statement: AgencyStatement;
}

/**
 * The new keys that the exchange knows take the old ones' places; old decryption keys stay, so that old texts
 * stay readable. What else waits, as from a rotation that ended before it asked, is left alone. To do it
 * again is harmless.
 */
export async function finishApproval(options: FinishOptions): Promise<void> {
  const { folder, now, askPassphrase } = options;
  for (const name of await listRegistered(options)) {
    const next = join(folder, NEXT_FILES[name]);
    if (name === "accountSigner") {
      const file = join(folder, PARTY_FILES.credentials);
      const signer = parseSeed("account", await loadSecret(next, askPassphrase));
      const credentials = await loadSecret(file, askPassphrase);
      const expiresAt = toNetworkDates(now).credentialsEnd;
      // The user's key stays, and with it the inbox of a connection that lives.
      await replaceLike(file, await renewCredentials(credentials, { signer, expiresAt }), askPassphrase);
    }
    await rename(next, join(folder, PARTY_FILES[name]));
  }
  await syncPath(folder);
  const request = toEnrolmentFile(folder, "request");
  if (existsSync(request)) await removeFile(request);
}

type NextName = keyof typeof NEXT_FILES;

/** Of the keys that wait, those that the statement has. */
async function listRegistered(options: FinishOptions): Promise<readonly NextName[]> {
  const { folder, statement, askPassphrase } = options;
  const known = new Set<string>([...statement.keys.map(({ kid }) => kid), ...statement.account.signers]);
  const readId = async (name: NextName, file: string): Promise<string> => {
    if (name !== "accountSigner") return (await loadKeyFile(file, askPassphrase)).kid;
    return toAccountId(parseSeed("account", await loadSecret(file, askPassphrase)));
  };
  const names: NextName[] = [];
  for (const name of ["accountSigner", "signing", "cosigning"] as const) {
    const file = join(folder, NEXT_FILES[name]);
    if (existsSync(file) && known.has(await readId(name, file))) names.push(name);
  }
  return names;
}
