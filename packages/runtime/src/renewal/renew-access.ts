import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  connectBroker,
  createCertificateRequest,
  loadAccessTexts,
  parseSeed,
  parseUserEnd,
  renewCredentials,
  requestRules,
  toShareLeft,
} from "@leix/broker";
import {
  encodeCanonicalBytes,
  isErrorCode,
  LeixError,
  limits,
  parseCanonical,
  parseSchema,
} from "@leix/protocol";
import { z } from "zod";
import type { PassphraseSource } from "../keys/passphrase.ts";
import { loadSecret } from "../keys/secret-file.ts";
import { toNetworkDates } from "../network/network-dates.ts";
import { loadPartyFolder, PARTY_FILES } from "../party-folder.ts";
import { installCertificate } from "./install-certificate.ts";
import { replaceLike } from "./replace-like.ts";

/** Renewed when no more than this share of its life is left: early enough for weeks of trouble. */
const RENEW_SHARE_LEFT = 0.4;

export interface RenewalOptions {
  /** A member's: the anchor's, an authority's or an agency's. */
  readonly folder: string;
  readonly natsUrl?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Only what has no more than this share of its life left; RENEW_SHARE_LEFT where it is left out. */
  readonly shareLeft?: number;
  readonly askPassphrase?: PassphraseSource | undefined;
}

/**
 * Gives the user JWT in `nats.creds` another year, with the key of the party's own account. False where it is
 * not time. Throws `config/invalid` where that key is not here.
 */
export async function renewCredentialsFile(options: RenewalOptions): Promise<boolean> {
  const { folder, now, shareLeft = RENEW_SHARE_LEFT } = options;
  const { askPassphrase } = await loadPartyFolder(folder, undefined, options.askPassphrase);
  const file = join(folder, PARTY_FILES.credentials);
  const credentials = await loadSecret(file, askPassphrase);
  const { to } = await parseUserEnd(credentials);
  // A JWT does not say from when it counts: it is measured by the life of the next one.
  const expiresAt = toNetworkDates(new Date(now)).credentialsEnd;
  if (to - now > shareLeft * (expiresAt * 1_000 - now)) return false;
  const signerFile = join(folder, PARTY_FILES.accountSigner);
  if (!existsSync(signerFile)) {
    throw new LeixError(
      "config/invalid",
      `${signerFile}, which signs ${PARTY_FILES.credentials}, is not here`,
    );
  }
  const signer = parseSeed("account", (await loadSecret(signerFile, askPassphrase)).trim());
  await replaceLike(file, await renewCredentials(credentials, { signer, expiresAt }), askPassphrase);
  return true;
}

/**
 * Makes a new TLS key and has the registry certify it, over the party's own account. On return the folder has
 * both; a connection that lives stays, the next one shows them. False where it is not time. Throws
 * `broker/expired` where it is too late, `broker/unreachable`, `broker/no-answer`, what the registry refuses
 * with, and `certificate/unusable` where what it gave cannot be used.
 */
export async function renewCertificateFile(options: RenewalOptions): Promise<boolean> {
  const { folder, now, shareLeft = RENEW_SHARE_LEFT } = options;
  const { access, party, askPassphrase } = await loadPartyFolder(
    folder,
    options.natsUrl,
    options.askPassphrase,
  );
  const present = await loadAccessTexts(access);
  if (toShareLeft(present.certificate, now) > shareLeft) return false;
  const { request, key } = await createCertificateRequest(party.id);
  const nc = await connectBroker(access, { name: `${party.id}-renewal` });
  try {
    const question = encodeCanonicalBytes({ certificateRequest: request });
    const given = parseAnswer(await requestRules(nc, question));
    await installCertificate({ folder, name: party.id, key, now, askPassphrase, ...given });
    return true;
  } finally {
    await nc.close();
  }
}

const Answer = z.union([
  z.strictObject({ certificate: z.string(), ca: z.string() }),
  z.object({ code: z.string() }),
]);

function parseAnswer(bytes: Uint8Array): { certificate: string; ca: string } {
  const answer = parseSchema(Answer, parseCanonical(bytes, limits.BROKER_PAYLOAD_BYTES_MAX));
  if ("certificate" in answer) return answer;
  throw new LeixError(isErrorCode(answer.code) ? answer.code : "broker/refused", "the registry refused");
}
