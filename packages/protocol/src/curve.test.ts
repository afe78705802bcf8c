import { createHash } from "node:crypto";
import { importJWK } from "jose";
import { describe, expect, it } from "vitest";
import { createEd25519, createEs256, createP256Encryption, createX25519Encryption } from "../vectors/keys.ts";
import { isUsablePoint } from "./curve.ts";

const fromHex = (hex: string) => Buffer.from(hex.padEnd(64, "0"), "hex").toString("base64url");
const fromInteger = (value: bigint) =>
  Buffer.from(value.toString(16).padStart(64, "0"), "hex").toString("base64url");
const P256 = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;

const toEc = (x: string, y: string) => ({ kty: "EC", crv: "P-256", x, y }) as const;
const toEd = (x: string) => ({ kty: "OKP", crv: "Ed25519", x }) as const;
const toX = (x: string) => ({ kty: "OKP", crv: "X25519", x }) as const;

describe("isUsablePoint", () => {
  it("takes every key that was made as keys are", () => {
    for (let i = 0; i < 20; i++) {
      for (const create of [createEs256, createEd25519, createP256Encryption, createX25519Encryption]) {
        expect(isUsablePoint(create(`key ${i}`).registered.jwk)).toBe(true);
      }
    }
  });

  it("takes the examples of RFC 7517 (A.1), RFC 8037 (A.2, A.6)", () => {
    const ec = toEc(
      "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
      "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    );
    expect(isUsablePoint(ec)).toBe(true);
    expect(isUsablePoint(toEd("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"))).toBe(true);
    expect(isUsablePoint(toX("3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"))).toBe(true);
  });

  it("refuses a pair that is not on P-256, and coordinates that are not below its prime", () => {
    const { x, y } = toEc(fromInteger(5n), fromInteger(1n));
    expect(isUsablePoint(toEc(x, y))).toBe(false);
    expect(isUsablePoint(toEc(fromInteger(0n), fromInteger(0n)))).toBe(false);
    // x = 5 has a y on the curve; p + 5 is the same x in another spelling.
    const onCurve = toEc(
      fromInteger(5n),
      fromInteger(31468013646237722594854082025316614106172411895747863909393730389177298123724n),
    );
    expect(isUsablePoint(onCurve)).toBe(true);
    expect(isUsablePoint({ ...onCurve, x: fromInteger(P256 + 5n) })).toBe(false);
  });

  it("says of the points of P-256 what the platform says", async () => {
    const { jwk } = createEs256("one").registered;
    if (jwk.kty !== "EC") throw new Error("an ES256 key is an EC key");
    let refused = 0;
    for (let i = 0; i < 32; i++) {
      const y = Buffer.from(jwk.y, "base64url");
      y[i] = (y[i] ?? 0) ^ 1;
      const altered = { ...jwk, y: y.toString("base64url") };
      expect(isUsablePoint(altered)).toBe(false);
      await expect(importJWK(altered, "ES256")).rejects.toThrow();
      refused++;
    }
    expect(refused).toBe(32);
  });

  it("refuses about half of all texts as Ed25519 keys: they are no points", () => {
    const results = Array.from({ length: 64 }, (_, i) => {
      const y = createHash("sha256").update(`y ${i}`).digest();
      return isUsablePoint(toEd(y.toString("base64url")));
    });
    expect(results.filter((isPoint) => isPoint).length).toBeGreaterThan(16);
    expect(results.filter((isPoint) => !isPoint).length).toBeGreaterThan(16);
  });

  it.each([
    ["the identity", "01"],
    ["the identity with its sign set", `01${"00".repeat(30)}80`],
    ["order 2", `ec${"ff".repeat(30)}7f`],
    ["order 4", "00"],
    ["order 4, the other", `${"00".repeat(31)}80`],
    ["order 8, first", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"],
    ["order 8, second", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"],
    ["order 8, third", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"],
    ["order 8, fourth", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"],
    ["p, another spelling of 0", `ed${"ff".repeat(30)}7f`],
    ["p + 1, another spelling of 1", `ee${"ff".repeat(30)}7f`],
    ["p + 3, another spelling of a point", `f0${"ff".repeat(30)}7f`],
  ])("refuses the Ed25519 point of small order or other spelling: %s", (_, hex) => {
    expect(isUsablePoint(toEd(fromHex(hex)))).toBe(false);
  });

  it.each([
    ["0", "00"],
    ["1", "01"],
    ["order 8", "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"],
    ["order 8, the other", "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"],
    ["p - 1", `ec${"ff".repeat(30)}7f`],
    ["p", `ed${"ff".repeat(30)}7f`],
    ["p + 1", `ee${"ff".repeat(30)}7f`],
    ["9 with the top bit set, another spelling of 9", `09${"00".repeat(30)}80`],
  ])("refuses the X25519 point of small order or other spelling: %s", (_, hex) => {
    expect(isUsablePoint(toX(fromHex(hex)))).toBe(false);
  });

  it("refuses what is not base64url", () => {
    expect(isUsablePoint(toX("="))).toBe(false);
    expect(isUsablePoint(toEc("=", "="))).toBe(false);
    expect(isUsablePoint(toEc(fromInteger(5n), "="))).toBe(false);
  });
});
