import { join } from "node:path";
import { AccountId, ExchangeId, KeyId, LeixError, parseSchema } from "@leix/protocol";
import { z } from "zod";
import { PartyFile, readText } from "../party-folder.ts";

/** Where things are in a network folder. */
export const NETWORK_FILES = {
  network: "network.json",
  ca: "ca",
  nats: "nats",
  operator: "operator",
  genesis: "genesis",
  log: "log",
  running: "running.json",
} as const;

export const NATS_CONFIG_FILE = "nats-server.conf";

const NetworkParty = z.strictObject({
  id: PartyFile.shape.id,
  kind: z.enum(["anchor", "authority", "agency", "service"]),
  /** The party's folder, relative to the network's. */
  folder: z.string().regex(/^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9/-]{0,100}$/),
  account: AccountId.optional(),
});
export type NetworkParty = z.infer<typeof NetworkParty>;

/** `network.json`: what a network is, without a secret. Written last, so that a folder with it is whole. */
export const NetworkFile = z.strictObject({
  v: z.literal(1),
  exchange: ExchangeId,
  anchorKey: KeyId,
  anchorAccount: AccountId,
  /** The account of the servers' own administration. */
  systemAccount: AccountId,
  /** The account that owns every stream. */
  brokerAccount: AccountId,
  /** The account of the ledger service, which answers questions about the log. */
  logAccount: AccountId,
  servers: PartyFile.shape.servers,
  log: PartyFile.shape.log,
  /** What the streams were made with, and are compared with. */
  streams: z.strictObject({
    replicas: z.int(),
    outBytesMax: z.int(),
    inboxBytesMax: z.int(),
    quarantineBytesMax: z.int(),
  }),
  parties: z.array(NetworkParty),
});
export type NetworkFile = z.infer<typeof NetworkFile>;

/** Throws `config/network-missing` where there is no network, `config/invalid` where its file is broken. */
export async function loadNetwork(dir: string): Promise<NetworkFile> {
  const text = await readText(join(dir, NETWORK_FILES.network), "config/network-missing");
  return parseSchema(NetworkFile, parseJsonText(text, NETWORK_FILES.network), "config/invalid");
}

/** The folder of one party. Throws `config/party-unknown`, naming those there are. */
export function toPartyFolder(dir: string, network: NetworkFile, id: string): string {
  const party = network.parties.find((one) => one.id === id);
  if (party) return join(dir, party.folder);
  const known = network.parties.map((one) => one.id).join(", ");
  throw new LeixError("config/party-unknown", `${id}; there are ${known}`);
}

/** Where `leix network init` puts a party's folder, relative to the network's. */
export function toPartyPath(id: string): string {
  if (id === "anchor") return id;
  if (/^[A-Z]{2}$/.test(id)) return `authorities/${id}`;
  return /^[A-Z]{2}-/.test(id) ? `agencies/${id}` : `services/${id}`;
}

export function listParties(network: NetworkFile, kind: NetworkParty["kind"]): NetworkParty[] {
  return network.parties.filter((one) => one.kind === kind);
}

export function parseJsonText(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LeixError("config/invalid", `${name} is not JSON`, { cause });
  }
}
