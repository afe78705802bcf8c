import { hash } from "node:crypto";
import type { StoreReader } from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";
import type { Ledger } from "./ports.ts";

/**
 * Compares LEDGER with the store, record by record from where LEDGER begins, as far as the store goes: a
 * broker's disk can lose or change what lies in the middle and keep the end. Bounded memory. Throws
 * `ledger/rolled-back`, naming the first record that is not as it was, `broker/no-answer`,
 * `ledger/store-damaged`. Ends early where the signal is aborted.
 */
export async function compareAll(ledger: Ledger, reader: StoreReader, signal: AbortSignal): Promise<void> {
  const begin = await ledger.begin();
  const records = ledger.read(begin)[Symbol.asyncIterator]();
  try {
    for await (const { index, digest } of reader.entries(Math.min(begin, reader.head.size))) {
      if (signal.aborted) return;
      const { value: record, done } = await records.next();
      if (!done && hash("sha256", record, "base64url") === digest) continue;
      throw new LeixError("ledger/rolled-back", `record ${index} is ${done ? "not there" : "another one"}`);
    }
  } finally {
    await records.return?.();
  }
}
