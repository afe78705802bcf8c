import "reflect-metadata/lite";
import { webcrypto } from "node:crypto";
import { Pkcs10CertificateRequestGenerator } from "@peculiar/x509";
import { describe, expect, it } from "vitest";
import { toSubject } from "./certificate-keys.ts";
import { createCertificateRequest, verifyCertificateRequest } from "./certificate-request.ts";

const refused = { code: "certificate/request" };

describe("verifyCertificateRequest", () => {
  it("gives the key of whoever has it", async () => {
    const { request } = await createCertificateRequest("AL-SPOC");
    const key = await verifyCertificateRequest(request, "AL-SPOC");
    expect(key.algorithm).toMatchObject({ name: "ECDSA", namedCurve: "P-256" });
  });

  it("refuses a request for another party", async () => {
    const { request } = await createCertificateRequest("AL-SPOC");
    await expect(verifyCertificateRequest(request, "RS-SPOC")).rejects.toMatchObject(refused);
    await expect(verifyCertificateRequest(request, "AL-SPO")).rejects.toMatchObject(refused);
  });

  it("refuses every request of which a byte was changed after it was signed", async () => {
    const { request } = await createCertificateRequest("AL-SPOC");
    const der = Buffer.from(request.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
    // RFC 2986: two bytes of length, then what is signed, whose own length takes one byte here.
    const signed = { begin: 3, end: 6 + (der[5] ?? 0) };
    for (let i = signed.begin; i < signed.end; i++) {
      const altered = Buffer.from(der);
      altered[i] = (altered[i] ?? 0) ^ 1;
      await expect(verifyCertificateRequest(toPem(altered), "AL-SPOC"), `byte ${i}`).rejects.toMatchObject(
        refused,
      );
    }
    expect(signed.end).toBeGreaterThan(100);
  });

  it("refuses a key of another kind, two names, what is no request, and what is too long", async () => {
    const weak = await webcrypto.subtle.generateKey(
      {
        name: "RSASSA-PKCS1-v1_5",
        hash: "SHA-256",
        modulusLength: 2048,
        publicExponent: Uint8Array.of(1, 0, 1),
      },
      true,
      ["sign", "verify"],
    );
    const curve = { name: "ECDSA", namedCurve: "P-384", hash: "SHA-256" };
    const other = await webcrypto.subtle.generateKey(curve, true, ["sign", "verify"]);
    const { publicKey, privateKey } = await webcrypto.subtle.generateKey(
      { ...curve, namedCurve: "P-256" },
      true,
      ["sign", "verify"],
    );
    const two = [...toSubject("AL-SPOC"), { CN: ["auditor"] }];
    const requests = [
      await createRequest(toSubject("AL-SPOC"), weak, weak.publicKey.algorithm),
      await createRequest(toSubject("AL-SPOC"), other, curve),
      await createRequest(two, { publicKey, privateKey }, { ...curve, namedCurve: "P-256" }),
      "no request",
      `${(await createCertificateRequest("AL-SPOC")).request}${" ".repeat(4_000)}`,
    ];
    for (const request of requests) {
      await expect(verifyCertificateRequest(request, "AL-SPOC")).rejects.toMatchObject(refused);
    }
  });

  it("makes no request in a name that could be read as more than a name", async () => {
    await expect(createCertificateRequest("a,CN=b")).rejects.toMatchObject({ code: "input/schema" });
  });
});

async function createRequest(
  name: Record<string, string[]>[],
  keys: webcrypto.CryptoKeyPair,
  signingAlgorithm: object,
): Promise<string> {
  const made = await Pkcs10CertificateRequestGenerator.create(
    { name, keys, signingAlgorithm: signingAlgorithm as never },
    webcrypto as Crypto,
  );
  return made.toString("pem");
}

function toPem(der: Buffer): string {
  const label = "CERTIFICATE REQUEST";
  return `-----BEGIN ${label}-----\n${der.toString("base64")}\n-----END ${label}-----\n`;
}
