import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { encodeCheckpoint } from "./checkpoint.ts";
import { proveConsistency, verifyConsistency } from "./consistency.ts";
import {
  encodeForkProof,
  type ForkProof,
  parseForkProof,
  proveFork,
  toForkProof,
  verifyFork,
} from "./fork.ts";
import { createParty, type Party } from "./note.testkit.ts";
import type { Note } from "./note.ts";
import { encodeNote } from "./note.ts";
import {
  createReferenceTree,
  type ReferenceTree,
  toEntry,
  toReferenceTree,
} from "./reference-tree.testkit.ts";
import { codeOf, codeOfAsync, flipBit } from "./refusal.testkit.ts";
import { signNote } from "./signed-note.ts";

const LOG = "leix.example/ledger";
const SIZE = 40;
const told = createReferenceTree(SIZE);
/** The same up to leaf 10, and another one from there on. */
const other = toReferenceTree(Array.from({ length: SIZE }, (_, n) => toEntry(n < 10 ? n : n + 1_000)));
const FORKED_AT = 10;
let log: Party<"ed25519">;
let stranger: Party<"ed25519">;

beforeAll(async () => {
  log = await createParty(LOG, "ed25519");
  stranger = await createParty(LOG, "ed25519");
});

async function sign(tree: ReferenceTree, size: number, by = log, origin = LOG): Promise<Note> {
  const text = encodeCheckpoint({ origin, size, root: tree.toHash(0, size), extensions: [] });
  return { text, signatures: [await signNote(text, by.signer)] };
}

const verify = (proof: ForkProof, verifiers = [log.verifier]) => verifyFork(proof, () => verifiers);
const refusal = (proof: ForkProof, verifiers = [log.verifier]) => codeOfAsync(() => verify(proof, verifiers));

async function prove(first: number, second: number): Promise<ForkProof> {
  const proof = proveFork(await sign(told, first), await sign(other, second), other.read);
  if (!proof) throw new Error("no fork");
  return proof;
}

describe("two histories", () => {
  it("are proven by any two checkpoints past the fork, from the larger's tree, in any order", async () => {
    let proven = 0;
    for (let first = 0; first <= SIZE; first++) {
      for (let second = first; second <= SIZE; second++) {
        const [one, two] = [await sign(told, first), await sign(other, second)];
        const proof = proveFork(two, one, other.read) ?? proveFork(one, two, other.read);
        expect(proof !== null, `${first} ${second}`).toBe(first > FORKED_AT);
        if (!proof) continue;
        const { root, ...sizes } = await verify(parseForkProof(encodeForkProof(proof)));
        expect(sizes).toMatchObject({ origin: LOG, first: { size: first }, second: { size: second } });
        proven++;
      }
    }
    expect(proven).toBe((30 * 31) / 2);
  });

  it("are told apart from one that grew, whatever their sizes", async () => {
    const sizes = fc.tuple(fc.integer({ min: 0, max: SIZE }), fc.integer({ min: 0, max: SIZE }));
    await fc.assert(
      fc.asyncProperty(sizes, async ([one, two]) => {
        expect(proveFork(await sign(told, one), await sign(told, two), told.read)).toBeNull();
      }),
    );
  });

  it("are proven by what the log itself offered as a proof, unless that has no root", async () => {
    let proven = 0;
    for (let first = 1; first < SIZE; first++) {
      const { hashes } = proveConsistency(first, SIZE, other.read);
      const proof = toForkProof(await sign(told, first), await sign(other, SIZE), hashes);
      const isPower = [1, 2, 4, 8, 16, 32].includes(first);
      expect(proof !== null, String(first)).toBe(first > FORKED_AT && !isPower);
      if (proof) expect(await verify(proof)).toMatchObject({ first: { size: first } });
      if (proof) proven++;
    }
    expect(proven).toBe(SIZE - 1 - FORKED_AT - 2);
  });

  it("are not proven by a proof that is broken, or of what extends", async () => {
    const [first, second] = [await sign(told, 11), await sign(other, SIZE)];
    const { hashes } = proveConsistency(11, SIZE, other.read);
    const broken = [
      [],
      hashes.slice(1),
      [...hashes, new Uint8Array(32)],
      [new Uint8Array(31), ...hashes.slice(1)],
      [flipBit(hashes[0] ?? new Uint8Array(), 0), ...hashes.slice(1)],
    ];
    for (const bytes of broken) expect(toForkProof(first, second, bytes)).toBeNull();
    const honest = proveConsistency(11, SIZE, told.read).hashes;
    expect(toForkProof(first, await sign(told, SIZE), honest)).toBeNull();
    expect(toForkProof(first, await sign(other, 11), [])).toBeNull();
    expect(toForkProof(await sign(told, 0), second, [])).toBeNull();
  });

  it("name their keys, each of which has to count for its own tree", async () => {
    const proof = await prove(20, 30);
    expect((await verify(proof)).keys).toEqual([log.verifier.key, log.verifier.key]);
    // Withdrawn by entry 24: what is signed with it over more entries is not the log's word.
    const until = (end: number) => (size: number) => (size <= end ? [log.verifier] : [stranger.verifier]);
    expect(await codeOfAsync(() => verifyFork(proof, until(24)))).toBe("tlog/note-unsigned");
    expect(await verifyFork(proof, until(30))).toMatchObject({ second: { size: 30 } });
  });

  it("of an empty tree are two roots of nothing", async () => {
    const empty = await sign(told, 0);
    const text = encodeCheckpoint({ origin: LOG, size: 0, root: other.toHash(0, 1), extensions: [] });
    const wrong = { text, signatures: [await signNote(text, log.signer)] };
    for (const [one, two] of [
      [empty, wrong],
      [wrong, empty],
      [wrong, await sign(told, 9)],
    ] as const) {
      const proof = proveFork(one, two, told.read);
      expect(proof && (await verify(proof))).toMatchObject({ first: { size: 0 } });
    }
  });
});

