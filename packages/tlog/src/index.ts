export {
  type AcceptanceConfig,
  type AcceptancePolicy,
  type AcceptedCheckpoint,
  acceptCheckpoint,
  type Cosignature,
  createAcceptancePolicy,
} from "./acceptance.ts";
export {
  type AddCheckpoint,
  encodeAddCheckpoint,
  encodeCosignatures,
  encodeTreeSize,
  parseAddCheckpoint,
  parseCosignatures,
  parseTreeSize,
  TREE_SIZE_CONTENT_TYPE,
} from "./add-checkpoint.ts";
export { type Checkpoint, encodeCheckpoint, parseCheckpoint } from "./checkpoint.ts";
export {
  appendLeafHashes,
  appendRange,
  type CompactRange,
  createRange,
  hashTree,
  type NodeVisitor,
  parseRange,
  readRange,
  toRoot,
} from "./compact-range.ts";
export {
  type ConsistencyProof,
  listConsistencyNodes,
  proveConsistency,
  verifyConsistency,
} from "./consistency.ts";
export { cosignCheckpoint, verifyCosignature } from "./cosignature.ts";
export { decodeBundle, encodeBundle, verifyBundle } from "./entry-bundle.ts";
export {
  encodeForkProof,
  type ForkProof,
  listForkNodes,
  type ProvenFork,
  parseForkProof,
  proveFork,
  toForkProof,
  verifyFork,
} from "./fork.ts";
export {
  type InclusionProof,
  listInclusionNodes,
  proveInclusion,
  toInclusionRoot,
  verifyInclusion,
} from "./inclusion.ts";
export { ENTRY_BYTES_MAX, FORK_BYTES_MAX, HASH_BYTES, TILE_HEIGHT, TILE_WIDTH } from "./limits.ts";
export { hashLeaf, hashNode, isSameHash, toEmptyRoot } from "./merkle-hash.ts";
export { encodeNote, type Note, type NoteSignature, parseNote } from "./note.ts";
export {
  createSigner,
  createVerifier,
  encodeVerifierKey,
  type NoteSigner,
  type NoteVerifier,
  parseVerifierKey,
  type SignatureType,
  toVerifierKey,
  type VerifierKey,
} from "./note-key.ts";
export { signNote, type VerifiedNote, type VerifiedSignature, verifyNote } from "./signed-note.ts";
export {
  cutTile,
  decodeTile,
  encodeTile,
  listBundles,
  listNewTiles,
  listPartialTiles,
  listTileNodes,
  readTile,
  toTileWidth,
} from "./tile.ts";
export { type EntryBundle, encodeTilePath, type HashTile, parseTilePath, type Tile } from "./tile-path.ts";
export { createTileReader, listProvingTiles, type TileBytes, type TreeHead } from "./tile-reader.ts";
export type { HashReader, Subtree, TreeNode } from "./tree-node.ts";
export { type AddCheckpointDecision, decideAddCheckpoint, type WatchedLog } from "./witness.ts";
