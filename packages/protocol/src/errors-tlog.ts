import type { ErrorText } from "./errors.ts";

/** The part of the catalogue (`errors.ts`) that is about the transparency log: `@leix/tlog`. */
export const TLOG_ERRORS = {
  "tlog/size": {
    when: "A tree size, index or time does not fit the others, or is not a whole number up to 2^53 - 1.",
    todo: "Name a leaf below the tree's size, sizes in their order, and hashes for exactly that range.",
  },
  "tlog/hash": {
    when: "What should be a hash does not have 32 bytes.",
    todo: "Send SHA-256 hashes whole; the proof or tile was cut or made by another program.",
  },
  "tlog/hash-missing": {
    when: "A hash that the proof or tile is made of is not in what was read.",
    todo: "Fetch all tiles that the proof needs, of a checkpoint that covers them.",
  },
  "tlog/inclusion": {
    when: "An inclusion proof does not lead from this leaf at this index to the root.",
    todo: "Do not believe that the entry is in the log: ask for a proof to a checkpoint you accepted.",
  },
  "tlog/consistency": {
    when: "A consistency proof does not show that the one tree is the beginning of the other.",
    todo: "Keep both checkpoints and refuse the newer: if no proof verifies, the log has two histories.",
  },
  "tlog/tile-path": {
    when: "A path or place is not that of a tile or entry bundle that a log can have.",
    todo: "Build paths as C2SP tlog-tiles says: tile/<level>/<index>[.p/<width>], index in groups of three.",
  },
  "tlog/tile": {
    when: "A tile's bytes are not as many as its width says.",
    todo: "Fetch the tile again; a partial one may meanwhile be served as the full one.",
  },
  "tlog/tile-missing": {
    when: "A tile that is needed to verify others is not given.",
    todo: "Fetch the tile named in the detail.",
  },
  "tlog/tile-differs": {
    when: "A tile is not the one whose hash is in the tile above it, or not of a tree of this size.",
    todo: "The copy is damaged or altered: fetch it from another; `leix audit fsck` finds what differs.",
  },
  "tlog/root-differs": {
    when: "The partial tiles of a tree do not make the root that its checkpoint says.",
    todo: "Tiles or checkpoint are damaged or altered, or not of the same size: fetch both again.",
  },
  "tlog/bundle": {
    when: "An entry bundle is not exactly as many entries as its width says.",
    todo: "Fetch the bundle again; if it stays so, the copy is damaged.",
  },
  "tlog/bundle-differs": {
    when: "An entry of a bundle does not hash to its place in the level 0 tile.",
    todo: "The copy is damaged or altered: fetch it from another.",
  },
  "tlog/entry-too-large": {
    when: "An entry is larger than the 65,535 bytes that an entry bundle can say.",
    todo: "Log a digest of it and keep the content beside the log.",
  },
  "tlog/note": {
    when: "The bytes are not a signed note, or not a part of one: its form is broken.",
    todo: "Send it exactly as signed: UTF-8, no carriage returns, the last newline included.",
  },
  "tlog/note-unsigned": {
    when: "No key that is known signed the note, or the log's own key did not.",
    todo: "Do not read the text. Check that the log's verifier key is the configured one.",
  },
  "tlog/signature-invalid": {
    when: "A signature that names a known key is not that key's over this text.",
    todo: "Do not read the text: it was altered after signing, or somebody posed as the key's holder.",
  },
  "tlog/key": {
    when: "A verifier or signing key is not one of the type that belongs here, or its id is not its own.",
    todo: "Copy the verifier key (name+id+base64) whole; logs sign with type 01, witnesses with type 04.",
  },
  "tlog/key-repeated": {
    when: "Two of the verifier keys given have the same name and id.",
    todo: "Configure each key once.",
  },
  "tlog/checkpoint": {
    when: "A note's text is not a checkpoint: origin, size, root hash and lines that are not empty.",
    todo: "Ask the log for /checkpoint; treat a log that signs anything else as broken.",
  },
  "tlog/origin": {
    when: "The checkpoint is of another log than the one whose key signed it is configured for.",
    todo: "Check which log was meant; two logs must not share a key.",
  },
  "tlog/quorum": {
    when:
      "Fewer witnesses that count have cosigned the checkpoint than the policy asks for, up to now. In an " +
      "exchange each country counts by its single point of contact.",
    todo: "Wait for the witnesses and fetch the checkpoint again; if it stays so, ask them what they see.",
  },
  "tlog/policy": {
    when: "A policy asks for more witnesses than it names, or has one public key twice.",
    todo: "Ask for 0 to n of n different witnesses; the log's own key is none.",
  },
  "tlog/add-checkpoint": {
    when: "A witness request or answer is not of the form of C2SP tlog-witness.",
    todo: "Send old size, at most 63 hashes, an empty line and the signed checkpoint, each line ended.",
  },
} as const satisfies Record<string, ErrorText>;
