import { X509Certificate } from "node:crypto";
import {
  createCertificateAuthority,
  createCertificateRequest,
  createSubordinateAuthority,
  hasKey,
  isChainOf,
  toPeerName,
} from "@leix/broker";
import { decodeUtf8, encodeCanonicalBytes, encodeUtf8, PartyId } from "@leix/protocol";
import { describe, expect, it } from "vitest";
import { certify, parseCertificateQuestion } from "./certify.ts";

const DAY_MS = 86_400_000;
const now = new Date("2030-01-01T00:00:00Z");
const life = { from: new Date(now.getTime() - DAY_MS), to: new Date(now.getTime() + 1_000 * DAY_MS) };
const root = await createCertificateAuthority("LEIX-CA", life);
const authority = await createSubordinateAuthority(root, { ...life, name: "LEIX-CA-registry" });
const issuer = { authority, ca: root.certificate };
const party = PartyId.parse("AL-SPOC");

describe("certify", () => {
  it("gives a certificate for the key that was asked for, under the asker's name", async () => {
    const { request, key } = await createCertificateRequest("AL-SPOC");
    const question = encodeCanonicalBytes({ certificateRequest: request });
    const parsed = parseCertificateQuestion(question) ?? "";
    const { certificate, ca } = JSON.parse(decodeUtf8(await certify(party, parsed, issuer, now)));
    expect(ca).toBe(root.certificate);
    expect(hasKey(certificate, key) && isChainOf(certificate, ca)).toBe(true);
    expect(toPeerName(new X509Certificate(certificate))).toBe("AL-SPOC");
    const days = (new X509Certificate(certificate).validToDate.getTime() - now.getTime()) / DAY_MS;
    expect(days).toBe(90);
  });

  it("gives nobody a certificate in another's name", async () => {
    const { request } = await createCertificateRequest("RS-SPOC");
    await expect(certify(party, request, issuer, now)).rejects.toMatchObject({ code: "certificate/request" });
  });

  it("gives nothing when its own authority has ended", async () => {
    const { request } = await createCertificateRequest("AL-SPOC");
    const later = new Date(now.getTime() + 1_001 * DAY_MS);
    await expect(certify(party, request, issuer, later)).rejects.toMatchObject({ code: "broker/expired" });
  });
});

describe("parseCertificateQuestion", () => {
  it.each(['{"after":-1}', "", "{", '{"certificateRequest":1}', '{"certificateRequest":"","x":1}'])(
    "leaves %s to others",
    (text) => {
      expect(parseCertificateQuestion(encodeUtf8(text))).toBeUndefined();
    },
  );

  it("leaves what is too long to others, who refuse it", () => {
    const question = encodeCanonicalBytes({ certificateRequest: "x".repeat(5_000) });
    expect(parseCertificateQuestion(question)).toBeUndefined();
  });
});
