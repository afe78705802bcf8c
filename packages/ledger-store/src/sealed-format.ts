import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { Digest, decodeBase64url, encodeBase64url, LedgerIndex, LeixError, limits } from "@leix/protocol";
import { type CompactRange, parseRange } from "@leix/tlog";

// A sealed state as bytes: lines of UTF-8, gzipped, and the SHA-256 of what gzip gave (32 bytes) after them.
// The first line says what it is; lines that begin with a brace are the records of statements, in their order
// and in their canonical bytes; lines that begin with a bracket are the parts of the state. Nothing in it is
// to be believed: whoever opens one verifies it by the seal (`openSealedState`). The digest at the end is for
// finding a damaged disk.

/** What a sealed state says of its place. */
export interface SealedPlace {
  /** Of the seal: so many records are before it. */
  readonly index: number;
  /** Their tree. */
  readonly tree: CompactRange;
}

type StatePart = readonly ["value", string, unknown] | readonly ["entry", string, unknown, unknown];

export type SealedLine =
  | { readonly kind: "statement"; readonly record: Uint8Array }
  | { readonly kind: "part"; readonly part: StatePart };

/** To be read once, from the first item to the last. */
export interface SealedContent extends SealedPlace {
  readonly items: AsyncGenerator<SealedLine, void>;
}

const FORMAT = "leix-sealed-state";

/** Of one line: the largest part is what leaves the state on one day. */
const LINE_BYTES_MAX = 268_435_456;
/** What it unpacks to, as a multiple of what it is: most of a state are digests, which hardly shrink. */
const UNPACKED_RATIO_MAX = 64;
/** Up to here nobody asks: a small state may be of nearly the same lines. */
const UNPACKED_FREE_BYTES = 16_777_216;
/** Lines are compressed by about as many bytes at once. */
const BLOCK_BYTES = 65_536;
const DIGEST_BYTES = 32;
const [NEWLINE, BRACE, BRACKET] = [0x0a, 0x7b, 0x5b];

/** Pieces of SEALED_PIECE_BYTES_MAX, the last one shorter. In memory, one of them. */
export async function* encodeSealed(
  { index, tree }: SealedPlace,
  items: Iterable<SealedLine> | AsyncIterable<SealedLine>,
): AsyncGenerator<Uint8Array, void> {
  const hashes = tree.hashes.map(encodeBase64url);
  const header = JSON.stringify({ format: FORMAT, v: 1, index, tree: hashes });
  const gzip = createGzip();
  const pumped = pipeline(Readable.from(toBlocks(header, items), { objectMode: false }), gzip);
  // What goes wrong there is thrown here, by the stream that it destroys.
  pumped.catch(() => undefined);
  const digest = createHash("sha256");
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of gzip as AsyncIterable<Buffer>) {
    digest.update(chunk);
    rest = Buffer.concat([rest, chunk]);
    for (; rest.byteLength >= PIECE; rest = rest.subarray(PIECE)) yield rest.subarray(0, PIECE);
  }
  await pumped;
  rest = Buffer.concat([rest, digest.digest()]);
  for (; rest.byteLength > 0; rest = rest.subarray(PIECE)) yield rest.subarray(0, PIECE);
}

const PIECE = limits.SEALED_PIECE_BYTES_MAX;

async function* toBlocks(
  header: string,
  items: Iterable<SealedLine> | AsyncIterable<SealedLine>,
): AsyncGenerator<Buffer, void> {
  let block: Uint8Array[] = [Buffer.from(`${header}\n`)];
  let bytes = 0;
  for await (const item of items) {
    const line = item.kind === "statement" ? item.record : Buffer.from(JSON.stringify(item.part));
    block.push(line, LINE_END);
    bytes += line.byteLength;
    if (bytes < BLOCK_BYTES) continue;
    yield Buffer.concat(block);
    [block, bytes] = [[], 0];
  }
  yield Buffer.concat(block);
}

const LINE_END = Buffer.from("\n");

