import { stat } from "node:fs/promises";
import type { Trust } from "@leix/exchange";
import { loadNetwork, type PartyConnection, toPartyFolder, withConnection } from "@leix/runtime";
import type { Command } from "commander";
import { loadRunConfig } from "../network/config.ts";
import { openBrokerSource } from "./broker-source.ts";
import { loadNetworkCosigned } from "./cosigned-note.ts";
import { openFileSource } from "./file-source.ts";
import { openHttpSource } from "./http-source.ts";
import type { ProvingSource } from "./proving-source.ts";
import { type LogKeys, parseLogKey } from "./replay/log-keys.ts";
import type { ReplaySource } from "./replay-source.ts";
import { openStoreSource } from "./store-source.ts";
import { loadTrust } from "./trust.ts";

/** Which ledger is meant; the broker's, where nothing says otherwise. */
export interface LedgerFlags {
  readonly file?: string;
  readonly store?: string;
  readonly url?: string;
  readonly trust?: string;
  readonly log?: string;
  /** The ledger was named as a place, so that there are no such options. */
  readonly isPlace?: true;
}

/** A ledger, and what it is judged by. */
export interface OpenLedger {
  readonly source: ReplaySource | ProvingSource;
  readonly trust: Trust;
  /** Who signs its checkpoints, where that was said and is not taken from the ledger. */
  readonly keys: LogKeys | undefined;
}

/** Whose credentials read the ledger. */
const AUDITOR = "auditor";
const CONNECT_WAIT_MS = 5_000;

/** Where else records are that were put away. */
const OTHER_OPTIONS = "(--store, --url)";
const OTHER_PLACES = "(name its folder, or https://host:port of the ledger service, instead of broker)";

export function withLedgerOptions(command: Command): Command {
  return command
    .option("--file <export>", "an exported ledger, instead of the broker's")
    .option("--store <folder>", "a ledger store's folder, instead of the broker's")
    .option("--url <address>", "a ledger service, https://host:port, instead of the broker's")
    .option("--trust <file>", "whom to trust: a network.json or party.json, instead of the network folder's")
    .option("--log <vkey>", "who signs the checkpoints, instead of whom the ledger itself names");
}

export async function withLedger<T>(
  dir: string,
  flags: LedgerFlags,
  work: (ledger: OpenLedger) => Promise<T>,
): Promise<T> {
  const trust = await loadTrust(dir, flags.trust);
  const keys = flags.log === undefined ? undefined : await parseLogKey(trust, flags.log);
  const { file, store, url, isPlace } = flags;
  if (file !== undefined) {
    await using source = await openFileSource(file, trust);
    return await work({ source, trust, keys });
  }
  if (store !== undefined) return work({ source: await openStoreSource(store, trust, keys), trust, keys });
  if (url !== undefined) {
    await using source = await openHttpSource(url, await toAuditorFolder(dir), trust, keys);
    return await work({ source, trust, keys });
  }
  // First, so that it covers nothing that the broker's checkpoint does not.
  const cosigned = await loadNetworkCosigned(dir);
  return withAuditor(dir, async (nc) => {
    const source = await openBrokerSource(nc, { elsewhere: isPlace ? OTHER_PLACES : OTHER_OPTIONS });
    return work({ source: { ...source, cosigned }, trust, keys });
  });
}

/** Also one that is not whole: whoever asks there says what is wrong with it. */
const ADDRESS = /:\/\/|^[\w.-]+:\d+\/?$/;

/** `broker`, an address, a store's folder or an exported file. */
export async function toLedgerFlags(place: string): Promise<LedgerFlags> {
  if (place === "broker") return { isPlace: true };
  if (ADDRESS.test(place)) return { url: place };
  return (await isFolder(place)) ? { store: place } : { file: place };
}

export async function withAuditor<T>(dir: string, work: (nc: PartyConnection) => Promise<T>): Promise<T> {
  const { natsUrl } = loadRunConfig();
  const reach = { natsUrl, firstConnectWaitMs: CONNECT_WAIT_MS };
  return withConnection(dir, await loadNetwork(dir), AUDITOR, reach, work);
}

async function toAuditorFolder(dir: string): Promise<string> {
  return toPartyFolder(dir, await loadNetwork(dir), AUDITOR);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
