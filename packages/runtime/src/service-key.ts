import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ExchangeId, type KeyId, LeixError, provePossession, RegisteredKey, ServiceId } from "@leix/protocol";
import { z } from "zod";
import { NEXT_FILES } from "./enrolment/enrolment-files.ts";
import { loadKeyFile } from "./keys/key-file.ts";
import { loadSecret } from "./keys/secret-file.ts";
import { createSigningKey } from "./network/key-pairs.ts";
import { toNetworkDates } from "./network/network-dates.ts";
import { loadPartyFolder, loadSigningKey, PARTY_FILES } from "./party-folder.ts";
import { replaceLike } from "./renewal/replace-like.ts";

/** What the anchor is told of it: nothing in it is secret. */
export const ServiceKeyFile = z.strictObject({
  v: z.literal(1),
  aud: ExchangeId,
  service: ServiceId,
  key: RegisteredKey,
  /** By the key itself. */
  proof: z.string(),
});
export type ServiceKeyFile = z.infer<typeof ServiceKeyFile>;

/**
 * Makes a new key to sign beside the service's own, which goes on. Made again, it replaces one that was not
 * used. Throws `config/invalid` where the folder is no service's.
 */
export async function createServiceKey(folder: string, now: Date): Promise<ServiceKeyFile> {
  const { party, askPassphrase } = await loadPartyFolder(folder);
  const service = ServiceId.safeParse(party.id);
  if (!service.success) throw new LeixError("config/invalid", `${party.id} is no service with a key`);
  const { alg } = await loadSigningKey(folder, askPassphrase);
  const { key, registered, file } = createSigningKey(alg, toNetworkDates(now).keys);
  await replaceLike(join(folder, NEXT_FILES.signing), file, askPassphrase, join(folder, PARTY_FILES.key));
  const proof = await provePossession({ aud: party.aud, party: service.data }, key);
  return { v: 1, aud: party.aud, service: service.data, key: registered, proof };
}

/**
 * Puts the new key in the place of the old one; the service signs with it from its next start on. To be done
 * when the ledger has it, and before the old one is withdrawn. Ended in between, it is done again. Throws
 * `config/invalid` where none was made.
 */
export async function installServiceKey(folder: string): Promise<KeyId> {
  const { askPassphrase } = await loadPartyFolder(folder);
  const next = join(folder, NEXT_FILES.signing);
  if (!existsSync(next)) throw new LeixError("config/invalid", `${next} is not there: make a key first`);
  const { kid } = await loadKeyFile(next, askPassphrase);
  const text = await loadSecret(next, askPassphrase);
  await replaceLike(join(folder, PARTY_FILES.signing), text, askPassphrase, join(folder, PARTY_FILES.key));
  await rm(next);
  return kid;
}
