import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codeOfAsync } from "../vectors/codes.ts";
import { KEYS, REQUEST } from "../vectors/examples.ts";
import { createEs256, createP256Encryption, type EncryptionPair, toSigningKey } from "../vectors/keys.ts";
import { Body, decryptBody, encryptBody, toBodyDigest, verifyBinding } from "./body.ts";
import { encodeUtf8, toDigest } from "./bytes.ts";
import { encodeCanonicalBytes } from "./canonical.ts";
import { CLAIMS_TYP, Claims } from "./claims.ts";
import { parseJws, signJws, verifyJws } from "./jws.ts";

/** Debian's `jose` (José, in C): an implementation that shares no line with the library used here. */
const isHere = spawnSync("jose", ["alg"]).status === 0;
const isRequired = Boolean(process.env.LEIX_REQUIRE_JOSE);
const HOW = "apt-get install --no-install-recommends jose";

const BYTES_MAX = 65_536;
const { spoc, fiuEnc } = KEYS;
const TEXT = encodeUtf8("A text for two readers: šćž.");
const SALT = encodeUtf8("0123456789abcdef0123456789abcdef");
const READERS = [fiuEnc, createP256Encryption("a second reader")];

describe.skipIf(isHere || isRequired)("the jose command", () => {
  it(`is not here: ${HOW} (LEIX_REQUIRE_JOSE makes it a failure)`, ({ skip }) => skip());
});

