import {
  type connectBroker,
  ensureClockConsumer,
  ensurePartyConsumers,
  followLedger,
  ledgerHead,
  lookupAccount,
  pushAccount,
} from "@leix/broker";
import type { Accounts, Ledger } from "./ports.ts";

type Connection = Awaited<ReturnType<typeof connectBroker>>;

/** LEDGER as the port. Record `n` has sequence `n + 1`, so the count is the last sequence. */
export function createNatsLedger(registry: Connection): Ledger {
  return {
    count: () => ledgerHead(registry),
    async *follow(signal) {
      for await (const message of followLedger(registry, 1, signal)) yield message.data;
    },
  };
}

/**
 * `registry` is a user of BROKER and makes consumers; `pusher` a user of SYS and tells the server of
 * accounts.
 */
export function createNatsAccounts(registry: Connection, pusher: Connection): Accounts {
  return {
    ensureConsumers: (account) => ensurePartyConsumers(registry, account),
    ensureClockConsumer: (account) => ensureClockConsumer(registry, account),
    lookup: (account) => lookupAccount(pusher, account),
    push: (jwt) => pushAccount(pusher, jwt),
  };
}
