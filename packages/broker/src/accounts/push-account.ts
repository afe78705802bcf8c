import { type AccountId, LeixError } from "@leix/protocol";
import { decode } from "@nats-io/jwt";
import type { NatsConnection } from "@nats-io/transport-node";
import { toRequestError } from "../broker-error.ts";

const PUSH_TIMEOUT_MS = 5_000;

/**
 * Gives the server an account's JWT. On return the server has it on disk and has applied it: live connections
 * of an account that is barred are ended within seconds. The connection must be one of the SYS role `pusher`.
 * The last push wins, whatever its age: push in the order of the ledger. The server takes a JWT of an
 * operator that it does not know, too, and then admits nobody to the account. Throws broker/refused when the
 * server declines it or has another one afterwards, and broker/no-answer when it does not answer: the caller
 * repeats.
 */
export async function pushAccount(nc: NatsConnection, jwt: string): Promise<void> {
  const answer = await request(nc, "$SYS.REQ.CLAIMS.UPDATE", jwt);
  const { error } = JSON.parse(answer) as { error?: { code?: number; description?: string } };
  const account = decode(jwt).sub as AccountId;
  if (error !== undefined) {
    throw new LeixError("broker/refused", `account ${account}: ${error.code} ${error.description}`);
  }
  if ((await lookupAccount(nc, account)) !== jwt) {
    throw new LeixError("broker/refused", `account ${account}: the server has another JWT`);
  }
}

/** The JWT the server has for an account; null when it has none. */
export async function lookupAccount(nc: NatsConnection, account: AccountId): Promise<string | null> {
  const answer = await request(nc, `$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`, "");
  return answer === "" ? null : answer;
}

async function request(nc: NatsConnection, subject: string, data: string): Promise<string> {
  try {
    return (await nc.request(subject, data, { timeout: PUSH_TIMEOUT_MS })).string();
  } catch (cause) {
    throw toRequestError(subject, cause);
  }
}