/**
 * Opens what `encodeSealed` gave; in whatever pieces it comes. Throws `ledger/seal-differs` where it is not
 * of this form, not whole, or one bit is another, at the latest with the last item; what the pieces throw.
 */
export async function decodeSealed(pieces: AsyncIterable<Uint8Array>): Promise<SealedContent> {
  const lines = readLines(gunzip(pieces));
  const first = await lines.next();
  if (first.done) throw toDamaged("it is empty");
  return { ...attempt(() => parseHeader(first.value)), items: toItems(lines) };
}

async function* toItems(lines: AsyncGenerator<Buffer, void>): AsyncGenerator<SealedLine, void> {
  for await (const line of lines) {
    if (line[0] === BRACE) yield { kind: "statement", record: new Uint8Array(line) };
    else if (line[0] === BRACKET) yield { kind: "part", part: attempt(() => parsePart(line)) };
    else throw toDamaged("a line that is nothing");
  }
}

function parseHeader(line: Buffer): SealedPlace {
  const { format, v, index, tree } = JSON.parse(line.toString("utf8")) as Record<string, unknown>;
  if (format !== FORMAT || v !== 1 || !Array.isArray(tree)) throw new Error("another format");
  const end = LedgerIndex.parse(index);
  const hashes = tree.map((one) => decodeBase64url(Digest.parse(one)) ?? new Uint8Array());
  return { index: end, tree: parseRange({ begin: 0, end, hashes }) };
}

function parsePart(line: Buffer): StatePart {
  const part = JSON.parse(line.toString("utf8")) as readonly unknown[];
  const [kind, name] = part;
  const isValue = kind === "value" && part.length === 3;
  const isEntry = kind === "entry" && part.length === 4;
  if (typeof name !== "string" || !(isValue || isEntry)) throw new Error("no part");
  return part as unknown as StatePart;
}

/**
 * What was compressed, as long as that is no bomb: it is read before the seal can say what it should be. The
 * digest at the end is compared before the last of it is given.
 */
async function* gunzip(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void> {
  const source = Readable.from(splitDigest(pieces), { objectMode: false });
  const stream = createGunzip();
  const pumped = pipeline(source, stream);
  pumped.catch(() => undefined);
  try {
    let bytes = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > UNPACKED_FREE_BYTES + stream.bytesWritten * UNPACKED_RATIO_MAX) {
        throw toDamaged("it unpacks to far more than a state does");
      }
      yield chunk;
    }
    await pumped;
  } catch (cause) {
    throw cause instanceof LeixError ? cause : toDamaged("it cannot be unpacked", cause);
  }
}

/** Is it all there, as it was written? Looks at the digest at its end alone. Throws `ledger/seal-differs`. */
export async function verifySealedBytes(pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of splitDigest(pieces));
}

async function* splitDigest(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void> {
  const digest = createHash("sha256");
  let held: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    held = Buffer.concat([held, piece]);
    const body = held.subarray(0, Math.max(0, held.byteLength - DIGEST_BYTES));
    held = held.subarray(body.byteLength);
    digest.update(body);
    if (body.byteLength > 0) yield body;
  }
  if (Buffer.compare(digest.digest(), held) !== 0) throw toDamaged("it was altered, or is not whole");
}

async function* readLines(blocks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const block of blocks) {
    let from = 0;
    for (let end = block.indexOf(NEWLINE); end >= 0; end = block.indexOf(NEWLINE, from)) {
      yield Buffer.concat([...parts, block.subarray(from, end)]);
      [parts, bytes, from] = [[], 0, end + 1];
    }
    parts.push(block.subarray(from));
    bytes += block.byteLength - from;
    if (bytes > LINE_BYTES_MAX) throw toDamaged("a line that is too long");
  }
  if (bytes > 0) throw toDamaged("the last line does not end");
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw toDamaged("not of the form of a sealed state", cause);
  }
}

function toDamaged(detail: string, cause?: unknown): LeixError {
  return new LeixError("ledger/seal-differs", detail, { cause });
}
