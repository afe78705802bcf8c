import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import {
  AccountId,
  ExchangeId,
  encodeCanonicalBytes,
  KeyId,
  LeixError,
  limits,
  parseCanonical,
  parseSchema,
} from "@leix/protocol";
import { z } from "zod";

/** A checkpoint with all the cosignatures that one can have. */
const CHECKPOINT_CHARACTERS_MAX = 65_536;

/**
 * The first line of an exported ledger. It says what the file claims to be; nothing in it is signed, so a
 * reader compares it with what it trusts and takes nothing from it.
 */
export const LedgerFileHeader = z.strictObject({
  format: z.literal("leix-ledger"),
  v: z.literal(1),
  aud: ExchangeId,
  anchorKey: KeyId,
  anchorAccount: AccountId,
  /**
   * How many lines follow, each one record in its canonical bytes; where a record was erased, its leaf's
   * bytes in its place. Behind them may come the state that the seal after the last of those names, in
   * pieces, each a line: `{"piece":"<base64url>","sealed":<index of the seal>}`.
   */
  records: z.int().min(0),
  /** The newest signed checkpoint (a note) over them. It is verified, not believed. */
  checkpoint: z.string().max(CHECKPOINT_CHARACTERS_MAX).optional(),
  /** The newest one that the quorum of witnesses has cosigned, which is as a rule of fewer records. */
  cosigned: z.string().max(CHECKPOINT_CHARACTERS_MAX).optional(),
});
export type LedgerFileHeader = z.infer<typeof LedgerFileHeader>;

/** One line after the header. */
export interface LedgerLine {
  readonly index: number;
  /** Where its first byte stands in the file. */
  readonly offset: number;
  /** Without the line end. Of a line longer than any record only so much that it is seen to be too long. */
  readonly bytes: Uint8Array;
  /** False for a last line without a line end. */
  readonly isEnded: boolean;
}

export interface LedgerFile extends AsyncDisposable {
  readonly header: LedgerFileHeader;
  /** Of the whole file, in bytes. */
  readonly size: number;
  /**
   * Every line after the header once, in order, in bounded memory. Ends early after a line that is too long
   * to be one.
   */
  lines(): AsyncGenerator<LedgerLine, void>;
}

const NEWLINE = 0x0a;
/** Characters of a checkpoint may need escapes. */
const HEADER_BYTES_MAX = 4_096 + 4 * CHECKPOINT_CHARACTERS_MAX;
const READ_BYTES = 1_048_576;
const WRITE_BYTES = 1_048_576;

/** Opens an exported ledger. Throws `ledger/unreadable` where it cannot be read or its header is none. */
export async function openLedgerFile(path: string): Promise<LedgerFile> {
  const { handle, size } = await openFile(path);
  try {
    const first = await readFirstLine(handle);
    return {
      header: parseHeader(first),
      size,
      lines: () => readLines(handle, first.byteLength + 1),
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Writes an exported ledger: all of it or nothing, also where the machine stops in between. An existing
 * file is replaced. `after` is asked for the lines behind the records when all of those are written. Throws
 * `record/malformed` for a record that is not one line, `ledger/rolled-back` where there are not as many as
 * the header says.
 */
export async function writeLedgerFile(
  path: string,
  header: LedgerFileHeader,
  records: AsyncIterable<Uint8Array>,
  after: () => AsyncIterable<Uint8Array> = async function* () {},
): Promise<{ readonly bytes: number }> {
  const partial = `${path}.${randomBytes(6).toString("hex")}.partial`;
  try {
    const bytes = await writeWhole(partial, header, records, after);
    await rename(partial, path);
    await syncFolder(dirname(path));
    return { bytes };
  } finally {
    await rm(partial, { force: true });
  }
}

async function writeWhole(
  path: string,
  header: LedgerFileHeader,
  records: AsyncIterable<Uint8Array>,
  after: () => AsyncIterable<Uint8Array>,
): Promise<number> {
  await using handle = await open(path, "wx", 0o600);
  let [bytes, waiting, count] = [0, [toLine(encodeCanonicalBytes(header))], 0];
  const flush = async (): Promise<void> => {
    const block = Buffer.concat(waiting);
    waiting = [];
    await handle.writeFile(block);
    bytes += block.byteLength;
  };
  let size = 0;
  for await (const record of records) {
    if (record.includes(NEWLINE)) throw new LeixError("record/malformed", `record ${count} is not one line`);
    waiting.push(toLine(record));
    count++;
    size += record.byteLength;
    if (size >= WRITE_BYTES) {
      await flush();
      size = 0;
    }
  }
  if (count !== header.records) {
    throw new LeixError("ledger/rolled-back", `${count} of ${header.records} records`);
  }
  for await (const line of after()) {
    waiting.push(toLine(line));
    await flush();
  }
  await flush();
  await handle.sync();
  return bytes;
}

function toLine(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Uint8Array.of(NEWLINE)]);
}

/** A rename is durable once the folder is. */
async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, "r");
  await handle.sync();
}

async function openFile(path: string): Promise<{ handle: FileHandle; size: number }> {
  try {
    const handle = await open(path, "r");
    const stat = await handle.stat();
    if (stat.isFile()) return { handle, size: stat.size };
    await handle.close();
  } catch (cause) {
    throw new LeixError("ledger/unreadable", `cannot open ${path}`, { cause });
  }
  throw new LeixError("ledger/unreadable", `${path} is not a file`);
}

async function readFirstLine(handle: FileHandle): Promise<Uint8Array> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADER_BYTES_MAX), 0, HEADER_BYTES_MAX, 0);
  const end = buffer.subarray(0, bytesRead).indexOf(NEWLINE);
  if (end < 0) throw new LeixError("ledger/unreadable", "the first line is not a header");
  return buffer.subarray(0, end);
}

function parseHeader(bytes: Uint8Array): LedgerFileHeader {
  try {
    return parseSchema(LedgerFileHeader, parseCanonical(bytes, HEADER_BYTES_MAX), "ledger/unreadable");
  } catch (cause) {
    if (!(cause instanceof LeixError)) throw cause;
    throw new LeixError("ledger/unreadable", `header: ${cause.detail || cause.code}`, { cause });
  }
}

async function* readLines(handle: FileHandle, start: number): AsyncGenerator<LedgerLine, void> {
  let [index, offset, rest] = [0, start, Buffer.alloc(0)];
  for await (const block of readBlocks(handle, start)) {
    rest = Buffer.concat([rest, block]);
    let from = 0;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE, from)) {
      yield { index, offset, bytes: rest.subarray(from, end), isEnded: true };
      index++;
      offset += end + 1 - from;
      from = end + 1;
    }
    rest = rest.subarray(from);
    if (rest.byteLength > limits.RECORD_BYTES_MAX) break;
  }
  if (rest.byteLength > 0) yield { index, offset, bytes: rest, isEnded: false };
}

/** Each block in memory of its own: what was given stays as it is. */
async function* readBlocks(handle: FileHandle, start: number): AsyncGenerator<Buffer, void> {
  for (let position = start; ; ) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, position);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    position += bytesRead;
  }
}
