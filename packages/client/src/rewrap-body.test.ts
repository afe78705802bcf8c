import { generateKeyPairSync } from "node:crypto";
import {
  type DecryptionKey,
  decodeUtf8,
  decryptBody,
  type EncryptionKey,
  encodeUtf8,
  encryptBody,
  type PrivateJwk,
  stripBody,
  toThumbprint,
} from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { rewrapBody } from "./rewrap-body.ts";

type Curve = "P-256" | "X25519";

function createReader(curve: Curve): { readonly open: DecryptionKey; readonly key: EncryptionKey } {
  const pair =
    curve === "P-256" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("x25519");
  const secret = pair.privateKey.export({ format: "jwk" }) as PrivateJwk;
  const { d: _d, ...jwk } = secret;
  const kid = toThumbprint(jwk as EncryptionKey["jwk"]);
  const key = { kid, nbf: 0, exp: 1, use: "enc", alg: "ECDH-ES+A256KW", jwk } as EncryptionKey;
  return { open: { kid, jwk: secret }, key };
}

const CURVES: readonly Curve[] = ["P-256", "X25519"];

describe("a body whose key is wrapped for another reader", () => {
  const pairs = CURVES.flatMap((owner) => CURVES.map((reader): [Curve, Curve] => [owner, reader]));

  test.each(pairs)("from %s to %s opens by the same commitment, and keeps its digest", async (from, to) => {
    const [owner, other, reader] = [createReader(from), createReader("X25519"), createReader(to)];
    const text = encodeUtf8("who owns the lorry");
    const { body, binding } = await encryptBody(text, [owner.key, other.key], new Uint8Array(32).fill(1));
    const copy = stripBody(body, owner.key.kid);
    const wrapped = rewrapBody(copy, [other.open, owner.open], reader.key);
    expect(wrapped.recipients.map(({ header }) => header.kid)).toEqual([reader.key.kid]);
    expect(decodeUtf8(await decryptBody(wrapped, binding, [reader.open]))).toBe("who owns the lorry");
    await expect(decryptBody(wrapped, binding, [owner.open])).rejects.toMatchObject({
      code: "body/undecryptable",
    });
  });

  test("only who has a key of the copy can make it, and only for a key that is one", async () => {
    const [owner, stranger] = [createReader("P-256"), createReader("P-256")];
    const { body } = await encryptBody(encodeUtf8("x"), [owner.key], new Uint8Array(32).fill(1));
    const attempt = (keys: readonly DecryptionKey[], x = stranger.key.jwk.x) =>
      rewrapBody(body, keys, { kid: stranger.key.kid, jwk: { ...stranger.key.jwk, x } });
    const foreign = { ...owner.open, jwk: stranger.open.jwk };
    expect(() => attempt([])).toThrow(expect.objectContaining({ code: "body/undecryptable" }));
    expect(() => attempt([foreign])).toThrow(expect.objectContaining({ code: "body/undecryptable" }));
    expect(() => attempt([owner.open], "A".repeat(43))).toThrow(
      expect.objectContaining({ code: "key/invalid" }),
    );
  });
});
