import { stat } from "node:fs/promises";
import { join } from "node:path";
import {
  createCollector,
  type Evidence,
  type EvidenceTrust,
  makeEvidence,
  type Wanted,
} from "@leix/evidence";
import { AgencyId, encodeUtf8, LeixError, MessageId } from "@leix/protocol";
import { acceptNote, loadSigners } from "../audit/judge-note.ts";
import type { ReplaySource } from "../audit/replay-source.ts";
import { type OpenLedger, toLedgerFlags, withLedger } from "../audit/source-choice.ts";
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
export async function makeFromLedger(dir: string, id: string, given: MakeFlags): Promise<Made> {
  const { from, checkpoint, trust: file } = given;
  const wanted = toWanted(id);
  const named = checkpoint === undefined ? undefined : await loadNote(checkpoint);
  const flags = { ...(await toLedgerFlags(from)), ...(file === undefined ? {} : { trust: file }) };
  return withLedger(dir, flags, async (ledger) => {
    const { source, trust } = ledger;
    const choices = listCheckpoints(source, named);
    for (const [i, { note, why }] of choices.entries()) {
      try {
        return { evidence: await collect(trust, wanted, source, note), trust, why };
      } catch (error) {
        const isLast = i === choices.length - 1;
        if (isLast || !(isBeyond(error) || (await isUnusable(error, note, ledger)))) throw error;
      }
    }
    throw new LeixError("evidence/uncovered", "no checkpoint is published");
  });
}

/**
 * The note was damaged where it lies, or is another ledger's: the next may be sound. Where the log has signed
 * it as it stands, there are two histories, which nobody passes over.
 */
async function isUnusable(error: unknown, note: string, ledger: OpenLedger): Promise<boolean> {
  if (!(error instanceof LeixError)) return false;
  if (error.code !== "ledger/root-differs") return error.code.startsWith("tlog/");
  return !(await isSigned(note, ledger));
}

async function isSigned(note: string, ledger: OpenLedger): Promise<boolean> {
  const signers = await loadSigners(ledger);
  try {
    await acceptNote(encodeUtf8(note), signers);
    return true;
  } catch (error) {
    if (error instanceof LeixError) return false;
    throw error;
  }
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
