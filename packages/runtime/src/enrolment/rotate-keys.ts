import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createCredentials, createNkey, parseSeed, toAccountId, toSeed } from "@leix/broker";
import {
  AgencyId,
  type AgencyStatement,
  type EnrolmentChallenge,
  LeixError,
  type openInvitation,
  type RequestFile,
  type SigningAlgorithm,
  type SigningKey,
  verifyInvitation,
} from "@leix/protocol";
import { loadSecret } from "../keys/secret-file.ts";
import {
  createCosigningKey,
  createEncryptionKey,
  createSigningKey,
  type EncryptionCurve,
} from "../network/key-pairs.ts";
import { toNetworkDates } from "../network/network-dates.ts";
import { removeFile } from "../network/replace-file.ts";
import { loadSigningKey, PARTY_FILES, type PartyFolder } from "../party-folder.ts";
import { replaceLike } from "../renewal/replace-like.ts";
import { createRequest } from "./agency-request.ts";
import {
  keepEnrolmentFile,
  loadApproval,
  loadRequest,
  NEXT_FILES,
  toEnrolmentFile,
} from "./enrolment-files.ts";

/** Which keys are to be replaced. */
export interface RotationChoice {
  readonly signing?: SigningAlgorithm | undefined;
  readonly encryption?: EncryptionCurve | undefined;
  readonly cosigning?: boolean;
  readonly accountSigner?: boolean;
}

export interface RotationOptions {
  readonly folder: PartyFolder;
  readonly choice: RotationChoice;
  /** The agency's newest statement. */
  readonly current: AgencyStatement;
  /** Instead of the challenge that came with the last approval. */
  readonly invitation?: ReturnType<typeof openInvitation> | undefined;
  /** Forgets a request that waits for its approval. */
  readonly isAnew?: boolean;
  readonly now: Date;
}

/**
 * Makes new keys beside the old ones, which go on counting, and asks for them. A request that waited goes
 * first, the new one is kept last: keys that a crash leaves in between no request names, so that nothing
 * approves them, and the next rotation makes others. Throws `enrolment/folder-used` where another request
 * waits, `enrolment/registered-already` where that cannot be forgotten, `enrolment/invitation-closed` without
 * a challenge, and as `verifyInvitation` does.
 */
export async function rotateKeys(options: RotationOptions): Promise<RequestFile> {
  const { folder: party, choice, current, now, isAnew = false } = options;
  const { folder } = party;
  await refuseWaiting(folder, current, isAnew);
  const seconds = Math.floor(now.getTime() / 1_000);
  const challenge = await chooseChallenge(options, seconds);
  const dates = toNetworkDates(now);
  const signing = choice.signing ? [createSigningKey(choice.signing, dates.keys)] : [];
  const opening = choice.encryption ? [createEncryptionKey(choice.encryption, dates.keys)] : [];
  const cosigning = choice.cosigning ? [createCosigningKey(dates.keys)] : [];
  const signer = choice.accountSigner ? [createNkey("account")] : [];
  const request = await createRequest({
    about: {
      aud: party.party.aud,
      iss: AgencyId.parse(party.party.id),
      iat: dates.iat,
      account: await toNextAccount(party, current, signer.map(toAccountId)),
    },
    challenge,
    keys: {
      registered: [...signing, ...opening, ...cosigning].map(({ registered }) => registered),
      provers: [...signing, ...cosigning].map(({ key }) => key),
      decryption: opening.map(({ key }) => key),
    },
    signingKey: await chooseSigner(party, current, seconds, signing[0]?.key),
  });
  await forgetRequest(folder);
  const model = join(folder, PARTY_FILES.key);
  const keep = (name: string, text: string) => {
    return replaceLike(join(folder, name), text, party.askPassphrase, model);
  };
  for (const { file } of signing) await keep(NEXT_FILES.signing, file);
  for (const { file } of cosigning) await keep(NEXT_FILES.cosigning, file);
  for (const key of signer) await keep(NEXT_FILES.accountSigner, toSeed(key));
  for (const { file, key } of opening) await keep(`${PARTY_FILES.encryption}/${key.kid}.jwk`, file);
  await keepEnrolmentFile(folder, "request", request);
  return request;
}

