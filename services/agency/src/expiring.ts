import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Expiring, listOperatorExpiring, pickCertificate } from "@leix/broker";
import { loadExpiring, PARTY_FILES, type PartyFolder } from "@leix/runtime";

/** What the agency connects with, and what its witness shows, if it serves one. */
export async function loadAgencyExpiring(party: PartyFolder): Promise<Expiring[]> {
  const { id } = party.party;
  const [certificate, key] = [PARTY_FILES.witnessCertificate, PARTY_FILES.witnessKey].map((name) =>
    join(party.folder, name),
  );
  const own = await loadExpiring(party);
  if (!certificate || !key || !existsSync(certificate)) return own;
  const shown = pickCertificate(await readFile(key, "utf8"), await readFile(certificate, "utf8"));
  const command = `leix witness certificate --as ${id}`;
  return [...own, ...listOperatorExpiring("the witness's server certificate", id, shown, command)];
}
