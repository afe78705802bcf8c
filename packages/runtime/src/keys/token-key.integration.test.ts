import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type LeixError, parseJws, RegisteredKey, signJws, verifyJws } from "@leix/protocol";
import { createSoftToken, hasSoftToken, SOFT_TOKEN_HOW, type SoftToken } from "@leix/testkit";
import { createSigner, createVerifier, signNote } from "@leix/tlog";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadCosigningKey, loadSigningKey, PARTY_FILES } from "../party-folder.ts";
import { type TokenPlace, toTokenKeyText } from "./key-file.ts";
import { writeSecret } from "./secret-file.ts";
import { openTokenKey, readTokenKey } from "./token-key.ts";

const isRequired = Boolean(process.env.LEIX_REQUIRE_SOFTHSM);
const TYP = "leix-message+jwt";

describe.skipIf(hasSoftToken || isRequired)("a key in a PKCS#11 token (SoftHSM)", () => {
  it(`is not here: ${SOFT_TOKEN_HOW} (LEIX_REQUIRE_SOFTHSM makes it a failure)`, ({ skip }) => skip());
});

describe.runIf(hasSoftToken || isRequired)("a key in a PKCS#11 token (SoftHSM)", () => {
  let token: SoftToken;
  let places: Readonly<Record<"ES256" | "Ed25519", TokenPlace>>;
  beforeAll(async () => {
    expect(hasSoftToken, `LEIX_REQUIRE_SOFTHSM is set: ${SOFT_TOKEN_HOW}`).toBe(true);
    token = await createSoftToken("AL-SPOC");
    await token.createKey("EC:prime256v1", "01", "sign");
    await token.createKey("EC:edwards25519", "02", "cosign");
    await token.createKey("EC:secp384r1", "03", "another curve");
    await token.createKey("EC:prime256v1", "04", "another key");
    const common = { module: token.module, token: token.label, pinFile: token.pinFile };
    places = { ES256: { ...common, id: "01" }, Ed25519: { ...common, id: "02" } };
  });
  afterAll(() => token[Symbol.asyncDispose]());

  async function codeOf(change: Partial<TokenPlace>): Promise<unknown> {
    const key = await readTokenKey(places.ES256);
    return openTokenKey(key, { ...places.ES256, ...change }).then(
      () => "opened",
      (error: LeixError) => error.code,
    );
  }

  it.each(["ES256", "Ed25519"] as const)("signs with %s: the folder's file says where it is", async (alg) => {
    const found = await readTokenKey(places[alg]);
    expect(found.alg).toBe(alg);
    const folder = join(token.dir, alg);
    await mkdir(folder);
    await writeSecret(join(folder, PARTY_FILES.signing), toTokenKeyText(found, places[alg]));
    const key = await loadSigningKey(folder);
    const registered = { kid: key.kid, alg, use: "sig", nbf: 0, exp: 1, jwk: found.publicJwk };
    const jws = await Promise.all([1, 2, 3].map((n) => signJws({ n }, TYP, key)));
    for (const { token: signed, digest } of jws) {
      const parsed = parseJws(signed, TYP, 100);
      expect(parsed.digest).toBe(digest);
      await verifyJws(parsed, RegisteredKey.parse(registered));
    }
  });

  it("cosigns with Ed25519, and not with ES256", async () => {
    const folder = join(token.dir, "cosigning");
    await mkdir(folder);
    const file = join(folder, PARTY_FILES.cosigning);
    await writeSecret(file, toTokenKeyText(await readTokenKey(places.Ed25519), places.Ed25519));
    const key = await loadCosigningKey(folder);
    if (!key) throw new Error("no key");
    const signer = await createSigner("leix.example/witness", "ed25519", key);
    const { signature } = await signNote("a note\n", signer);
    const verifier = await createVerifier(signer.key);
    expect(await verifier.verify(new TextEncoder().encode("a note\n"), signature)).toBe(true);

    await rm(file);
    await writeSecret(file, toTokenKeyText(await readTokenKey(places.ES256), places.ES256));
    await expect(loadCosigningKey(folder)).rejects.toMatchObject({ code: "config/invalid" });
  });

  it("leaves no private part on the disk in the clear, and its PIN in no argument", async () => {
    const text = toTokenKeyText(await readTokenKey(places.ES256), places.ES256);
    expect(Object.keys(JSON.parse(text).jwk)).toEqual(["kty", "crv", "x", "y"]);
    const pin = (await readFile(token.pinFile, "utf8")).trim();
    expect(text).not.toContain(pin);
    const seen = join(token.dir, "seen");
    const tool = join(token.dir, "pkcs11-tool");
    await writeFile(tool, `#!/bin/sh\nprintf '%s\\n' "$@" > ${seen}\nexit 1\n`, { mode: 0o700 });
    const path = process.env.PATH;
    process.env.PATH = `${token.dir}:${path}`;
    try {
      await expect(readTokenKey(places.ES256)).rejects.toMatchObject({ code: "token/failed" });
    } finally {
      process.env.PATH = path;
      await rm(tool);
    }
    const words = (await readFile(seen, "utf8")).split("\n");
    expect(words).toContain("--pin");
    expect(words.filter((word) => word.includes(pin))).toEqual([]);
  });

  it("is refused under another key's name: token/key-mismatch", async () => {
    expect(await codeOf({})).toBe("opened");
    expect(await codeOf({ id: "04" })).toBe("token/key-mismatch");
  });

  it("says what is missing, and which of them", async () => {
    expect(await codeOf({ module: "/usr/lib/no-module.so" })).toBe("token/module-missing");
    expect(await codeOf({ token: "AL-CUSTOMS" })).toBe("token/missing");
    expect(await codeOf({ id: "09" })).toBe("token/key-missing");
    const path = process.env.PATH;
    process.env.PATH = token.dir;
    try {
      expect(await readTokenKey(places.ES256).catch((error: LeixError) => error)).toMatchObject({
        code: "token/module-missing",
        detail: expect.stringContaining("opensc"),
      });
    } finally {
      process.env.PATH = path;
    }
  });

  it("is refused a wrong PIN, and a PIN that others may read", async () => {
    const pinFile = join(token.dir, "other-pin");
    await writeFile(pinFile, "314159\n", { mode: 0o600 });
    expect(await codeOf({ pinFile })).toBe("token/pin-wrong");
    const path = process.env.PATH;
    process.env.PATH = token.dir;
    try {
      // Without the tool there is no attempt: the answer is what was noted of the last one.
      const again = readTokenKey({ ...places.ES256, pinFile });
      await expect(again).rejects.toMatchObject({ code: "token/pin-wrong" });
    } finally {
      process.env.PATH = path;
    }
    await writeFile(pinFile, await readFile(token.pinFile, "utf8"));
    expect(await codeOf({ pinFile })).toBe("opened");
    await chmod(token.pinFile, 0o640);
    try {
      await expect(readTokenKey(places.ES256)).rejects.toMatchObject({ code: "key/readable-by-others" });
    } finally {
      await chmod(token.pinFile, 0o600);
    }
  });

  it("is refused on a curve that this exchange does not know", async () => {
    await expect(readTokenKey({ ...places.ES256, id: "03" })).rejects.toMatchObject({ code: "token/failed" });
    expect(await readdir(join(token.dir, "tokens"))).toHaveLength(1);
  });
});
