import { join } from "node:path";
import { type Expiring, listOperatorExpiring } from "@leix/broker";
import type { SigningKey } from "@leix/protocol";
import {
  loadExpiring,
  loadPartyFolder,
  loadServingTls,
  loadSigningKey,
  PARTY_FILES,
  type PartyFolder,
  type ServingFiles,
} from "@leix/runtime";

export interface LedgerFolder extends PartyFolder {
  readonly key: SigningKey;
  /** The folder of tiles and records. */
  readonly store: string;
  /** What the HTTPS server shows, and whom it lets in. */
  readonly tls: ServingFiles;
}

export interface LedgerPlaces {
  readonly natsUrl?: string | undefined;
  readonly store?: string | undefined;
}

/** What the ledger service needs of a network folder: `services/ledger` in it, and nothing else. */
export async function loadLedgerFolder(network: string, places: LedgerPlaces = {}): Promise<LedgerFolder> {
  const folder = join(network, "services", "ledger");
  const party = await loadPartyFolder(folder, places.natsUrl);
  return {
    ...party,
    key: await loadSigningKey(folder, party.askPassphrase),
    store: places.store ?? join(folder, PARTY_FILES.ledgerStore),
    tls: {
      ca: join(folder, PARTY_FILES.ca),
      certificate: join(folder, PARTY_FILES.logCertificate),
      key: join(folder, PARTY_FILES.logKey),
    },
  };
}

/** What it connects with, and what its HTTPS server shows. */
export async function loadLedgerExpiring(folder: LedgerFolder): Promise<Expiring[]> {
  const { cert } = await loadServingTls(folder.tls);
  return [
    ...(await loadExpiring(folder)),
    ...listOperatorExpiring("the log's server certificate", "ledger", cert),
  ];
}
