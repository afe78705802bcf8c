import { existsSync, globSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

/**
 * Vectors that others publish. They are not part of this repo: LEIX_VECTORS names the folder that has
 * them.
 */

const ROOT = new URL("../../../", import.meta.url);

export const PUBLISHED_FROM = [
  "wycheproof/: github.com/C2SP/wycheproof, testvectors_v1",
  "jose-cookbook/: github.com/ietf-jose/cookbook",
];

const FOLDER = process.env.LEIX_VECTORS
  ? pathToFileURL(`${process.env.LEIX_VECTORS}/`)
  : new URL("../shared/vectors/", ROOT);

export const isPublishedHere = existsSync(FOLDER);

/** A JWK, or a key as Wycheproof gives it: an uncompressed point, 32 bytes. */
export interface PublishedKey {
  readonly kty?: string;
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  readonly uncompressed?: string;
  readonly pk?: string;
}

export interface PublishedInput {
  readonly jws?: unknown;
  readonly jwe?: unknown;
  readonly msg?: string;
  readonly sig?: string;
  readonly output?: { readonly compact?: string; readonly json?: unknown };
}

export interface PublishedCase {
  /** Its number or name in its file. */
  readonly id: string;
  readonly isValid: boolean;
  readonly key: PublishedKey;
  readonly input: PublishedInput;
}

interface Group {
  readonly public?: PublishedKey;
  readonly private?: PublishedKey;
  readonly publicKey?: PublishedKey;
  readonly tests: readonly (PublishedInput & { readonly tcId: number; readonly result: string })[];
}

/**
 * All cases of one Wycheproof file. A result is `valid` or `invalid`: the files in use have no
 * `acceptable`.
 */
export function readWycheproof(name: string): PublishedCase[] {
  const groups: readonly Group[] = read(`wycheproof/${name}.json`).testGroups;
  return groups.flatMap((group) =>
    group.tests.map((input) => ({
      id: `${input.tcId}`,
      isValid: input.result === "valid",
      key: group.publicKey ?? group.public ?? group.private ?? {},
      input,
    })),
  );
}

/** The examples of the JOSE cookbook that a pattern names, all of them valid. */
export function readCookbook(pattern: string): PublishedCase[] {
  return globSync(pattern, { cwd: new URL("jose-cookbook/", FOLDER) })
    .toSorted()
    .map((id) => {
      const input = read(`jose-cookbook/${id}`);
      return { id, isValid: true, key: input.input?.key ?? {}, input };
    });
}

function read(file: string) {
  return JSON.parse(readFileSync(new URL(file, FOLDER), "utf8"));
}
