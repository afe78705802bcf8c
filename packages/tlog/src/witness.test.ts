import { beforeAll, describe, expect, it } from "vitest";
import type { AddCheckpoint } from "./add-checkpoint.ts";
import { encodeCheckpoint } from "./checkpoint.ts";
import { proveConsistency } from "./consistency.ts";
import { createParty, type Party } from "./note.testkit.ts";
import { createReferenceTree } from "./reference-tree.testkit.ts";
import { codeOfAsync, flipBit } from "./refusal.testkit.ts";
import { signNote } from "./signed-note.ts";
import { decideAddCheckpoint } from "./witness.ts";

const LOG = "leix.example/ledger";
const tree = createReferenceTree(20);
const rootOf = (size: number) => tree.toHash(0, size);
let log: Party<"ed25519">;

beforeAll(async () => {
  log = await createParty(LOG, "ed25519");
});

interface Case {
  readonly oldSize: number;
  readonly size: number;
  readonly root?: Uint8Array;
  readonly hashes?: readonly Uint8Array[];
  readonly origin?: string;
}

async function request({ oldSize, size, root, hashes, origin = LOG }: Case): Promise<AddCheckpoint> {
  const text = encodeCheckpoint({ origin, size, root: root ?? rootOf(size), extensions: [] });
  const proof = () => (oldSize > size ? [] : proveConsistency(oldSize, size, tree.read).hashes);
  return {
    oldSize,
    hashes: hashes ?? proof(),
    note: { text, signatures: [await signNote(text, log.signer)] },
  };
}

async function decide(one: Case, cosigned: number | null, verifiers = [log.verifier]) {
  const head = cosigned === null ? null : { size: cosigned, root: rootOf(cosigned) };
  const logs = (origin: string) => (origin === LOG ? { origin, verifiers, cosigned: head } : undefined);
  return decideAddCheckpoint(await request(one), logs);
}

describe("a witness", () => {
  it("cosigns the first checkpoint it sees, a larger one, and the same again", async () => {
    for (const [oldSize, size, cosigned] of [
      [0, 7, null],
      [0, 0, null],
      [0, 7, 0],
      [7, 20, 7],
      [8, 16, 8],
      [7, 7, 7],
    ] as const) {
      const decision = await decide({ oldSize, size }, cosigned);
      expect(decision).toMatchObject({ status: 200, checkpoint: { origin: LOG, size } });
    }
  });

  it("knows not every log", async () => {
    expect(await decide({ oldSize: 0, size: 7, origin: "other" }, null)).toMatchObject({ status: 404 });
  });

  it("wants a signature of the log's key", async () => {
    const other = await createParty(LOG, "ed25519");
    expect(await decide({ oldSize: 0, size: 7 }, null, [other.verifier])).toEqual({
      status: 403,
      reason: "tlog/note-unsigned",
    });
    const good = await request({ oldSize: 0, size: 7 });
    const [line] = good.note.signatures;
    const signatures = line ? [{ ...line, signature: flipBit(line.signature, 1) }] : [];
    const logs = () => ({ origin: LOG, verifiers: [log.verifier], cosigned: null });
    const forged = { ...good, note: { ...good.note, signatures } };
    expect(await decideAddCheckpoint(forged, logs)).toEqual({
      status: 403,
      reason: "tlog/signature-invalid",
    });
  });

  it("refuses an old size above the checkpoint's", async () => {
    expect(await decide({ oldSize: 8, size: 7 }, 8)).toMatchObject({ status: 400 });
  });

  it("tells the size it cosigned where that is another, also to one who starts at 0", async () => {
    for (const [oldSize, cosigned] of [
      [0, 5],
      [4, 5],
      [6, 5],
      [3, null],
    ] as const) {
      const decision = await decide({ oldSize, size: 7 }, cosigned);
      expect(decision).toEqual({ status: 409, size: cosigned ?? 0, isFork: false });
    }
  });

  it("tells a fork: another root of the size it cosigned, whatever old size is named", async () => {
    for (const oldSize of [0, 7]) {
      const decision = await decide({ oldSize, size: 7, root: rootOf(8), hashes: [] }, 7);
      expect(decision).toEqual({ status: 409, size: 7, isFork: true });
    }
  });

  it("wants a proof, and no more than that", async () => {
    const root = rootOf(7);
    for (const [oldSize, size, cosigned, hashes] of [
      [7, 20, 7, []],
      [7, 20, 7, proveConsistency(8, 20, tree.read).hashes],
      [7, 20, 7, [root]],
      [7, 20, 7, [root.subarray(1)]],
      [7, 7, 7, [root]],
      [0, 7, null, [root]],
    ] as const) {
      expect(await decide({ oldSize, size, hashes }, cosigned)).toMatchObject({ status: 422 });
    }
    expect(await decide({ oldSize: 7, size: 20, root: rootOf(19) }, 7)).toMatchObject({ status: 422 });
    expect(await decide({ oldSize: 0, size: 0, root }, null)).toMatchObject({ status: 422 });
  });

  it("throws for a note that is no checkpoint, and of a configuration that names a key twice", async () => {
    const good = await request({ oldSize: 0, size: 7 });
    const again = [log.verifier, log.verifier];
    const twice = () => ({ origin: LOG, verifiers: again, cosigned: null });
    expect(await codeOfAsync(() => decideAddCheckpoint(good, twice))).toBe("tlog/key-repeated");
    const text = { ...good, note: { ...good.note, text: "a text\n" } };
    expect(await codeOfAsync(() => decideAddCheckpoint(text, () => undefined))).toBe("tlog/checkpoint");
  });
});
