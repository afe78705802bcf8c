import { errors } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { toUnreachable } from "./connect-error.ts";

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
    [withCode("certificate has expired", "CERT_HAS_EXPIRED"), "server's certificate has expired"],
    [withCode("Hostname/IP does not match", "ERR_TLS_CERT_ALTNAME_INVALID"), "another host name"],
    [withCode("unable to verify", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"), "not of the given CA"],
    [withCode("wrong version number", "ERR_SSL_WRONG_VERSION_NUMBER"), "does not speak TLS first"],
    [withCode("tlsv1 alert unknown ca", "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"), "client certificate is refused"],
    [
      withCode("alert certificate expired", "ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED"),
      "client certificate",
    ],
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
