import { join } from "node:path";
import { hasKey, isChainOf, listCertificateEnds, parseCertificates, toPairText } from "@leix/broker";
import { LeixError } from "@leix/protocol";
import { PUBLIC_MODE } from "../network/folder-file.ts";
import { replaceFile } from "../network/replace-file.ts";
import { PARTY_FILES, type PartyFolder, readText } from "../party-folder.ts";
import { replaceLike } from "./replace-like.ts";

export interface NewCertificate {
  readonly folder: string;
  /** The party whose folder it is. */
  readonly name: string;
  /** What was made on this machine (what else its file carries goes), and the certificate that came back. */
  readonly key: string;
  readonly certificate: string;
  /** The network authority's certificate as the issuer has it; the one in the folder where it is left out. */
  readonly ca?: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly askPassphrase: PartyFolder["askPassphrase"];
}

/**
 * Puts a new key and its certificate in the place of the party's old ones. Both are in one file, so that the
 * folder has the one pair or the other whenever this ends; `tls.crt` is a copy for whoever looks. Throws
 * `certificate/unusable` where the certificate is not for this key and name, not of the network's authority,
 * or ended.
 */
export async function installCertificate(options: NewCertificate): Promise<void> {
  const { folder, name, key, certificate, now, askPassphrase } = options;
  const ca = await chooseAuthority(folder, options.ca);
  const refuse = (detail: string) => new LeixError("certificate/unusable", `of ${name}: ${detail}`);
  const [own] = listCertificateEnds(certificate);
  if (own?.name !== name) throw refuse(`it is for ${own?.name}`);
  if (!hasKey(certificate, key)) throw refuse("it is for another key");
  if (!isChainOf(certificate, ca)) throw refuse("it is of another authority");
  if (listCertificateEnds(certificate).some(({ to }) => to <= now)) throw refuse("it has ended");
  await replaceFile(join(folder, PARTY_FILES.ca), ca, PUBLIC_MODE);
  await replaceLike(join(folder, PARTY_FILES.key), toPairText(key, certificate), askPassphrase);
  await replaceFile(join(folder, PARTY_FILES.certificate), certificate, PUBLIC_MODE);
}

/** A newer certificate of the very authority that the party trusts already; any other is not looked at. */
async function chooseAuthority(folder: string, given: string | undefined): Promise<string> {
  const trusted = await readText(join(folder, PARTY_FILES.ca), "config/invalid");
  if (given === undefined) return trusted;
  const [before] = parseCertificates(trusted);
  const [after] = parseCertificates(given);
  const isRenewed =
    before !== undefined &&
    after?.verify(before.publicKey) === true &&
    after.publicKey.equals(before.publicKey) &&
    after.subject === before.subject &&
    after.ca &&
    after.validToDate > before.validToDate;
  return isRenewed ? given : trusted;
}
