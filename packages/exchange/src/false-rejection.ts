import type { AccountId, ErrorCode } from "@leix/protocol";
import type { State } from "./state.ts";

/** The areas of the codes with which an input can be rejected; beside them the engine's own failure. */
const REJECTING = ["input", "jws", "key", "identity", "claims", "body", "message", "statement"];

/**
 * Why nothing of this account can be rejected with this code now; undefined where it can. That the input was
 * as good as its sender says, only the sender can show.
 */
export function findFalsehood(state: State, account: AccountId, code: ErrorCode): string | undefined {
  if (!isRejecting(code)) return `no input is rejected with ${code}`;
  const isUnknown = !state.accounts.has(account) && account !== state.clockAccount;
  if (isUnknown !== (code === "identity/account-unknown")) {
    return `rejected with ${code}, but the account is ${isUnknown ? "not " : ""}known`;
  }
  return code === "message/no-policy-set" && state.policySet ? "a policy set is in force" : undefined;
}

function isRejecting(code: ErrorCode): boolean {
  return code === "decision/engine" || REJECTING.includes(code.slice(0, code.indexOf("/")));
}
