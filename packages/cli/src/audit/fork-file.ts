import { writeFile } from "node:fs/promises";
import { LeixError } from "@leix/protocol";
import {
  type Checkpoint,
  encodeForkProof,
  isSameHash,
  listForkNodes,
  type Note,
  type ProvenFork,
  parseNote,
  proveFork,
  verifyFork,
} from "@leix/tlog";
import { toForkText } from "../witness/fork-text.ts";
import { type LogKeys, verifyCheckpoint } from "./replay/log-keys.ts";
import type { ReplaySource } from "./replay-source.ts";
import { loadNodes, loadRoots } from "./tree-of-source.ts";

export const FORK_OUT_TEXT =
  "where the ledger has another root than a checkpoint signs, write a proof that its log has two histories";

/** A checkpoint that the ledger service has signed, and whether the source's tree has its root. */
interface Signed {
  readonly note: Note;
  readonly checkpoint: Checkpoint;
  readonly isOwn: boolean;
}

/**
 * Proves from two signed checkpoints that the log has two histories: one of `notes`, whose root is not the
 * source's, and one over as many records or more, whose root is. The file is as `leix witness compare` writes
 * it, and is verified first. Null where no signed checkpoint of the source's covers what is contradicted.
 */
async function writeFork(
  source: ReplaySource,
  notes: readonly Uint8Array[],
  keys: LogKeys,
  file: string,
): Promise<ProvenFork | null> {
  const signed = await listSigned(source, notes, keys);
  const own = signed.filter(({ isOwn }) => isOwn).toSorted((a, b) => b.checkpoint.size - a.checkpoint.size);
  const [newest] = own;
  const other = signed.find(({ isOwn, checkpoint }) => {
    return !isOwn && newest !== undefined && checkpoint.size <= newest.checkpoint.size;
  });
  if (!newest || !other) return null;
  const nodes = listForkNodes(other.checkpoint.size, newest.checkpoint.size);
  const proof = proveFork(other.note, newest.note, await loadNodes(source, nodes, newest.checkpoint));
  if (!proof) return null;
  const verifiersOf = async (size: number) => {
    return keys.verifiers.filter(({ key }) => !keys.isWithdrawn(key.keyId, size));
  };
  const proven = await verifyFork(proof, verifiersOf);
  try {
    await writeFile(file, encodeForkProof(proof));
  } catch (cause) {
    throw new LeixError("config/invalid", `${file} cannot be written`, { cause });
  }
  return proven;
}

async function listSigned(
  source: ReplaySource,
  notes: readonly Uint8Array[],
  keys: LogKeys,
): Promise<readonly Signed[]> {
  const { checkpoint: newest, cosigned } = source;
  const all = [...notes, ...(newest ? [newest] : []), ...(cosigned ? [cosigned] : [])];
  const heads: Omit<Signed, "isOwn">[] = [];
  for (const note of all) {
    try {
      heads.push({ note: parseNote(note), checkpoint: await verifyCheckpoint(note, keys) });
    } catch (error) {
      if (!(error instanceof LeixError)) throw error;
    }
  }
  const roots = await loadRoots(
    source,
    heads.map(({ checkpoint }) => checkpoint.size),
  );
  return heads.flatMap((one) => {
    const root = roots.get(one.checkpoint.size);
    return root ? [{ ...one, isOwn: isSameHash(root, one.checkpoint.root) }] : [];
  });
}

/** For a person: what came of it, or how to get it. Without a file, no keys are looked for. */
export async function proveToEverybody(
  source: ReplaySource,
  notes: readonly Uint8Array[],
  loadKeys: () => Promise<LogKeys>,
  file: string | undefined,
): Promise<readonly string[]> {
  if (file === undefined) return ["--fork-out <file> writes a proof of it for everybody."];
  const proven = await writeFork(source, notes, await loadKeys(), file);
  if (proven) {
    const next = `The proof is ${file}; anyone checks it with leix witness fork-verify. [ledger/forked]`;
    return [...toForkText(proven), next];
  }
  return [
    "No proof of it can be made: no checkpoint that this copy of the ledger agrees with is of as many",
    "records. Keep both, and ask again when the ledger has one.",
  ];
}