describe("a fork proof", () => {
  it("contradicts every consistency proof there is", async () => {
    const { root, hashes, first } = await prove(12, 30);
    expect(root).toEqual(other.toHash(0, 12));
    verifyConsistency({ first: 12, second: 30, hashes }, other.toHash(0, 12), other.toHash(0, 30));
    const proof = { first: 12, second: 30, hashes };
    expect(codeOf(() => verifyConsistency(proof, told.toHash(0, 12), other.toHash(0, 30)))).toBe(
      "tlog/consistency",
    );
    expect(first).toEqual(await sign(told, 12));
  });

  it.each([
    [12, 30],
    [16, 33],
    [40, 40],
  ])("of %i and %i fails with any bit of its file changed", async (one, two) => {
    const bytes = encodeForkProof(await prove(one, two));
    expect(await verify(parseForkProof(bytes))).toMatchObject({ origin: LOG });
    let tried = 0;
    for (let bit = 0; bit < bytes.length * 8; bit += 3) {
      const code = await codeOfAsync(async () => verify(parseForkProof(flipBit(bytes, bit))));
      expect(code, `bit ${bit}`).toMatch(/^tlog\/(checkpoint|fork|note|note-unsigned|signature-invalid)$/);
      tried++;
    }
    expect(tried).toBeGreaterThan(1_000);
  });

  it("proves nothing with other hashes, another root, or the checkpoints the wrong way round", async () => {
    const proof = await prove(12, 30);
    const { first, second, root, hashes } = proof;
    expect(await refusal({ ...proof, hashes: hashes.slice(1) })).toBe("tlog/fork");
    expect(await refusal({ ...proof, root: told.toHash(0, 12) })).toBe("tlog/fork");
    expect(await refusal({ ...proof, root: flipBit(root, 1) })).toBe("tlog/fork");
    expect(await refusal({ ...proof, first: second, second: first })).toBe("tlog/fork");
    const same = await prove(12, 12);
    expect(await refusal({ ...same, hashes: [root] })).toBe("tlog/fork");
    expect(await refusal({ ...same, root: flipBit(root, 1) })).toBe("tlog/fork");
    expect(await refusal({ ...same, second: same.first })).toBe("tlog/fork");
  });

  it("does not make a fork of what extends", async () => {
    const [first, second] = [await sign(told, 12), await sign(told, 30)];
    const { hashes } = proveConsistency(12, 30, told.read);
    for (const root of [told.toHash(0, 12), other.toHash(0, 12)]) {
      expect(await refusal({ first, second, root, hashes })).toBe("tlog/fork");
    }
  });

  it("counts only what the log's own keys signed, under its own name", async () => {
    const forged = { ...(await prove(12, 30)), second: await sign(other, 30, stranger) };
    expect(await refusal(forged)).toBe("tlog/note-unsigned");
    expect(await refusal(await prove(12, 30), [stranger.verifier])).toBe("tlog/note-unsigned");
    expect(await verify(forged, [log.verifier, stranger.verifier])).toMatchObject({ origin: LOG });
    const foreign = await sign(other, 30, log, "leix.example/other");
    expect(await refusal({ ...forged, second: foreign })).toBe("tlog/origin");
    const elsewhere = await createParty("leix.example/other", "ed25519");
    const second = await sign(other, 30, elsewhere, "leix.example/other");
    expect(await refusal({ ...forged, second }, [log.verifier, elsewhere.verifier])).toBe("tlog/origin");
  });

  it("has one form", async () => {
    const proof = await prove(12, 30);
    const bytes = encodeForkProof(proof);
    expect(parseForkProof(bytes)).toEqual(proof);
    expect(encodeForkProof(parseForkProof(bytes))).toEqual(bytes);
    const text = new TextDecoder().decode(bytes);
    const refused = (altered: string) => codeOf(() => parseForkProof(new TextEncoder().encode(altered)));
    expect(text.startsWith("fork-proof/v1\n")).toBe(true);
    expect(refused(text.replace("/v1", "/v2"))).toBe("tlog/fork");
    expect(refused(`${text}\n${text}`)).toBe("tlog/fork");
    expect(refused(text.replace("\n\n", "\n"))).toBe("tlog/fork");
    expect(refused(text.replace("\n\n", `${"\nAAAA"}\n\n`))).toBe("tlog/fork");
    const many = `\n${Buffer.alloc(32).toString("base64")}`.repeat(64);
    expect(refused(text.replace("\n\n", `${many}\n\n`))).toBe("tlog/fork");
    expect(refused("fork-proof/v1\n\n")).toBe("tlog/fork");
    expect(refused(new TextDecoder().decode(encodeNote(proof.first)))).toBe("tlog/fork");
    expect(refused(text.slice(0, -1))).toBe("tlog/note");
    expect(refused(text.replaceAll("\n", "\r\n"))).toBe("tlog/note");
  });
});
