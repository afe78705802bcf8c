import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeForkProof, encodeNote, type ForkProof, type Note, parseCheckpoint } from "@leix/tlog";

/**
 * What speaks against the ledger: proofs of two histories, and checkpoints that were refused without one.
 * Nothing in it is secret. The alarm lasts for as long as a proof is in the folder: whoever has dealt with it
 * moves it away.
 */
export interface ForkFolder {
  /** Paths of the proofs, by name. */
  listProofs(): Promise<string[]>;
  /** Paths of what was refused without a proof, by name. */
  listRefused(): Promise<string[]>;
  /** Durable on return; the same proof again is the same file. Returns its path. */
  addProof(proof: ForkProof): Promise<string>;
  /** A checkpoint that nobody showed to extend the last one, nor the contrary. */
  addRefused(note: Note): Promise<string>;
}

const PROOF = /^fork-.+\.txt$/;
const REFUSED = /^refused-.+\.txt$/;
const NAME_HEX = 16;

export function createForkFolder(folder: string): ForkFolder {
  const add = async (name: string, bytes: Uint8Array): Promise<string> => {
    const digest = createHash("sha256").update(bytes).digest("hex").slice(0, NAME_HEX);
    const path = join(folder, `${name}-${digest}.txt`);
    if (existsSync(path)) return path;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const draft = `${path}.${process.pid}.draft`;
    await writeFile(draft, bytes, { mode: 0o600, flush: true });
    await rename(draft, path);
    await using names = await open(folder, "r");
    await names.sync();
    return path;
  };
  const list = async (pattern: RegExp): Promise<string[]> => {
    const names = existsSync(folder) ? await readdir(folder) : [];
    return names
      .filter((name) => pattern.test(name))
      .toSorted()
      .map((name) => join(folder, name));
  };
  return {
    listProofs: () => list(PROOF),
    listRefused: () => list(REFUSED),
    addProof(proof) {
      const [first, second] = [proof.first, proof.second].map(({ text }) => parseCheckpoint(text).size);
      return add(`fork-${first}-${second}`, encodeForkProof(proof));
    },
    addRefused: (note) => add(`refused-${parseCheckpoint(note.text).size}`, encodeNote(note)),
  };
}
