import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Expiring, listOperatorExpiring, pickCertificate } from "@leix/broker";
import type { AgencyId } from "@leix/protocol";
import { loadExpiring, PARTY_FILES, type PassphraseSource } from "@leix/runtime";

/** What the agency connects with, and what its witness shows, if it serves one. */
export async function loadAgencyExpiring(
  folder: string,
  agency: AgencyId,
  askPassphrase?: PassphraseSource,
): Promise<Expiring[]> {
  const [certificate, key] = [PARTY_FILES.witnessCertificate, PARTY_FILES.witnessKey].map((name) =>
    join(folder, name),
  );
  const own = await loadExpiring(folder, askPassphrase);
  if (!certificate || !key || !existsSync(certificate)) return own;
  const shown = pickCertificate(await readFile(key, "utf8"), await readFile(certificate, "utf8"));
  const command = `leix witness certificate --as ${agency}`;
  return [...own, ...listOperatorExpiring("the witness's server certificate", agency, shown, command)];
}
