import { LeixError } from "@leix/protocol";
import {
  createTileReader,
  createVerifier,
  encodeTilePath,
  type ForkProof,
  type HashTile,
  isSameHash,
  listForkNodes,
  listProvingTiles,
  type Note,
  type NoteVerifier,
  parseCheckpoint,
  proveFork,
  type VerifierKey,
  verifyNote,
} from "@leix/tlog";

/** The log's keys that count for a checkpoint of so many records. */
export type LogKeysOf = (size: number) => readonly VerifierKey<"ed25519">[];

export type LoadTile = (tile: HashTile) => Promise<Uint8Array>;

/** How two checkpoints of one log stand to each other. */
export type Comparison =
  | { readonly kind: "same" }
  /** The larger begins with all of the smaller. */
  | { readonly kind: "extends" }
  | { readonly kind: "forked"; readonly proof: ForkProof };

/**
 * Compares two checkpoints that the log's keys signed. For trees of different sizes `loadTile` gives tiles of
 * the larger one: each is verified against its root, so whoever gives them need not be believed.
 *
 * Throws `tlog/note-unsigned`, `tlog/signature-invalid`, `tlog/checkpoint`, `tlog/origin` for what is not
 * this log's, the codes of tiles that do not fit, and what `loadTile` throws.
 */
export async function compareCheckpoints(
  one: Note,
  other: Note,
  keysOf: LogKeysOf,
  loadTile: LoadTile,
): Promise<Comparison> {
  for (const note of [one, other]) await verifyLogNote(note, keysOf);
  const [first, second] = [parseCheckpoint(one.text), parseCheckpoint(other.text)];
  if (first.origin !== second.origin) throw new LeixError("tlog/origin", second.origin);
  const isOneSize = first.size === second.size;
  if (isOneSize && isSameHash(first.root, second.root)) return { kind: "same" };
  const [smaller, larger] = first.size < second.size ? [first, second] : [second, first];
  const nodes = isOneSize ? [] : listForkNodes(smaller.size, larger.size);
  const tiles = new Map<string, Uint8Array>();
  for (const tile of isOneSize ? [] : listProvingTiles(nodes, larger.size)) {
    tiles.set(encodeTilePath(tile), await loadTile(tile));
  }
  const read = isOneSize ? () => undefined : createTileReader(larger, tiles);
  const proof = proveFork(one, other, read);
  return proof ? { kind: "forked", proof } : { kind: "extends" };
}

/** The note with those of its signatures only that are the log's. Throws as `verifyNote`, `tlog/origin`. */
export async function verifyLogNote(note: Note, keysOf: LogKeysOf): Promise<Note> {
  const { origin, size } = parseCheckpoint(note.text);
  const { text, verified } = await verifyNote(note, await createVerifiers(keysOf)(size));
  const signatures = verified.filter(({ key }) => key.name === origin).map(({ line }) => line);
  if (signatures.length === 0) throw new LeixError("tlog/origin", origin);
  return { text, signatures };
}

export function createVerifiers(
  keysOf: LogKeysOf,
): (size: number) => Promise<readonly NoteVerifier<"ed25519">[]> {
  return (size) => Promise.all(keysOf(size).map(createVerifier));
}