/** A request may be forgotten as long as nothing of it counts. */
async function refuseWaiting(folder: string, current: AgencyStatement, isAnew: boolean): Promise<void> {
  const waiting = await loadRequest(folder);
  if (!waiting) return;
  if (!isAnew) throw new LeixError("enrolment/folder-used", folder);
  const { keys, account } = waiting.content;
  const known = new Set<string>([...current.keys.map(({ kid }) => kid), ...current.account.signers]);
  const signers = existsSync(join(folder, NEXT_FILES.accountSigner)) ? account.signers.slice(-1) : [];
  const registered = [...keys.map(({ kid }) => kid), ...signers].find((one) => known.has(one));
  if (registered === undefined) return;
  throw new LeixError("enrolment/registered-already", `${registered}, in ${folder}`);
}

async function chooseChallenge(
  { folder: { folder, party }, invitation }: RotationOptions,
  now: number,
): Promise<EnrolmentChallenge> {
  if (invitation) {
    await verifyInvitation(invitation, now, party.anchorKey);
    const { aud, agency, challenge } = invitation.content;
    if (aud === party.aud && agency.subject === party.id) return challenge;
    throw new LeixError("enrolment/invitation-untrusted", `it is for ${agency.subject} in ${aud}`);
  }
  const approval = await loadApproval(folder);
  if (approval && now < approval.content.challenge.exp) return approval.content.challenge;
  throw new LeixError("enrolment/invitation-closed", `${folder} has none that is open`);
}

/** The signer in use stays beside the new one; any older one goes. */
async function toNextAccount(
  { folder, askPassphrase }: PartyFolder,
  { account }: AgencyStatement,
  added: readonly ReturnType<typeof toAccountId>[],
): Promise<AgencyStatement["account"]> {
  if (added.length === 0) return account;
  const seed = await loadSecret(join(folder, PARTY_FILES.accountSigner), askPassphrase);
  return { id: account.id, signers: [toAccountId(parseSeed("account", seed)), ...added] };
}

/** The key that is registered vouches for the new ones; where it counts no longer, the new one asks. */
async function chooseSigner(
  { folder, askPassphrase }: PartyFolder,
  { keys }: AgencyStatement,
  now: number,
  next: SigningKey | undefined,
): Promise<SigningKey> {
  const present = await loadSigningKey(folder, askPassphrase);
  const isGood = keys.some(({ kid, exp }) => kid === present.kid && now < exp);
  return isGood || !next ? present : next;
}

/** Its keys last: they are nobody's once no request names them. */
async function forgetRequest(folder: string): Promise<void> {
  const request = toEnrolmentFile(folder, "request");
  if (existsSync(request)) await removeFile(request);
  for (const name of Object.values(NEXT_FILES)) await rm(join(folder, name), { force: true });
}

/**
 * Another NATS user of the agency's own account: nobody has to be asked. A node that runs takes it at its
 * next start. The old user counts until its end, or until the account's signer is replaced.
 */
export async function rotateUser({ folder, party, askPassphrase }: PartyFolder, now: Date): Promise<void> {
  const file = join(folder, PARTY_FILES.accountSigner);
  if (!party.account || !existsSync(file)) throw new LeixError("config/invalid", `${file} is not here`);
  const signer = parseSeed("account", await loadSecret(file, askPassphrase));
  const expiresAt = toNetworkDates(now).credentialsEnd;
  const user = { name: party.id, account: party.account, signer, expiresAt };
  await replaceLike(join(folder, PARTY_FILES.credentials), await createCredentials(user), askPassphrase);
}
