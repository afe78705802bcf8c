import { errors } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import type { AccessTexts } from "./access-texts.ts";
import { createNkey, toAccountId } from "./accounts/nkeys.ts";
import { createCredentials } from "./accounts/user-jwt.ts";
import {
  createCertificateAuthority,
  createClientCertificate,
  createSubordinateAuthority,
} from "./certificates.ts";
import { findRefusal, toConnectError, toUnreachable } from "./connect-error.ts";

function withCode(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}

describe("toUnreachable", () => {
  it.each([
    [
      new errors.ConnectionError("connection refused", { cause: withCode("connect", "ECONNREFUSED") }),
      "nothing listens",
    ],
    [withCode("getaddrinfo ENOTFOUND x", "ENOTFOUND"), "no address"],
    [new errors.TimeoutError(), "no answer"],
    [withCode("Hostname/IP does not match", "ERR_TLS_CERT_ALTNAME_INVALID"), "another host name"],
    [withCode("unable to verify", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"), "not of the given CA"],
    [withCode("wrong version number", "ERR_SSL_WRONG_VERSION_NUMBER"), "does not speak TLS first"],
    [withCode("tlsv1 alert unknown ca", "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"), "client certificate is refused"],
    [
      withCode("alert certificate expired", "ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED"),
      "client certificate has ended by the server's clock",
    ],
    [new errors.AuthorizationError("User Authentication Expired"), "credentials have ended by the server's"],
    [new errors.AuthorizationError("Authorization Violation"), "credentials are refused"],
    [new Error("something new"), "not recognised"],
  ])("names the likely cause of %s", (cause, means) => {
    const error = toUnreachable(["broker.example:4222"], cause);
    expect(error.code).toBe("broker/unreachable");
    expect(error.detail).toContain("broker.example:4222");
    expect(error.detail).toContain(means);
    expect(error.cause).toBe(cause);
  });
});

describe("findRefusal", () => {
  it.each([
    [new errors.AuthorizationError("Authorization Violation"), "credentials"],
    [new Error("maximum account active connections exceeded"), "account"],
    [new errors.AuthorizationError("User Authentication Expired"), undefined],
    [withCode("connect", "ECONNREFUSED"), undefined],
  ])("of %s", (cause, refusal) => {
    expect(findRefusal(toUnreachable("broker.example:4222", cause))).toBe(refusal);
  });
});

const DAY_MS = 86_400_000;
const past = { from: new Date(Date.now() - 3 * DAY_MS), to: new Date(Date.now() - DAY_MS) };
const present = { from: past.from, to: new Date(Date.now() + DAY_MS) };
const ended = past.to.toISOString().slice(0, 10);

/** What a party shows, all of it valid. */
async function createTexts(name: string): Promise<AccessTexts> {
  const authority = await createCertificateAuthority("LEIX-CA", present);
  const client = await createClientCertificate(authority, { ...present, name });
  return { ca: authority.certificate, ...client, credentials: await toCredentials(name) };
}

function toCredentials(name: string, expiresAt?: number): Promise<string> {
  const signer = createNkey("account");
  return createCredentials({
    name,
    account: toAccountId(signer),
    signer,
    ...(expiresAt ? { expiresAt } : {}),
  });
}

describe("toConnectError", () => {
  const cause = withCode("read ECONNRESET", "ECONNRESET");
  const tell = async (texts: AccessTexts, why: unknown = cause) => {
    const { code, detail } = await toConnectError("broker.example:4222", texts, why);
    return [code, detail];
  };

  it("is about the connection where nothing has ended", async () => {
    expect((await tell(await createTexts("AL-SPOC")))[0]).toBe("broker/unreachable");
  });

  it("names a client certificate that has ended, with the way of a member and of a service", async () => {
    const authority = await createCertificateAuthority("LEIX-CA", present);
    const create = (name: string) => createClientCertificate(authority, { ...past, name });
    expect(await tell({ ...(await createTexts("AL-SPOC")), ...(await create("AL-SPOC")) })).toEqual([
      "broker/expired",
      `the client certificate of AL-SPOC ended on ${ended}; ` +
        "mend it with: leix certificate request --as AL-SPOC",
    ]);
    expect(await tell({ ...(await createTexts("policy")), ...(await create("policy")) })).toEqual([
      "broker/expired",
      `the client certificate of policy ended on ${ended}; mend it with: leix network renew`,
    ]);
  });

  it("names the subordinate authority whose certificate has ended", async () => {
    const authority = await createCertificateAuthority("LEIX-CA", present);
    const subordinate = await createSubordinateAuthority(authority, { ...past, name: "LEIX-CA-AL" });
    const own = await createClientCertificate(authority, { ...present, name: "AL-SPOC" });
    const texts = {
      ...(await createTexts("AL-SPOC")),
      certificate: own.certificate + subordinate.certificate,
    };
    expect(await tell(texts)).toEqual([
      "broker/expired",
      `the certificate to certify clients of LEIX-CA-AL ended on ${ended}; mend it with: leix network renew`,
    ]);
  });

  it("names the network's authority, and NATS credentials", async () => {
    const authority = await createCertificateAuthority("LEIX-CA", past);
    const texts = await createTexts("AL-SPOC");
    expect(await tell({ ...texts, ca: authority.certificate })).toEqual([
      "broker/expired",
      `the certificate of the network's authority of LEIX-CA ended on ${ended}; ` +
        "mend it with: leix network renew",
    ]);
    const credentials = await toCredentials("AL-SPOC", Math.floor(past.to.getTime() / 1_000));
    expect(await tell({ ...texts, credentials })).toEqual([
      "broker/expired",
      `the NATS credentials of AL-SPOC ended on ${ended}; ` +
        "mend it with: leix certificate renew --as AL-SPOC",
    ]);
  });

  it("names the server's certificate, which the operator renews", async () => {
    const why = withCode("certificate has expired", "CERT_HAS_EXPIRED");
    expect(await tell(await createTexts("AL-SPOC"), why)).toEqual([
      "broker/expired",
      "the server certificate of the broker at broker.example:4222 has ended; " +
        "its operator mends it with: leix network renew",
    ]);
  });
});
