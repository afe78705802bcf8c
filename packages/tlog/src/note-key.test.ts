import { encodeBase64url } from "@leix/protocol";
import { describe, expect, it } from "vitest";
import { createSigningKey, ENOCH, PETER, TEXT, toBytes, toSigningKey } from "./note.testkit.ts";
import {
  createSigner,
  createVerifier,
  encodeVerifierKey,
  parseVerifierKey,
  toKeyId,
  toVerifierKey,
} from "./note-key.ts";
import { codeOf, codeOfAsync } from "./refusal.testkit.ts";

const parse = (text: string) => parseVerifierKey(text, "ed25519");
const refuse = (text: string) => expect(codeOf(() => parse(text)));

describe("a verifier key", () => {
  it.each([PETER, ENOCH])("of golang.org/x/mod: $name", ({ name, verifierKey }) => {
    const key = parse(verifierKey);
    expect(key.name).toBe(name);
    expect(encodeVerifierKey(key)).toBe(verifierKey);
  });

  it("of Tessera's log", () => {
    const text = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
    expect(encodeVerifierKey(parse(text))).toBe(text);
    expect(parse(text).keyId).toBe(0x33d7b496);
  });

  it("has another id as a witness's, under another name, and where it is another key", () => {
    const { publicKey, name, keyId } = parse(PETER.verifierKey);
    const other = parse(ENOCH.verifierKey).publicKey;
    const ids = [
      keyId,
      toKeyId(name, "cosignature/v1", publicKey),
      toKeyId(`${name}2`, "ed25519", publicKey),
      toKeyId(name, "ed25519", other),
    ];
    expect(new Set(ids).size).toBe(4);
    const witness = encodeVerifierKey(toVerifierKey(name, "cosignature/v1", publicKey));
    expect(parseVerifierKey(witness, "cosignature/v1").publicKey).toEqual(publicKey);
    refuse(witness).toBe("tlog/key");
    expect(codeOf(() => parseVerifierKey(PETER.verifierKey, "cosignature/v1"))).toBe("tlog/key");
  });

  it("is refused when cut anywhere, and after any character is changed", () => {
    const text = PETER.verifierKey;
    for (let begin = 0; begin <= text.length; begin++) {
      for (let end = begin; end <= text.length; end++) {
        if (end - begin < text.length) refuse(text.slice(begin, end)).not.toBe("not refused");
      }
    }
    for (let at = 0; at < text.length; at++) {
      const next = String.fromCharCode(text.charCodeAt(at) + 1);
      refuse(text.slice(0, at) + next + text.slice(at + 1)).not.toBe("not refused");
    }
  });

  it.each([
    ["too long", "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=="],
    ["of a type unknown", "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"],
    ["with its id in upper case", PETER.verifierKey.replace("c74f20a3", "C74F20A3")],
    ["with another's id", PETER.verifierKey.replace("c74f20a3", "af0cfe78")],
    ["without a name", PETER.verifierKey.replace("PeterNeumann", "")],
    ["with a space in its name", PETER.verifierKey.replace("PeterNeumann", "Peter\u00a0Neumann")],
    ["with a newline", `${PETER.verifierKey}\n`],
    ["with a part more", `${PETER.verifierKey}+`],
  ])("is refused %s", (_, text) => {
    refuse(text).toBe("tlog/key");
  });

  it("is refused where anyone could sign under it, or it is no point", () => {
    const smallOrder = [
      new Uint8Array(32),
      Uint8Array.of(1, ...new Uint8Array(31)),
      Uint8Array.of(0xec, ...new Uint8Array(30).fill(0xff), 0x7f),
      // 1 again, spelled as p + 1.
      Uint8Array.of(0xee, ...new Uint8Array(30).fill(0xff), 0x7f),
    ];
    for (const key of smallOrder) {
      expect(codeOf(() => toVerifierKey("a", "cosignature/v1", key))).toBe("key/invalid");
    }
    expect(codeOf(() => toVerifierKey("a", "ed25519", new Uint8Array(31)))).toBe("tlog/key");
  });
});

describe("a signer", () => {
  it("signs as x/mod does with the same key", async () => {
    const { key, sign } = await createSigner(
      PETER.name,
      "ed25519",
      toSigningKey(PETER.seed, PETER.verifierKey),
    );
    expect(encodeVerifierKey(key)).toBe(PETER.verifierKey);
    const signature = await sign(toBytes(TEXT));
    expect(PETER.line).toContain(Buffer.from([0xc7, 0x4f, 0x20, 0xa3, ...signature]).toString("base64"));
    const { verify } = await createVerifier(parse(PETER.verifierKey));
    expect(await verify(toBytes(TEXT), signature)).toBe(true);
    expect(await verify(toBytes(`${TEXT} `), signature)).toBe(false);
    expect(await verify(toBytes(TEXT), signature.subarray(1))).toBe(false);
  });

  it("is refused another algorithm's key, and halves of two keys", async () => {
    const key = await createSigningKey();
    const other = await createSigningKey();
    const answer = (one: typeof key, name = "a") => codeOfAsync(() => createSigner(name, "ed25519", one));
    expect(await answer(key)).toBe("not refused");
    expect(await answer({ ...key, alg: "ES256" })).toBe("tlog/key");
    expect(await answer({ ...key, jwk: { ...key.jwk, x: other.jwk.x } })).toBe("tlog/key");
    expect(await answer({ ...key, jwk: { ...key.jwk, d: "AA" } })).toBe("tlog/key");
    expect(await answer({ ...key, jwk: { ...key.jwk, x: "*" } })).toBe("tlog/key");
    expect(await answer(key, "a b")).toBe("tlog/key");
  });

  it("does not import what is no point, should the platform ask", async () => {
    const publicKey = Uint8Array.from(Buffer.from(encodeBase64url(new Uint8Array(3))));
    const key = { type: "ed25519", name: "a", keyId: 0, publicKey } as const;
    expect(await codeOfAsync(() => createVerifier(key))).toBe("tlog/key");
  });
});
