import { describe, expect, it } from "vitest";
import { hashTree } from "./compact-range.ts";
import { proveConsistency, verifyConsistency } from "./consistency.ts";
import { proveInclusion, verifyInclusion } from "./inclusion.ts";
import { hashLeaf, hashNode, isSameHash, toEmptyRoot, verifyHash } from "./merkle-hash.ts";
import { toReferenceTree } from "./reference-tree.testkit.ts";
import { codeOf, fromHex, toHex } from "./refusal.testkit.ts";

/** The leaves, roots and proofs with which Certificate Transparency's own libraries are tested. */
const LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map(fromHex);
const ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
const INCLUSION: readonly (readonly [index: number, size: number, hashes: readonly string[]])[] = [
  [0, 1, []],
  [
    0,
    8,
    [
      "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
  ],
  [
    5,
    8,
    [
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
  ],
  [2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]],
  [
    1,
    5,
    [
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
  ],
];
const CONSISTENCY: readonly (readonly [first: number, second: number, hashes: readonly string[]])[] = [
  [1, 1, []],
  [
    1,
    8,
    [
      "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
  ],
  [
    6,
    8,
    [
      "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
  ],
  [
    2,
    5,
    [
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
  ],
];

const rootAt = (size: number) => fromHex(ROOTS[size] ?? "");

describe("known answers of RFC 6962", () => {
  const { read } = toReferenceTree(LEAVES);

  it("hash the empty tree, leaves and nodes", () => {
    expect(toHex(toEmptyRoot())).toBe(ROOTS[0]);
    expect(toHex(hashLeaf(new Uint8Array()))).toBe(ROOTS[1]);
    const [first, second] = LEAVES.map(hashLeaf);
    expect(toHex(hashNode(first ?? rootAt(0), second ?? rootAt(0)))).toBe(ROOTS[2]);
  });

  it.each(ROOTS.map((root, size) => [size, root] as const))("the root of %d leaves", (size, root) => {
    expect(toHex(hashTree(LEAVES.slice(0, size).map(hashLeaf)))).toBe(root);
  });

  it.each(INCLUSION)("leaf %d of %d", (index, size, hashes) => {
    const proof = proveInclusion(index, size, read);
    expect(proof.hashes.map(toHex)).toEqual(hashes);
    verifyInclusion(proof, hashLeaf(LEAVES[index] ?? rootAt(0)), rootAt(size));
  });

  it.each(CONSISTENCY)("%d is the beginning of %d", (first, second, hashes) => {
    const proof = proveConsistency(first, second, read);
    expect(proof.hashes.map(toHex)).toEqual(hashes);
    verifyConsistency(proof, rootAt(first), rootAt(second));
  });
});

describe("hashes", () => {
  it("have 32 bytes", () => {
    expect(codeOf(() => verifyHash(new Uint8Array(32)))).toBe("not refused");
    for (const length of [0, 31, 33]) {
      expect(codeOf(() => verifyHash(new Uint8Array(length)))).toBe("tlog/hash");
    }
  });

  it("are the same by every byte", () => {
    expect(isSameHash(rootAt(1), rootAt(1))).toBe(true);
    expect(isSameHash(rootAt(1), rootAt(2))).toBe(false);
    expect(isSameHash(rootAt(1), rootAt(1).subarray(0, 31))).toBe(false);
  });
});
