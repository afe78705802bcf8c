import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  hasKey,
  isChainOf,
  listCertificateEnds,
  listHosts,
  parseCertificates,
  pickCertificate,
  toPeerName,
  toShareLeft,
  toSubordinateName,
} from "./certificate-chain.ts";
import {
  createCertificateAuthority,
  createClientCertificate,
  createServerCertificate,
  createSubordinateAuthority,
} from "./certificates.ts";

const from = new Date("2030-01-01T00:00:00Z");
const to = new Date("2030-01-11T00:00:00Z");
const authority = await createCertificateAuthority("LEIX-CA", { from, to: new Date("2031-01-01T00:00:00Z") });
const createUnder = (scope: string) =>
  createSubordinateAuthority(authority, { from, to, name: toSubordinateName(scope) });
const country = await createUnder("AL");
const DAY_MS = 86_400_000;

describe("listCertificateEnds", () => {
  it("has every certificate of a chain, and of how much of its life is left", async () => {
    const half = new Date(from.getTime() + 5 * DAY_MS);
    const { certificate } = await createClientCertificate(country, { from, to: half, name: "AL-SPOC" });
    expect(listCertificateEnds(certificate)).toEqual([
      { name: "AL-SPOC", isAuthority: false, from: from.getTime(), to: half.getTime() },
      { name: "LEIX-CA-AL", isAuthority: true, from: from.getTime(), to: to.getTime() },
    ]);
    expect(toShareLeft(certificate, from.getTime())).toBe(1);
    expect(toShareLeft(certificate, from.getTime() + 4 * DAY_MS)).toBeCloseTo(0.2);
    expect(toShareLeft(certificate, from.getTime() + 7 * DAY_MS)).toBe(0);
  });

  it("refuses what is none", () => {
    for (const text of [
      "",
      "no certificate",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ]) {
      expect(() => parseCertificates(text)).toThrowError(expect.objectContaining({ code: "config/invalid" }));
    }
    const many = authority.certificate.repeat(5);
    expect(() => parseCertificates(many)).toThrowError(expect.objectContaining({ code: "config/invalid" }));
  });
});

describe("listHosts", () => {
  it("has the names and addresses, as they were given", async () => {
    const hosts = ["broker.example", "127.0.0.1", "::1"];
    const options = { from, to, name: "broker", hosts };
    const { certificate } = await createServerCertificate(authority, options);
    const again = await createServerCertificate(authority, { ...options, hosts: listHosts(certificate) });
    expect(listHosts(again.certificate)).toEqual(listHosts(certificate));
    expect(new X509Certificate(again.certificate).checkIP("::1")).toBe("::1");
    expect(listHosts(certificate).slice(0, 2)).toEqual(hosts.slice(0, 2));
  });
});

describe("a key's file with its own certificate", () => {
  it("goes before the file beside it", async () => {
    const old = await createClientCertificate(authority, { from, to, name: "AL-SPOC" });
    const renewed = await createClientCertificate(country, { from, to, name: "AL-SPOC" });
    expect(pickCertificate(old.key, old.certificate)).toBe(old.certificate);
    const both = renewed.key + renewed.certificate;
    expect(pickCertificate(both, old.certificate)).toBe(renewed.certificate);
    expect(hasKey(pickCertificate(both, old.certificate), both)).toBe(true);
    expect(hasKey(old.certificate, both)).toBe(false);
  });
});

describe("isChainOf", () => {
  it("is not one with a link missing, or of another authority", async () => {
    const { certificate } = await createClientCertificate(country, { from, to, name: "AL-SPOC" });
    expect(isChainOf(certificate, authority.certificate)).toBe(true);
    const [alone = ""] = certificate.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/) ?? [];
    expect(isChainOf(alone, authority.certificate)).toBe(false);
    const other = await createCertificateAuthority("LEIX-CA", { from, to });
    expect(isChainOf(certificate, other.certificate)).toBe(false);
  });
});

describe("toPeerName", () => {
  const name = async (issuer: typeof authority, subject: string) => {
    const { certificate } = await createClientCertificate(issuer, { from, to, name: subject });
    return toPeerName(new X509Certificate(certificate));
  };

  it("lets the network's authority name anyone", async () => {
    expect(await name(authority, "auditor")).toBe("auditor");
    expect(await name(authority, "AL-SPOC")).toBe("AL-SPOC");
  });

  it("lets a country's authority name its own country and its agencies, and nobody else", async () => {
    expect(await name(country, "AL-SPOC")).toBe("AL-SPOC");
    expect(await name(country, "AL")).toBe("AL");
    for (const foreign of ["RS-SPOC", "RS", "auditor", "policy", "anchor", "ALX", "LEIX-CA-AL"]) {
      expect(await name(country, foreign)).toBeUndefined();
    }
  });

  it("lets the registry's name members, and no service", async () => {
    const registry = await createUnder("registry");
    expect(await name(registry, "RS-SPOC")).toBe("RS-SPOC");
    expect(await name(registry, "anchor")).toBe("anchor");
    for (const service of ["auditor", "policy", "ledger", "registry", "LEIX-CA-AL"]) {
      expect(await name(registry, service)).toBeUndefined();
    }
  });
});
