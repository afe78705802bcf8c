import type { AgencyStatement, KeyId, RegisteredKey } from "@leix/protocol";
import { expect, test } from "vitest";
import { explainStanding } from "./standing.ts";

const OWN = "own" as KeyId;
const toKey = (kid: string, nbf: number, exp: number, use = "cosign") =>
  ({ kid, nbf, exp, use }) as RegisteredKey;
const toStatement = (status: string, ...keys: readonly RegisteredKey[]) =>
  ({ status, keys }) as unknown as AgencyStatement;

test.each([
  ["no agency of the ledger", undefined, "identity/party-not-active"],
  [
    "an agency that is suspended",
    toStatement("suspended", toKey("own", 0, 100)),
    "identity/party-not-active",
  ],
  ["a key that is not registered", toStatement("active", toKey("other", 0, 100)), "jws/key-unknown"],
  ["a key that is registered to sign", toStatement("active", toKey("own", 0, 100, "sig")), "jws/key-unknown"],
  ["a key that has expired", toStatement("active", toKey("own", 0, 50)), "jws/key-not-valid"],
  ["a key whose time has not begun", toStatement("active", toKey("own", 51, 100)), "jws/key-not-valid"],
  [
    "a key that a later one has replaced",
    toStatement("active", toKey("own", 0, 100), toKey("other", 40, 90)),
    "jws/key-not-valid",
  ],
  [
    "nothing that shows here",
    toStatement("active", toKey("own", 40, 100), toKey("other", 0, 100), toKey("next", 60, 100)),
    "ledger/cosignature-refused",
  ],
])("a cosignature is not taken because of %s", (_why, statement, code) => {
  expect(explainStanding(statement, OWN, 50)).toBe(code);
});
