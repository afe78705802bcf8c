import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { decodeUtf8 } from "@leix/protocol";
import { loadNetwork, toPartyFolder } from "@leix/runtime/network-file";
import { createLogClient } from "../audit/log-client.ts";
import type { LedgerFlags } from "../audit/source-choice.ts";

/** A checkpoint under which evidence can be made: a signed note, and why it is this one. */
export interface CheckpointChoice {
  readonly note: string;
  readonly why: "named" | "cosigned" | "newest";
}

/** Of the ledger service, beside its store. */
const COSIGNED_FILE = "cosigned";

/**
 * In the order of preference: what was named, and nothing else; the newest that its quorum of witnesses has
 * cosigned, where the ledger service, or its folder, is within reach; the newest. None is believed here.
 */
export async function listCheckpoints(
  dir: string,
  flags: LedgerFlags,
  named: string | undefined,
  newest: Uint8Array | undefined,
): Promise<readonly CheckpointChoice[]> {
  if (named !== undefined) return [{ note: named, why: "named" }];
  const cosigned = await loadCosigned(dir, flags);
  return [
    ...(cosigned ? [{ note: decodeUtf8(cosigned), why: "cosigned" as const }] : []),
    ...(newest ? [{ note: decodeUtf8(newest), why: "newest" as const }] : []),
  ];
}

/** Undefined where none is kept, or none is kept here: an export comes with its own checkpoint. */
async function loadCosigned(dir: string, { file, store, url }: LedgerFlags): Promise<Uint8Array | undefined> {
  if (file !== undefined) return undefined;
  if (url !== undefined) {
    await using client = await createLogClient(url, toPartyFolder(dir, await loadNetwork(dir), "auditor"));
    return (await client.fetch("checkpoint/cosigned")) ?? undefined;
  }
  if (store !== undefined) return readKept(dirname(resolve(store)));
  const network = await loadNetwork(dir);
  const isHere = network.parties.some(({ id }) => id === "ledger");
  return isHere ? readKept(toPartyFolder(dir, network, "ledger")) : undefined;
}

/** What cannot be read is not kept here: evidence is made all the same, and says that it is not cosigned. */
async function readKept(folder: string): Promise<Uint8Array | undefined> {
  return readFile(join(folder, COSIGNED_FILE)).catch(() => undefined);
}
