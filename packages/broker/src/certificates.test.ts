import "reflect-metadata/lite";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { BasicConstraintsExtension, X509Certificate as PeculiarCertificate } from "@peculiar/x509";
import { describe, expect, it } from "vitest";
import { hasKey, isChainOf, parseCertificates } from "./certificate-chain.ts";
import { createCertificateRequest } from "./certificate-request.ts";
import {
  createCertificateAuthority,
  createClientCertificate,
  createServerCertificate,
  createSubordinateAuthority,
  issueClientCertificate,
  renewCertificateAuthority,
  renewSubordinateAuthority,
} from "./certificates.ts";

const validity = { from: new Date("2030-01-01T00:00:00Z"), to: new Date("2031-01-01T00:00:00Z") };
const authority = await createCertificateAuthority("leix-ca", validity);
const ca = new X509Certificate(authority.certificate);

describe("certificates", () => {
  it("has an authority that may sign certificates", () => {
    expect(ca.ca).toBe(true);
    expect(ca.verify(ca.publicKey)).toBe(true);
    expect(ca.checkPrivateKey(createPrivateKey(authority.key))).toBe(true);
    expect(ca.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: "prime256v1" });
  });

  it("makes a server certificate for names and addresses, and for nothing else", async () => {
    const hosts = ["broker.example", "10.0.0.1", "::1"];
    const made = await createServerCertificate(authority, { ...validity, name: "server", hosts });
    const server = new X509Certificate(made.certificate);
    expect(server.checkIssued(ca) && server.verify(ca.publicKey)).toBe(true);
    expect(server.ca).toBe(false);
    expect(server.checkPrivateKey(createPrivateKey(made.key))).toBe(true);
    expect(server.checkHost("broker.example")).toBe("broker.example");
    expect(server.checkHost("other.example")).toBeUndefined();
    expect(server.checkIP("10.0.0.1")).toBe("10.0.0.1");
    expect(server.checkIP("::1")).toBe("::1");
    expect(server.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
  });

  it("makes a client certificate that is no server's", async () => {
    const made = await createClientCertificate(authority, { ...validity, name: "AL-SPOC" });
    const client = new X509Certificate(made.certificate);
    expect(client.verify(ca.publicKey)).toBe(true);
    expect(client.subject).toBe("O=LEIX\nCN=AL-SPOC");
    expect(client.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect([client.validFromDate, client.validToDate]).toEqual([validity.from, validity.to]);
  });

  it("never gives two certificates one serial number", async () => {
    const made = await Promise.all(
      [1, 2].map(() => createClientCertificate(authority, { ...validity, name: "c" })),
    );
    const serials = made.map(({ certificate }) => new X509Certificate(certificate).serialNumber);
    expect(new Set(serials).size).toBe(2);
  });

  it("refuses a name that could be read as more than a name", async () => {
    const making = createClientCertificate(authority, { ...validity, name: "a,CN=b" });
    await expect(making).rejects.toMatchObject({ code: "input/schema" });
  });
});

describe("a subordinate authority", () => {
  it("is the network authority's, for clients only, and may not make another", async () => {
    const made = await createSubordinateAuthority(authority, { ...validity, name: "LEIX-CA-AL" });
    const subordinate = new X509Certificate(made.certificate);
    expect(subordinate.ca).toBe(true);
    expect(subordinate.checkIssued(ca) && subordinate.verify(ca.publicKey)).toBe(true);
    expect(subordinate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect(pathLengthOf(made.certificate)).toBe(0);
    expect(pathLengthOf(authority.certificate)).toBe(1);
  });

  it("gives out its own certificate below each that it signs, and nothing that outlives it", async () => {
    const end = new Date("2030-06-01T00:00:00Z");
    const options = { from: validity.from, to: end, name: "LEIX-CA-AL" };
    const subordinate = await createSubordinateAuthority(authority, options);
    const made = await createClientCertificate(subordinate, { ...validity, name: "AL-SPOC" });
    expect(parseCertificates(made.certificate).map(({ subject }) => subject)).toEqual([
      "O=LEIX\nCN=AL-SPOC",
      "O=LEIX\nCN=LEIX-CA-AL",
    ]);
    expect(isChainOf(made.certificate, authority.certificate)).toBe(true);
    expect(new X509Certificate(made.certificate).validToDate).toEqual(end);
  });
});

describe("renewSubordinateAuthority", () => {
  it("is the same authority, whose key was not needed", async () => {
    const made = await createSubordinateAuthority(authority, { ...validity, name: "LEIX-CA-AL" });
    const old = await createClientCertificate(made, { ...validity, name: "AL-SPOC" });
    const later = { from: new Date("2030-06-01T00:00:00Z"), to: new Date("2030-12-01T00:00:00Z") };
    const renewed = await renewSubordinateAuthority(authority, made.certificate, later);
    expect(new X509Certificate(renewed).validToDate).toEqual(later.to);
    expect(hasKey(renewed, made.key)).toBe(true);
    const [own = ""] = old.certificate.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/) ?? [];
    expect(isChainOf(own + renewed, authority.certificate)).toBe(true);
  });

  it("is not done for another network's, nor for a client", async () => {
    const other = await createCertificateAuthority("leix-ca", validity);
    const foreign = await createSubordinateAuthority(other, { ...validity, name: "LEIX-CA-AL" });
    const client = await createClientCertificate(authority, { ...validity, name: "AL-SPOC" });
    for (const { certificate } of [foreign, client]) {
      await expect(renewSubordinateAuthority(authority, certificate, validity)).rejects.toMatchObject({
        code: "certificate/unusable",
      });
    }
  });
});

describe("issueClientCertificate", () => {
  it("certifies a key that never left the asker's machine", async () => {
    const { request, key } = await createCertificateRequest("AL-SPOC");
    const subordinate = await createSubordinateAuthority(authority, { ...validity, name: "LEIX-CA-AL" });
    const chain = await issueClientCertificate(subordinate, request, { ...validity, name: "AL-SPOC" });
    expect(hasKey(chain, key)).toBe(true);
    expect(isChainOf(chain, authority.certificate)).toBe(true);
    expect(new X509Certificate(chain).subject).toBe("O=LEIX\nCN=AL-SPOC");
    expect(new X509Certificate(chain).ca).toBe(false);
    expect(new X509Certificate(chain).keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
  });
});

describe("renewCertificateAuthority", () => {
  it("is the same authority: what it has signed before is of it", async () => {
    const later = { from: new Date("2030-12-01T00:00:00Z"), to: new Date("2036-01-01T00:00:00Z") };
    const renewed = await renewCertificateAuthority(authority, "leix-ca", later);
    const old = await createClientCertificate(authority, { ...validity, name: "AL-SPOC" });
    expect(new X509Certificate(renewed.certificate).validToDate).toEqual(later.to);
    expect(isChainOf(old.certificate, renewed.certificate)).toBe(true);
  });
});

function pathLengthOf(pem: string): number | undefined {
  return new PeculiarCertificate(pem).getExtension(BasicConstraintsExtension)?.pathLength;
}
