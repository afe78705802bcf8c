import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  type CertificateAndKey,
  createClientCertificate,
  createServerCertificate,
  listCertificateEnds,
  listHosts,
  parseSeed,
  parseUserEnd,
  pickCertificate,
  renewCertificateAuthority,
  renewCredentials,
  renewSubordinateAuthority,
} from "@leix/broker";
import { createPassphraseSource, type PassphraseSource } from "../keys/passphrase.ts";
import { loadSecret, readSecret } from "../keys/secret-file.ts";
import { BROKER_CERTIFICATE } from "../network/broker-files.ts";
import { PUBLIC_MODE } from "../network/folder-file.ts";
import { type NetworkDates, toNetworkDates } from "../network/network-dates.ts";
import { loadNetwork, NETWORK_FILES, type NetworkFile } from "../network/network-file.ts";
import { replaceFile } from "../network/replace-file.ts";
import { PARTY_FILES, readText } from "../party-folder.ts";
import { replaceLike } from "./replace-like.ts";

export interface RenewNetworkOptions {
  readonly now: Date;
  /** What ends within so many days is renewed. */
  readonly withinDays: number;
}

/** Something that was renewed, and until when it counts now. */
export interface RenewedThing {
  readonly what: string;
  readonly owner: string;
  readonly until: Date;
}

/** What one renewal works with. */
interface Work {
  readonly dir: string;
  readonly dates: NetworkDates;
  readonly authority: CertificateAndKey;
  readonly isDue: (to: number) => boolean;
  readonly askPassphrase: PassphraseSource;
}

const DAY_MS = 86_400_000;

/**
 * Renews everything in a network folder that the operator can renew and that ends soon: the network's
 * authority (whose key stays), those who certify clients, servers, clients, credentials. A party whose folder
 * is on its own machine is left out. Each file is replaced whole, so it can be run again after a crash at any
 * point. Throws `config/network-missing` where the authority's key is not here.
 */
export async function renewNetwork(dir: string, options: RenewNetworkOptions): Promise<RenewedThing[]> {
  const network = await loadNetwork(dir);
  const { now, withinDays } = options;
  const load = (name: string) => readText(join(dir, NETWORK_FILES.ca, name), "config/network-missing");
  const before = { certificate: await load("ca.crt"), key: await load("ca.key") };
  const isDue = (to: number): boolean => to - now.getTime() < withinDays * DAY_MS;
  const dates = toNetworkDates(now);
  const folders = network.parties
    .map((party) => ({ ...party, folder: join(dir, party.folder) }))
    .filter(({ folder }) => existsSync(join(folder, PARTY_FILES.party)));
  const first = await renewAuthority(dir, before, folders, { dates, isDue });
  const { authority } = first;
  const work: Work = { dir, dates, authority, isDue, askPassphrase: createPassphraseSource() };
  const renewed = [...first.renewed, ...(await renewBroker(work))];
  for (const party of folders) renewed.push(...(await renewFolder(party, work)));
  return renewed;
}

type Party = NetworkFile["parties"][number];

/** Everyone in reach gets the new certificate at once, all others with the next one of their own. */
async function renewAuthority(
  dir: string,
  before: CertificateAndKey,
  folders: readonly Party[],
  { dates, isDue }: Pick<Work, "dates" | "isDue">,
): Promise<{ authority: CertificateAndKey; renewed: RenewedThing[] }> {
  const [end] = listCertificateEnds(before.certificate);
  if (!end || !isDue(end.to)) return { authority: before, renewed: [] };
  const authority = await renewCertificateAuthority(before, end.name, dates.authority);
  const places = [...folders.map(({ folder }) => folder), join(dir, NETWORK_FILES.nats, "tls")];
  for (const place of places) {
    await replaceFile(join(place, PARTY_FILES.ca), authority.certificate, PUBLIC_MODE);
  }
  // Last: as long as the old one is here, the next run begins again.
  await replaceFile(join(dir, NETWORK_FILES.ca, "ca.crt"), authority.certificate, PUBLIC_MODE);
  const what = "the certificate of the network's authority";
  return { authority, renewed: [{ what, owner: end.name, until: dates.authority.to }] };
}

async function renewBroker(work: Work): Promise<RenewedThing[]> {
  const file = join(work.dir, NETWORK_FILES.nats, BROKER_CERTIFICATE);
  if (!existsSync(file)) return [];
  return renewServer({ what: "the server certificate", owner: "broker", key: file }, work);
}

