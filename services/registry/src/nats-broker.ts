import {
  type connectBroker,
  ensureClockConsumer,
  ensurePartyConsumers,
  followLedger,
  lookupAccount,
  pushAccount,
  removeWaiting,
} from "@leix/broker";
import { createNatsSource } from "@leix/seen-ledger";
import type { Accounts, Ledger } from "./ports.ts";

type Connection = Awaited<ReturnType<typeof connectBroker>>;

/** LEDGER as the port. Record `n` has sequence `n + 1`. */
export function createNatsLedger(registry: Connection): Ledger {
  return {
    ...createNatsSource(registry),
    async *follow(from, signal, onConnection) {
      const messages = followLedger(registry, from + 1, signal, undefined, onConnection);
      for await (const message of messages) yield message.data;
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
    removeWaiting: (account) => removeWaiting(registry, account),
    lookup: (account) => lookupAccount(pusher, account),
    push: (jwt) => pushAccount(pusher, jwt),
  };
}
