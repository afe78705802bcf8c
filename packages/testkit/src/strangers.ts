import { createNkey, toAccountId } from "@leix/broker";
import { type AccountId, limits } from "@leix/protocol";

/** Accounts of nobody's, one for each of so many inputs: none of them sends so many that it floods. */
export function listStrangers(count: number): AccountId[] {
  const accounts: AccountId[] = [];
  let account = toAccountId(createNkey("account"));
  for (let i = 0; i < count; i++) {
    if (i > 0 && i % limits.REJECTIONS_PER_MINUTE_MAX === 0) account = toAccountId(createNkey("account"));
    accounts.push(account);
  }
  return accounts;
}
