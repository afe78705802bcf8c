import { type BrokerRole, createClientCertificate, createCredentials, toSeed } from "@leix/broker";
import {
  type ExchangeId,
  PartyId,
  provePossession,
  type RegisteredKey,
  type SigningAlgorithm,
  type SigningKey,
} from "@leix/protocol";
import { PARTY_FILES, type PartyFile } from "../party-folder.ts";
import type { NewBroker } from "./broker-files.ts";
import { type FolderFile, moveInto, toJsonFile, toPublic, toSecret } from "./folder-file.ts";
import { createIssuerFiles } from "./issuer-files.ts";
import { createSigningKey, type EncryptionCurve } from "./key-pairs.ts";
import { createMemberKeys, type MemberKeys } from "./member-keys.ts";
import type { NetworkDates } from "./network-dates.ts";
import { type NetworkParty, toPartyPath } from "./network-file.ts";

/** A party that was just made: what others are told of it, and what only its own folder holds. */
export interface NewParty extends Omit<NetworkParty, "account"> {
  /** What its statement registers. */
  readonly keys: readonly RegisteredKey[];
  /** By those that sign, and by the account's identity. */
  readonly proofs: string[];
  readonly files: readonly FolderFile[];
}

/** A party with a NATS account and a signing key of its own: the anchor, an authority or an agency. */
export interface NewMember extends NewParty {
  readonly account: MemberKeys["account"];
  readonly signing: SigningKey;
}

export interface MemberChoice {
  readonly id: NetworkParty["id"];
  readonly kind: "anchor" | "authority" | "agency";
  readonly signing: SigningAlgorithm;
  readonly encryption?: EncryptionCurve;
}

/** What `party.json` says to all alike: whom to trust, where the broker is. */
export type Introduction = Pick<PartyFile, "aud" | "anchorKey" | "anchorAccount" | "servers" | "log">;

export async function createMember(
  choice: MemberChoice,
  aud: ExchangeId,
  dates: NetworkDates,
): Promise<NewMember> {
  const { id, kind, encryption } = choice;
  const signing = createSigningKey(choice.signing, dates.keys);
  const made = createMemberKeys({ signing, encryption, isWitness: kind === "agency" }, dates.keys);
  const { account, accountSigner: signer } = made;
  const user = { name: id, account: account.id, signer, expiresAt: dates.credentialsEnd };
  return {
    id,
    kind,
    folder: toPartyPath(id),
    keys: made.registered,
    proofs: await proveAll(id, aud, made.provers),
    account,
    signing: signing.key,
    files: [...made.files, toSecret(PARTY_FILES.credentials, await createCredentials(user))],
  };
}

function proveAll(id: NetworkParty["id"], aud: ExchangeId, keys: readonly SigningKey[]): Promise<string[]> {
  const party = PartyId.parse(id);
  return Promise.all(keys.map((key) => provePossession({ aud, party }, key)));
}

/** A role with users of its own while the exchange runs. */
export type ServiceRole = Exclude<BrokerRole, "restorer">;

/** A service is a user of the account of its role, BROKER or READER; `signs` where it signs something. */
export async function createService(
  id: ServiceRole,
  broker: NewBroker,
  dates: NetworkDates,
  signs?: { readonly with: SigningAlgorithm; readonly aud: ExchangeId },
): Promise<NewParty> {
  const key = signs ? [createSigningKey(signs.with, dates.keys)] : [];
  const credentials = await createCredentials({
    name: id,
    account: broker.jwts.roleAccounts[id],
    signer: broker.keys.brokerRoles[id],
    expiresAt: dates.credentialsEnd,
  });
  return {
    id,
    kind: "service",
    folder: toPartyPath(id),
    keys: key.map(({ registered }) => registered),
    proofs: signs
      ? await proveAll(
          id,
          signs.aud,
          key.map((one) => one.key),
        )
      : [],
    files: [
      toSecret(PARTY_FILES.credentials, credentials),
      ...key.map(({ file }) => toSecret(PARTY_FILES.signing, file)),
      ...(id === "registry" ? await listRegistrySecrets(broker, dates) : []),
    ],
  };
}

/** The registry signs accounts, and has a second identity that tells the server about them. */
async function listRegistrySecrets(broker: NewBroker, dates: NetworkDates): Promise<FolderFile[]> {
  const pusher = await createCredentials({
    name: "pusher",
    account: broker.jwts.systemAccount,
    signer: broker.keys.systemRoles.pusher,
    expiresAt: dates.credentialsEnd,
  });
  return [
    toSecret(PARTY_FILES.pusher, pusher),
    toSecret(PARTY_FILES.operatorSigning, toSeed(broker.keys.operatorSigning)),
  ];
}

/** The party's whole folder: it can be copied to another machine as it is. */
export async function createPartyFiles(
  party: NewParty | NewMember,
  introduction: Introduction,
  broker: NewBroker,
  dates: NetworkDates,
): Promise<FolderFile[]> {
  const { id } = party;
  const account = "account" in party ? { account: party.account.id } : {};
  const { brokerAccount, logAccount } = broker.jwts;
  const accounts = id === "registry" ? { brokerAccount, logAccount } : {};
  const certificate = await createClientCertificate(broker.authority, { ...dates.certificates, name: id });
  const certifies = party.kind === "authority" || id === "registry";
  const about: PartyFile = { v: 1, id, ...introduction, ...account, ...accounts };
  return moveInto(party.folder, [
    toJsonFile(PARTY_FILES.party, about),
    toPublic(PARTY_FILES.ca, broker.authority.certificate),
    toPublic(PARTY_FILES.certificate, certificate.certificate),
    toSecret(PARTY_FILES.key, certificate.key),
    ...(certifies ? await createIssuerFiles(id, broker.authority, dates.issuers) : []),
    ...party.files,
  ]);
}
