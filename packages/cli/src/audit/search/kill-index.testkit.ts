import type { Trust } from "@leix/exchange";
import { parseCanonical } from "@leix/protocol";
import { openFileSource } from "../file-source.ts";
import { openSearchIndex, type SearchIndex } from "./database.ts";
import { updateIndex } from "./update-index.ts";

/** In small steps, so that a small ledger has many. */
export const CHUNK_RECORDS = 4;
/** Of a chunk: before it is written, in the middle of its transaction, when it is written. */
export const MOMENTS = ["before", "inside", "after"] as const;

function die(): never {
  process.kill(process.pid, "SIGKILL");
  // The signal is on its way, and nothing may be done until it is here.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
}

/** An index whose process ends at its nth chunk. */
function toMortal(index: SearchIndex, killAt: number, moment: string): SearchIndex {
  let chunks = 0;
  return {
    ...index,
    add(before, added, after) {
      const isNow = chunks++ === killAt;
      if (isNow && moment === "before") die();
      const last = added.length - 1;
      const deadly =
        isNow && moment === "inside" ? Object.defineProperty([...added], last, { get: die }) : added;
      index.add(before, deadly, after);
      if (isNow && moment === "after") die();
    },
  };
}

/**
 * A program that makes an index of an export, and kills itself:
 *
 *     node kill-index.testkit.ts <index> <export> <trust> <chunk> before|inside|after
 */
if (import.meta.main) {
  const [, , file = "", path = "", trustText = "", killAt = "", moment = ""] = process.argv;
  const trust = parseCanonical(new TextEncoder().encode(trustText), 1_024) as Trust;
  await using source = await openFileSource(path, trust);
  using index = openSearchIndex(file, trust);
  await updateIndex(toMortal(index, Number(killAt), moment), trust, source, { chunkRecords: CHUNK_RECORDS });
}
