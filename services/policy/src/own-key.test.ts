import { createState, type State } from "@leix/exchange";
import { AccountId, ExchangeId, KeyId, type RegisteredKey } from "@leix/protocol";
import { findErrorCode } from "@leix/runtime";
import { beforeEach, expect, test } from "vitest";
import { findKeyProblem } from "./own-key.ts";

const NOW = 1_800_000_000;
const own = KeyId.parse("A".repeat(43));
const other = KeyId.parse(`${"A".repeat(42)}E`);

let state: State;
beforeEach(() => {
  const aud = ExchangeId.parse("test.example");
  state = createState({ aud, anchorKey: other, anchorAccount: AccountId.parse(`A${"D".repeat(55)}`) });
});

const register = (kid: KeyId, withdrawn: boolean, party: "policy" | "ledger" = "policy") => {
  const key = { kid, use: "sig", nbf: NOW - 10, exp: NOW + 10 } as RegisteredKey;
  state.keys.set(kid, { party, key, withdrawn });
  state.head = { ...state.head, index: state.head.index + 1 };
};
const codeOf = (at = NOW) => {
  const problem = findKeyProblem(state, own, at);
  return problem === undefined ? undefined : findErrorCode(problem);
};

test("a key is fine from the anchor's statement on, until it ends or is withdrawn", () => {
  expect(codeOf()).toBeUndefined();
  register(own, false);
  expect([codeOf(), codeOf(NOW + 10), codeOf(NOW - 11)]).toEqual([
    undefined,
    "jws/key-not-valid",
    "jws/key-not-valid",
  ]);
  register(other, false);
  expect(codeOf()).toBeUndefined();
  register(own, true);
  expect(codeOf()).toBe("jws/key-unknown");
});

test("a key that is another's, or nobody's, is not fine", () => {
  register(other, false);
  expect(codeOf()).toBe("jws/key-unknown");
  register(own, false, "ledger");
  expect(codeOf()).toBe("jws/key-unknown");
});
