import { limits } from "@leix/protocol";
import type { Disk } from "./disk.ts";
import { BLOCK_BYTES } from "./limits.ts";

/** One line of a file of records: a record, or an empty line in place of one that was erased. */
export interface RecordLine {
  /** Where its first byte stands in the file, and the one after its last: the line end's. */
  readonly at: number;
  readonly end: number;
  /** Without the line end. Null for a line that is longer than any record. */
  readonly bytes: Uint8Array | null;
  /** False for a last line without a line end. */
  readonly isEnded: boolean;
}

const NEWLINE = 0x0a;

/** Every line once, in order, in bounded memory. None for a file that is not there. */
export async function* readRecordLines(disk: Disk, path: string): AsyncGenerator<RecordLine, void> {
  let at = 0;
  let rest: Buffer = Buffer.alloc(0);
  // Of a line that is too long: how much of it was dropped.
  let dropped = 0;
  for await (const block of readBlocks(disk, path)) {
    rest = rest.byteLength === 0 ? block : Buffer.concat([rest, block]);
    let from = 0;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE, from)) {
      const length = dropped + end - from;
      yield { at, end: at + length, bytes: toBytes(rest.subarray(from, end), length), isEnded: true };
      at += length + 1;
      dropped = 0;
      from = end + 1;
    }
    rest = rest.subarray(from);
    if (dropped + rest.byteLength > limits.RECORD_BYTES_MAX) {
      dropped += rest.byteLength;
      rest = Buffer.alloc(0);
    }
  }
  const length = dropped + rest.byteLength;
  if (length > 0) yield { at, end: at + length, bytes: toBytes(rest, length), isEnded: false };
}

function toBytes(bytes: Uint8Array, length: number): Uint8Array | null {
  return length > limits.RECORD_BYTES_MAX ? null : bytes;
}

/** Each block in memory of its own: what was given stays as it is. */
async function* readBlocks(disk: Disk, path: string): AsyncGenerator<Buffer, void> {
  for (let at = 0; ; ) {
    const block = await disk.read(path, at, at + BLOCK_BYTES);
    if (block === null || block.byteLength === 0) return;
    yield Buffer.from(block.buffer, block.byteOffset, block.byteLength);
    if (block.byteLength < BLOCK_BYTES) return;
    at += block.byteLength;
  }
}
