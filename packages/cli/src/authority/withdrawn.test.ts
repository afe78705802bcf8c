import { createWorld, startTestLedger, toAccount } from "@leix/exchange/testkit";
import type { AgencyStatement } from "@leix/protocol";
import { expect, test } from "vitest";
import { withdrawFrom } from "./withdrawn.ts";

const { state } = await startTestLedger(createWorld());
const registered = state.parties.get("AL-SPOC" as never)?.statement as AgencyStatement;
const [old, next] = [toAccount("old signer"), toAccount("new signer")];
const statement = { ...registered, account: { ...registered.account, signers: [old, next] } };
const [signing] = statement.keys;

test("keys and signers end together with what proves them, and the rest stays", () => {
  if (!signing) throw new Error("no key");
  const left = withdrawFrom(statement, { kids: [signing.kid], signers: [old] });
  expect(left.keys.map(({ use }) => use)).toEqual(["enc"]);
  expect(left.account).toEqual({ id: statement.account.id, signers: [next] });
  expect(left.proofs).toHaveLength(statement.proofs.length - 1);
});

test("what is none of its keys is refused, and so is the last that signs its users", () => {
  const refuse = (withdrawal: Parameters<typeof withdrawFrom>[1], code: string) => {
    expect(() => withdrawFrom(statement, withdrawal)).toThrow(expect.objectContaining({ code }));
  };
  refuse({ kids: [], signers: [toAccount("stranger")] }, "statement/subject");
  refuse({ kids: ["A".repeat(43) as never], signers: [] }, "statement/subject");
  refuse({ kids: [], signers: [old, next] }, "statement/no-keys");
});
