import { join } from "node:path";
import type { SigningKey } from "@leix/protocol";
import { loadPartyFolder, loadSigningKey, PARTY_FILES, type PartyFolder } from "@leix/runtime";

export interface LedgerFolder extends PartyFolder {
  readonly key: SigningKey;
  /** The folder of tiles and records. */
  readonly store: string;
  /** What the HTTPS server shows, and whom it lets in. */
  readonly tls: { readonly ca: string; readonly certificate: string; readonly key: string };
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
    key: await loadSigningKey(folder),
    store: places.store ?? join(folder, PARTY_FILES.ledgerStore),
    tls: {
      ca: join(folder, PARTY_FILES.ca),
      certificate: join(folder, PARTY_FILES.logCertificate),
      key: join(folder, PARTY_FILES.logKey),
    },
  };
}
