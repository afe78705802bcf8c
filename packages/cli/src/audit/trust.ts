import { readFile } from "node:fs/promises";
import type { Trust } from "@leix/exchange";
import { AccountId, ExchangeId, KeyId, LeixError, parseSchema } from "@leix/protocol";
import { loadNetwork } from "@leix/runtime/network-file";
import { z } from "zod";

const anchor = { anchorKey: KeyId, anchorAccount: AccountId };
/**
 * A party's `party.json` names the exchange `aud`, the network's own file `exchange`; all else in them is
 * left out.
 */
const TrustFile = z.union([
  z.object({ ...anchor, aud: ExchangeId }),
  z
    .object({ ...anchor, exchange: ExchangeId })
    .transform(({ exchange: aud, anchorKey, anchorAccount }) => ({ aud, anchorKey, anchorAccount })),
]);

/**
 * What an audit starts from, and never takes from what it audits: the network's own file, or one that was
 * handed over in person. Throws `config/invalid`, `config/network-missing`.
 */
export async function loadTrust(dir: string, file?: string): Promise<Trust> {
  if (file === undefined) {
    const { exchange: aud, anchorKey, anchorAccount } = await loadNetwork(dir);
    return { aud, anchorKey, anchorAccount };
  }
  return parseSchema(TrustFile, await readJson(file), "config/invalid");
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new LeixError("config/invalid", `${file} cannot be read, or is not JSON`, { cause });
  }
}
