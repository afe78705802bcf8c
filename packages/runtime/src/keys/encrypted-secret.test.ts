import { decodeProtectedHeader } from "jose";
import { describe, expect, it, vi } from "vitest";
import {
  decryptSecret,
  encryptSecret,
  isEncrypted,
  PASSPHRASE_CHARACTERS_MIN,
  PBKDF2_ITERATIONS,
} from "./encrypted-secret.ts";

// Deriving keys from passphrases is meant to take its time.
vi.setConfig({ testTimeout: 30_000 });

const PASSPHRASE = "correct horse battery staple";
const JWK = '{"kty":"OKP","crv":"Ed25519","x":"AA","d":"the private part"}';

describe("a secret under a passphrase", () => {
  it("is the compact JWE of RFC 7517 section 7, and opens again", async () => {
    const jwe = await encryptSecret(JWK, PASSPHRASE, "jwk+json");
    expect(isEncrypted(jwe)).toBe(true);
    expect(isEncrypted(JWK)).toBe(false);
    expect(jwe).not.toContain("private part");
    const header = decodeProtectedHeader(jwe.trim());
    expect(header).toMatchObject({ alg: "PBES2-HS512+A256KW", enc: "A256GCM", cty: "jwk+json" });
    expect(header.p2c).toBe(PBKDF2_ITERATIONS);
    expect(await decryptSecret(jwe, PASSPHRASE, "a.jwk")).toBe(JWK);
  });

  it("is never the same twice: salt and content key are new", async () => {
    const [one, other] = [
      await encryptSecret(JWK, PASSPHRASE, "jwk+json"),
      await encryptSecret(JWK, PASSPHRASE, "jwk+json"),
    ];
    expect(decodeProtectedHeader(one.trim()).p2s).not.toBe(decodeProtectedHeader(other.trim()).p2s);
  });

  it("opens however the keyboard composes the same letters", async () => {
    const jwe = await encryptSecret(JWK, "šećer i so i papar".normalize("NFD"), "jwk+json");
    expect(await decryptSecret(jwe, "šećer i so i papar".normalize("NFC"), "a.jwk")).toBe(JWK);
  });

  it("does not open under another passphrase, nor after any part was altered", async () => {
    const jwe = (await encryptSecret(JWK, PASSPHRASE, "jwk+json")).trim();
    await expect(decryptSecret(jwe, `${PASSPHRASE} `, "a.jwk")).rejects.toMatchObject({
      code: "key/passphrase-wrong",
      detail: "a.jwk",
    });
    const parts = jwe.split(".");
    for (const place of parts.keys()) {
      const altered = parts.with(place, flipLetter(parts[place] ?? "")).join(".");
      await expect(decryptSecret(altered, PASSPHRASE, "a.jwk"), `part ${place}`).rejects.toMatchObject({
        code: "key/passphrase-wrong",
      });
    }
  });

  it("does not make this machine work without end for a file", async () => {
    const [, ...rest] = (await encryptSecret(JWK, PASSPHRASE, "jwk+json")).trim().split(".");
    const header = { alg: "PBES2-HS512+A256KW", enc: "A256GCM", p2c: 2 ** 31 - 1, p2s: "A".repeat(22) };
    const jwe = [Buffer.from(JSON.stringify(header)).toString("base64url"), ...rest].join(".");
    await expect(decryptSecret(jwe, PASSPHRASE, "a.jwk")).rejects.toMatchObject({
      code: "key/passphrase-wrong",
      cause: { message: expect.stringContaining("p2c") },
    });
  });

  it("is refused a passphrase that is short", async () => {
    const short = "é".repeat(PASSPHRASE_CHARACTERS_MIN - 1);
    await expect(encryptSecret(JWK, short, "jwk+json")).rejects.toMatchObject({
      code: "key/passphrase-short",
    });
    expect(isEncrypted(await encryptSecret(JWK, `${short}é`, "jwk+json"))).toBe(true);
  });
});

/** In the middle, where every bit counts. */
function flipLetter(text: string): string {
  const at = Math.floor(text.length / 2);
  return `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`;
}