describe.runIf(isHere || isRequired)("the jose command", () => {
  let dir: string;
  beforeAll(() => {
    expect(isHere, `LEIX_REQUIRE_JOSE is set: ${HOW}`).toBe(true);
    dir = mkdtempSync(join(tmpdir(), "leix-jose-"));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  /** As a file, which is what the command takes. */
  function toFile(name: string, content: object | string | Uint8Array): string {
    const file = join(dir, name);
    const isText = typeof content === "string" || content instanceof Uint8Array;
    writeFileSync(file, isText ? content : JSON.stringify(content));
    return file;
  }

  function ask(...args: string[]): Buffer {
    return execFileSync("jose", args, { stdio: ["ignore", "pipe", "pipe"] });
  }

  const refuses = (...args: string[]): boolean => spawnSync("jose", args).status !== 0;

  describe("a JWS with ES256", () => {
    it("of ours verifies there, and what it verified is the claims", async () => {
      const { token } = await signJws(REQUEST, CLAIMS_TYP, toSigningKey(spoc));
      const key = toFile("public.jwk", spoc.registered.jwk);
      const payload = ask("jws", "ver", "-i", toFile("ours.jws", token), "-k", key, "-O", "-");
      expect(new Uint8Array(payload)).toEqual(new Uint8Array(encodeCanonicalBytes(REQUEST)));
    });

    it("of ours does not verify there once it was altered, nor under another key", async () => {
      const { token } = await signJws(REQUEST, CLAIMS_TYP, toSigningKey(spoc));
      const other = await signJws({ ...REQUEST, seq: 2 }, CLAIMS_TYP, toSigningKey(spoc));
      const [header, , signature] = token.split(".");
      const altered = toFile("altered.jws", [header, other.token.split(".")[1], signature].join("."));
      const key = toFile("public.jwk", spoc.registered.jwk);
      const foreign = toFile("foreign.jwk", createEs256("another").registered.jwk);
      expect(refuses("jws", "ver", "-i", altered, "-k", key)).toBe(true);
      expect(refuses("jws", "ver", "-i", toFile("ours.jws", token), "-k", foreign)).toBe(true);
      expect(refuses("jws", "ver", "-i", toFile("ours.jws", token), "-k", key)).toBe(false);
    });

    it("of theirs is a message to us: the very header, the claims, the signature", async () => {
      const token = sign({ alg: "ES256", kid: spoc.registered.kid, typ: CLAIMS_TYP });
      const jws = parseJws(token, CLAIMS_TYP, BYTES_MAX);
      await verifyJws(jws, spoc.registered);
      expect(Claims.parse(jws.payload)).toEqual(REQUEST);
      const ours = await signJws(REQUEST, CLAIMS_TYP, toSigningKey(spoc));
      expect(jws.digest).toBe(ours.digest);
    });

    it("of theirs is refused with a header of another form, or under another key", async () => {
      const { kid } = spoc.registered;
      const read = (header: object) =>
        codeOfAsync(async () =>
          verifyJws(parseJws(sign(header), CLAIMS_TYP, BYTES_MAX), createEs256("another").registered),
        );
      expect(await read({ alg: "ES256", kid, typ: CLAIMS_TYP, jwk: spoc.registered.jwk })).toBe("jws/header");
      expect(await read({ alg: "ES256", kid, typ: "JWT" })).toBe("jws/type");
      expect(await read({ alg: "ES256", kid, typ: CLAIMS_TYP })).toBe("jws/key-unknown");
      const { registered } = createEs256("another");
      const claimed = { alg: "ES256", kid: registered.kid, typ: CLAIMS_TYP };
      expect(await read(claimed)).toBe("jws/signature-invalid");
    });

    /** Signs the claims of the example with the example's key, whatever the header says. */
    function sign(header: object): string {
      const template = JSON.stringify({ protected: header });
      const payload = toFile("claims.json", encodeCanonicalBytes(REQUEST));
      // José takes only what the key itself permits.
      const key = toFile("private.jwk", { ...spoc.privateJwk, alg: "ES256" });
      return ask("jws", "sig", "-c", "-I", payload, "-s", template, "-k", key).toString().trim();
    }
  });

  describe("a JWE with ECDH-ES+A256KW and A256GCM", () => {
    const toReader = ({ registered, privateJwk }: EncryptionPair) => ({
      kid: registered.kid,
      jwk: privateJwk,
    });
    const PLAINTEXT = new Uint8Array([...SALT, ...TEXT]);

    it("of ours decrypts there, for every reader", async () => {
      const { body } = await encryptBody(
        TEXT,
        READERS.map(({ registered }) => registered),
        SALT,
      );
      const file = toFile("ours.jwe", body);
      for (const { privateJwk } of READERS) {
        const plaintext = ask("jwe", "dec", "-i", file, "-k", toFile("reader.jwk", privateJwk));
        expect(new Uint8Array(plaintext)).toEqual(PLAINTEXT);
      }
      const outsider = toFile("outsider.jwk", createP256Encryption("an outsider").privateJwk);
      expect(refuses("jwe", "dec", "-i", file, "-k", outsider)).toBe(true);
    });

    it("of ours does not decrypt there once it was altered", async () => {
      const { body } = await encryptBody(TEXT, [fiuEnc.registered], SALT);
      const key = toFile("reader.jwk", fiuEnc.privateJwk);
      const altered = toFile("altered.jwe", { ...body, tag: `${body.tag.slice(0, -2)}AA` });
      expect(refuses("jwe", "dec", "-i", altered, "-k", key)).toBe(true);
      expect(refuses("jwe", "dec", "-i", toFile("ours.jwe", body), "-k", key)).toBe(false);
    });

    it("of theirs is a body to us, which each reader opens", async () => {
      const body = Body.parse(JSON.parse(encrypt(READERS)));
      const binding = toBinding(body);
      verifyBinding(body, binding);
      for (const reader of READERS) {
        expect(await decryptBody(body, binding, [toReader(reader)])).toEqual(TEXT);
      }
      const other = { ...binding, commitment: toDigest("another text") };
      expect(await codeOfAsync(() => decryptBody(body, other, [toReader(fiuEnc)]))).toBe("body/commitment");
    });

    it("of theirs for one reader needs its entry put into a list (RFC 7516 section 7.2.1)", async () => {
      // José writes the flattened form of section 7.2.2 for a lone recipient.
      const { header, encrypted_key, ...shared } = JSON.parse(encrypt([fiuEnc]));
      expect(Body.safeParse({ header, encrypted_key, ...shared }).success).toBe(false);
      const body = Body.parse({ ...shared, recipients: [{ header, encrypted_key }] });
      expect(await decryptBody(body, toBinding(body), [toReader(fiuEnc)])).toEqual(TEXT);
    });

    function encrypt(readers: readonly EncryptionPair[]): string {
      const shared = JSON.stringify({ protected: { enc: "A256GCM", typ: "leix-body+jwe" } });
      const recipients = readers.flatMap(({ registered: { alg, kid, jwk } }, n) => [
        ...["-r", JSON.stringify({ header: { alg, kid } })],
        ...["-k", toFile(`reader-${n}.jwk`, jwk)],
      ]);
      return ask("jwe", "enc", "-i", shared, "-I", toFile("plaintext", PLAINTEXT), ...recipients).toString();
    }

    function toBinding(body: Body) {
      return {
        digest: toBodyDigest(body),
        commitment: toDigest(PLAINTEXT),
        bytes: PLAINTEXT.byteLength,
        recipients: body.recipients.map((entry) => entry.header.kid).toSorted(),
      };
    }
  });

  it("gives every key on P-256 the same thumbprint (RFC 7638)", () => {
    // José knows no OKP keys (RFC 8037).
    const keys = Object.values(KEYS).filter(({ registered }) => registered.jwk.kty === "EC");
    for (const { registered } of keys) {
      const file = toFile("key.jwk", registered.jwk);
      expect(ask("jwk", "thp", "-a", "S256", "-i", file).toString()).toBe(registered.kid);
    }
    expect(keys.length).toBeGreaterThan(3);
  });
});