async function renewFolder({ id, folder }: Party, work: Work): Promise<RenewedThing[]> {
  const at = (name: keyof typeof PARTY_FILES): string => join(folder, PARTY_FILES[name]);
  const log = { certificate: at("logCertificate"), key: at("logKey") };
  const witness = { certificate: at("witnessCertificate"), key: at("witnessKey") };
  return [
    ...(await renewIssuer(id, at("issuerCertificate"), work)),
    ...(await renewServer({ what: "the log's server certificate", owner: id, ...log }, work)),
    ...(await renewServer({ what: "the witness's server certificate", owner: id, ...witness }, work)),
    ...(await renewClient(id, { certificate: at("certificate"), key: at("key") }, work)),
    ...(await renewUser(id, id, at("credentials"), at("accountSigner"), work)),
    ...(await renewUser(id, "pusher", at("pusher"), at("accountSigner"), work)),
  ];
}

async function renewIssuer(owner: string, file: string, work: Work): Promise<RenewedThing[]> {
  if (!existsSync(file)) return [];
  const old = await readText(file, "config/invalid");
  if (!listCertificateEnds(old).some(({ to }) => work.isDue(to))) return [];
  const certificate = await renewSubordinateAuthority(work.authority, old, work.dates.issuers);
  await replaceFile(file, certificate, PUBLIC_MODE);
  return [{ what: "the certificate to certify clients", owner, until: work.dates.issuers.to }];
}

interface ServerPlace {
  readonly what: string;
  readonly owner: string;
  /** Has the certificate as well, or gets it; `certificate` is a copy, where there is one. */
  readonly key: string;
  readonly certificate?: string;
}

/** For the names that it is for already. */
async function renewServer(place: ServerPlace, work: Work): Promise<RenewedThing[]> {
  const { what, owner, key, certificate } = place;
  if (!existsSync(key)) return [];
  const beside = certificate ? await readText(certificate, "config/invalid") : "";
  const old = pickCertificate(await readSecret(key), beside);
  const [end] = listCertificateEnds(old);
  if (!end || !work.isDue(end.to)) return [];
  const { certificates } = work.dates;
  const options = { ...certificates, name: end.name, hosts: listHosts(old) };
  const made = await createServerCertificate(work.authority, options);
  await replaceLike(key, made.key + made.certificate, work.askPassphrase);
  if (certificate) await replaceFile(certificate, made.certificate, PUBLIC_MODE);
  return [{ what, owner, until: certificates.to }];
}

async function renewClient(
  owner: string,
  { certificate, key }: Required<Pick<ServerPlace, "certificate" | "key">>,
  work: Work,
): Promise<RenewedThing[]> {
  const old = pickCertificate(
    await loadSecret(key, work.askPassphrase),
    await readText(certificate, "config/invalid"),
  );
  if (!listCertificateEnds(old).some(({ to }) => work.isDue(to))) return [];
  const made = await createClientCertificate(work.authority, { ...work.dates.certificates, name: owner });
  await replaceLike(key, made.key + made.certificate, work.askPassphrase);
  await replaceFile(certificate, made.certificate, PUBLIC_MODE);
  return [{ what: "the client certificate", owner, until: work.dates.certificates.to }];
}

/** A member's user is signed with its account's key, a service's with the key of its role. */
async function renewUser(
  owner: string,
  user: string,
  file: string,
  accountSigner: string,
  work: Work,
): Promise<RenewedThing[]> {
  if (!existsSync(file)) return [];
  const credentials = await loadSecret(file, work.askPassphrase);
  if (!work.isDue((await parseUserEnd(credentials)).to)) return [];
  const roleSigner = join(work.dir, NETWORK_FILES.operator, "roles", `${user}.nk`);
  const signerFile = existsSync(roleSigner) ? roleSigner : accountSigner;
  const signer = parseSeed("account", (await loadSecret(signerFile, work.askPassphrase)).trim());
  const expiresAt = work.dates.credentialsEnd;
  await replaceLike(file, await renewCredentials(credentials, { signer, expiresAt }), work.askPassphrase);
  const what = user === owner ? "the NATS credentials" : `the NATS credentials (${user})`;
  return [{ what, owner, until: new Date(expiresAt * 1_000) }];
}
