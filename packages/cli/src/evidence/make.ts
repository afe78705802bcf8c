import { stat } from "node:fs/promises";
import { join } from "node:path";
import {
  createCollector,
  type Evidence,
  type EvidenceTrust,
  makeEvidence,
  type Wanted,
} from "@leix/evidence";
import { AgencyId, LeixError, MessageId } from "@leix/protocol";
import type { ReplaySource } from "../audit/replay-source.ts";
import { toLedgerFlags, withLedger } from "../audit/source-choice.ts";
import { type CheckpointChoice, listCheckpoints } from "./checkpoint-choice.ts";
import { readCheckpoint } from "./evidence-file.ts";

export interface MakeFlags {
  /** `broker`, an address, a store's folder or an export. */
  readonly from: string;
  /** A file, or a folder with one named `checkpoint`; else the source's own. */
  readonly checkpoint?: string;
  readonly trust?: string;
}

/** What evidence was made of, by whose key it is to be verified, and why it is under this checkpoint. */
export interface Made {
  readonly evidence: Evidence;
  readonly trust: EvidenceTrust;
  readonly why: CheckpointChoice["why"];
}

const CHECKPOINT_FILE = "checkpoint";

/**
 * Evidence of a message: `id`, or `AL-SPOC/id` where two senders have used one. Reads the ledger as an
 * auditor does. Throws the `evidence/`, `ledger/`, `tlog/` and `broker/` codes.
 */
export async function makeFromLedger(dir: string, id: string, flags: MakeFlags): Promise<Made> {
  const { from, checkpoint, trust: file } = flags;
  const wanted = toWanted(id);
  const named = checkpoint === undefined ? undefined : await loadNote(checkpoint);
  const ledger = { ...(await toLedgerFlags(from)), ...(file === undefined ? {} : { trust: file }) };
  return withLedger(dir, ledger, async ({ source, trust }) => {
    const choices = listCheckpoints(source, named);
    for (const [i, { note, why }] of choices.entries()) {
      try {
        return { evidence: await collect(trust, wanted, source, note), trust, why };
      } catch (error) {
        const isLast = i === choices.length - 1;
        if (isLast || !(isBeyond(error) || isUnusable(error))) throw error;
      }
    }
    throw new LeixError("evidence/uncovered", "no checkpoint is published");
  });
}

/** The note was damaged where it lies, or is another ledger's: the next may be sound. */
function isUnusable(error: unknown): boolean {
  const isLogs = (code: string) => code.startsWith("tlog/") || code === "ledger/root-differs";
  return error instanceof LeixError && isLogs(error.code);
}

/** The message is not below this checkpoint, or this source ends before it: the next may do. */
function isBeyond(error: unknown): boolean {
  const codes = ["evidence/not-recorded", "evidence/record-erased", "evidence/uncovered"];
  return error instanceof LeixError && codes.includes(error.code);
}

async function collect(
  trust: EvidenceTrust,
  wanted: Wanted,
  source: ReplaySource,
  note: string,
): Promise<Evidence> {
  const collector = createCollector(trust, wanted, note);
  let left = collector.size;
  for await (const { bytes, refused, erased } of source.records()) {
    if (left === 0) break;
    if (refused) throw refused;
    if (erased) collector.addErased(erased);
    else collector.add(bytes);
    left--;
  }
  return makeEvidence(collector.finish());
}

function toWanted(text: string): Wanted {
  const [first = "", second] = text.split("/", 2);
  const id = MessageId.safeParse(second ?? first);
  const iss = second === undefined ? undefined : AgencyId.safeParse(first);
  if (!id.success || iss?.success === false) {
    throw new LeixError("evidence/not-recorded", "give a whole id, or agency/id");
  }
  return { id: id.data, ...(iss ? { iss: iss.data } : {}) };
}

async function loadNote(path: string): Promise<string> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  return readCheckpoint(isFolder ? join(path, CHECKPOINT_FILE) : path);
}
