import { createPrivateKey, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  createCertificateAuthority,
  createClientCertificate,
  createServerCertificate,
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
