import { hash } from "node:crypto";
import { Readable } from "node:stream";
import type { SealedItem, Trust } from "@leix/exchange";
import { decodeSealed } from "@leix/ledger-store";
import { LeixError, parseLeafEntry } from "@leix/protocol";
import {
  createTileReader,
  decodeBundle,
  type EntryBundle,
  encodeTilePath,
  HASH_BYTES,
  type HashReader,
  listBundles,
  listProvingTiles,
  listTileNodes,
  parseCheckpoint,
  parseNote,
  TILE_WIDTH,
  type TreeHead,
  type TreeNode,
  verifyBundle,
} from "@leix/tlog";
import { createLogClient, type LogClient } from "./log-client.ts";
import type { ProvingSource } from "./proving-source.ts";
import { followLog, verifySigned } from "./replay/follow-log.ts";
import { type LogKeys, verifyCheckpoint } from "./replay/log-keys.ts";
import type { SourceRecord } from "./replay-source.ts";
import { toRecordPath } from "./store-source.ts";

const NEWLINE = 0x0a;
/** The tiles above are asked for again and again: so many are kept. */
const TILES_KEPT_MAX = 64;

/**
 * A ledger as its ledger service serves it over HTTPS, to the auditor whose folder is named. Nothing it sends
 * is believed: the checkpoint's signature, every tile against the checkpoint, every entry against its tile,
 * every record against its entry. Throws `audit/log-unreachable`, `ledger/unpublished`, the `tlog/` codes.
 */
export async function openHttpSource(
  url: string,
  folder: string,
  trust: Trust,
  keys?: LogKeys,
): Promise<ProvingSource & AsyncDisposable> {
  const client = await createLogClient(url, folder);
  try {
    // First, so that it covers nothing that the checkpoint does not.
    const cosigned = (await client.fetch("checkpoint/cosigned")) ?? undefined;
    const note = await client.fetch("checkpoint");
    if (!note) throw new LeixError("ledger/unpublished", url);
    const head = keys ? await verifyCheckpoint(note, keys) : parseCheckpoint(parseNote(note).text);
    const served = new HttpLog(client, head);
    const log = keys ? undefined : await followLog(trust, served.records(0));
    if (log) await verifySigned(note, log);
    return {
      ...{ total: head.size, differences: [], checkpoint: note, cosigned, head, log },
      loadHashes: (nodes, of) => served.loadHashes(nodes, of),
      records: (begin = 0) => served.records(begin),
      sealed: (index) => served.sealed(index),
      [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
    };
  } catch (error) {
    await client[Symbol.asyncDispose]();
    throw error;
  }
}

class HttpLog {
  readonly #client: LogClient;
  readonly #head: TreeHead;
  readonly #tiles = new Map<string, Buffer>();

  constructor(client: LogClient, head: TreeHead) {
    this.#client = client;
    this.#head = head;
  }

  async loadHashes(nodes: readonly TreeNode[], head = this.#head): Promise<HashReader> {
    const paths = listProvingTiles(nodes, head.size).map(encodeTilePath);
    const tiles = await Promise.all(paths.map(async (path) => [path, await this.#fetchTile(path)] as const));
    return createTileReader(head, new Map(tiles));
  }

  async *records(begin: number): AsyncGenerator<SourceRecord, void> {
    for (const bundle of listBundles(begin, this.#head.size, this.#head.size)) {
      const first = bundle.index * TILE_WIDTH;
      const entries = await this.#fetchEntries(bundle);
      const content = await this.#client.fetch(toRecordPath(bundle.index, bundle.width));
      const lines = splitLines(content ?? Buffer.alloc(0));
      for (const [at, entry] of entries.entries()) {
        if (first + at < begin) continue;
        const record = toRecord(entry, lines[at], first + at);
        yield record;
        if (record.refused) return;
      }
    }
  }

  /** Believed by nobody: the seal says what it has to be. */
  async sealed(index: number): Promise<AsyncIterable<SealedItem> | null> {
    const bytes = await this.#client.fetch(`sealed/${index}`);
    return bytes && (await decodeSealed(Readable.from([bytes]))).items;
  }

  /** Each is the leaf that the tree has at its place. */
  async #fetchEntries(bundle: EntryBundle): Promise<readonly Uint8Array[]> {
    const path = encodeTilePath(bundle);
    const bytes = await this.#client.fetch(path);
    if (!bytes) throw new LeixError("tlog/tile-missing", path);
    const nodes = listTileNodes({ ...bundle, kind: "hashes", level: 0 });
    const read = await this.loadHashes(nodes);
    const entries = decodeBundle(bytes, bundle.width);
    verifyBundle(
      entries,
      nodes.map((node) => read(node) ?? new Uint8Array(HASH_BYTES)),
    );
    return entries;
  }

  async #fetchTile(path: string): Promise<Buffer> {
    const known = this.#tiles.get(path);
    const tile = known ?? (await this.#client.fetch(path));
    if (!tile) throw new LeixError("tlog/tile-missing", path);
    this.#tiles.delete(path);
    this.#tiles.set(path, tile);
    const [oldest] = this.#tiles.keys();
    if (this.#tiles.size > TILES_KEPT_MAX && oldest !== undefined) this.#tiles.delete(oldest);
    return tile;
  }
}

/** The record of an entry: an empty line for one that was erased, otherwise nothing but its very bytes. */
function toRecord(entry: Uint8Array, line: Uint8Array | undefined, index: number): SourceRecord {
  if (line?.byteLength === 0) return { bytes: line, erased: entry };
  const { digest } = parseLeafEntry(entry);
  if (line && hash("sha256", line, "base64url") === digest) return { bytes: line };
  const refused = new LeixError("ledger/record-differs", `record ${index}`);
  return { bytes: line ?? new Uint8Array(), refused };
}

function splitLines(content: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let from = 0;
  for (let end = content.indexOf(NEWLINE); end >= 0; end = content.indexOf(NEWLINE, from)) {
    lines.push(content.subarray(from, end));
    from = end + 1;
  }
  return lines;
}
