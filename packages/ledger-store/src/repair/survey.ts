import { LeixError } from "@leix/protocol";
import { type EntryBundle, isSameHash, listBundles, TILE_WIDTH } from "@leix/tlog";
import { type BundleExam, examineBundle } from "../check/bundle-exam.ts";
import { type CheckOptions, toExamOptions } from "../check/check-store.ts";
import { dropUnsound, examineCheckpoint } from "../check/checkpoint-exam.ts";
import { examineErasure } from "../check/erasure-exam.ts";
import { findSize } from "../check/store-size.ts";
import { isProven } from "../check/tree-exam.ts";
import type { Erasure } from "../erasure-statement.ts";
import { createLogPolicy, type Published, readNote } from "../published.ts";
import { EMPTY_EDGE, growEdge, type TreeEdge, toHead } from "../tree-edge.ts";
import { type ResolvedLeaf, resolveLeaves } from "./resolution.ts";
import type { Workshop } from "./workshop.ts";

export type RepairOptions = Pick<CheckOptions, "log" | "witnesses">;

/** A bundle of which everything is known, up to a leaf that is not. */
export interface ResolvedBundle {
  readonly bundle: EntryBundle;
  readonly exam: BundleExam;
  readonly leaves: readonly ResolvedLeaf[];
  /** The tree before it, and with it. */
  readonly edge: TreeEdge;
  readonly grown: ReturnType<typeof growEdge>;
}

/** What a store is measured by. */
export interface Standing {
  /** The checkpoint that signs it: its own, or where that is broken the source's. */
  readonly published: Published | null;
  /** What of its own is to be written again: all of it, or it without cosignatures that are not sound. */
  readonly brokenNote: "whole" | "cosignatures" | null;
  /** What may be missing, and whether the file that says so is broken. */
  readonly erasure: Erasure | null;
  readonly isErasureBroken: boolean;
}

export async function findStanding(workshop: Workshop, options: RepairOptions): Promise<Standing> {
  const { published, brokenNote } = await findPublished(workshop, options);
  const { erasure, findings } = await examineErasure(workshop.disk, published);
  return { published, brokenNote, erasure, isErasureBroken: findings.length > 0 };
}

async function findPublished(
  { disk, source }: Workshop,
  options: RepairOptions,
): Promise<Pick<Standing, "published" | "brokenNote">> {
  const { published, findings } = await examineCheckpoint(disk, options);
  if (published && findings.length === 0) return { published, brokenNote: null };
  if (published) return { published: await dropUnsound(published, options), brokenNote: "cosignatures" };
  const given = (await source.checkpoint?.()) ?? null;
  if (!given) return { published, brokenNote: null };
  try {
    return { published: await readNote(given, await createLogPolicy(options.log)), brokenNote: "whole" };
  } catch (cause) {
    if (!(cause instanceof LeixError)) throw cause;
    throw new LeixError("ledger/source-differs", `checkpoint: ${cause.message}`, { cause });
  }
}

/** Every bundle, from what the store has and what the source gives. Ends after a leaf that neither knows. */
export async function* resolveBundles(
  { disk, source }: Workshop,
  size: number,
  { published, erasure }: Standing,
): AsyncGenerator<ResolvedBundle, void> {
  let edge: TreeEdge = EMPTY_EDGE;
  for (const bundle of listBundles(0, size, size)) {
    const place = { bundle, size, edge, published };
    const exam = await examineBundle(disk, bundle, toExamOptions({}, erasure), (hashes) =>
      isProven(disk, place, hashes),
    );
    const base = bundle.index * TILE_WIDTH;
    const leaves = await resolveLeaves(base, exam, erasure, source);
    const grown = growEdge(
      edge,
      leaves.map(({ hash }) => hash),
    );
    yield { bundle, exam, leaves, edge, grown };
    if (leaves.length < bundle.width) return;
    edge = grown.edge;
  }
}

/**
 * How large the store can be made again. What the checkpoint covers must come out with its root; of what is
 * past it, each leaf must be certain by itself, or it is left out with all that follow. Throws
 * `ledger/unrepairable`, `ledger/source-differs`.
 */
export async function findRestorable(workshop: Workshop, standing: Standing): Promise<number> {
  const { published } = standing;
  const covered = published?.size ?? 0;
  let size = await findSize(workshop.disk, covered);
  for (;;) {
    const certain = await countCertain(workshop, size, standing);
    if (certain === size) return size;
    if (!published || size === covered) {
      throw new LeixError("ledger/unrepairable", `nothing says what record ${certain} is, or has it`);
    }
    size = Math.max(certain, covered);
  }
}

async function countCertain(workshop: Workshop, size: number, standing: Standing): Promise<number> {
  const { published } = standing;
  const covered = published?.size ?? 0;
  for await (const { bundle, leaves, edge } of resolveBundles(workshop, size, standing)) {
    const base = bundle.index * TILE_WIDTH;
    const own = leaves.slice(0, Math.max(0, covered - base));
    if (published && own.length > 0 && base + own.length === covered) {
      const hashes = own.map(({ hash }) => hash);
      if (!isSameHash(toHead(growEdge(edge, hashes).edge).root, published.root)) {
        throw new LeixError("ledger/unrepairable", `what is left does not make the root at size ${covered}`);
      }
    }
    const unsure = leaves.findIndex(({ isSure }, at) => base + at >= covered && !isSure);
    if (unsure >= 0) return base + unsure;
    if (leaves.length < bundle.width) return base + leaves.length;
  }
  return size;
}
