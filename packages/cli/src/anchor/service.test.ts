import type { State } from "@leix/exchange";
import { KeyId, LeixError, type PartyId } from "@leix/protocol";
import { expect, test } from "vitest";
import { refuseLastKey } from "./service.ts";

const NOW_MS = 1_800_000_000_000;
const toKid = (last: string) => KeyId.parse(`${"A".repeat(42)}${last}`);
const [old, next, ended, foreign] = [toKid("A"), toKid("E"), toKid("I"), toKid("M")];
const own = (kid: KeyId, withdrawn = false, party = "policy", exp = NOW_MS / 1_000 + 1) =>
  [kid, { party: party as PartyId, key: { kid, nbf: 0, exp }, withdrawn }] as const;

const codeOf = (keys: readonly (readonly [KeyId, object])[], withdrawn: readonly KeyId[]) => {
  try {
    refuseLastKey("policy", { keys: new Map(keys) } as unknown as Pick<State, "keys">, withdrawn, NOW_MS);
    return undefined;
  } catch (error) {
    return error instanceof LeixError ? error.code : error;
  }
};

test("the only key that a service can sign with is not withdrawn", () => {
  const others = [
    own(foreign, false, "ledger"),
    own(next, true),
    own(ended, false, "policy", NOW_MS / 1_000),
  ];
  expect(codeOf([own(old), ...others], [old])).toBe("statement/no-keys");
  expect(codeOf([own(old), own(next)], [old, next])).toBe("statement/no-keys");
  expect(codeOf([own(old), ...others], [ended])).toBeUndefined();
  expect(codeOf([own(old), own(next)], [old])).toBeUndefined();
  expect(codeOf([own(old)], [])).toBeUndefined();
});
