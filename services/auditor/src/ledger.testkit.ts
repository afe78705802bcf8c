import { LeixError } from "@leix/protocol";
import { createTestSource } from "@leix/seen-ledger/testkit";
import type { Ledger } from "./ports.ts";

/** A ledger in memory that can grow, shrink, and not answer. */
export interface TestLedgerPort extends Ledger {
  append(...records: readonly Uint8Array[]): void;
  /** What a follower is told when it looks again. */
  fail(error: LeixError): void;
  /** So often it does not answer when it is asked for its length. */
  silences: number;
}

export function createLedgerPort(given: readonly Uint8Array[]): TestLedgerPort {
  const source = createTestSource(given);
  let bell = Promise.withResolvers<void>();
  let failure: LeixError | undefined;
  const ring = (): void => {
    bell.resolve();
    bell = Promise.withResolvers();
  };
  const port: TestLedgerPort = {
    ...source,
    silences: 0,
    append(...more) {
      source.records = [...source.records, ...more];
      ring();
    },
    fail(error) {
      failure = error;
      ring();
    },
    count() {
      if (port.silences-- > 0) return Promise.reject(new LeixError("broker/no-answer"));
      return source.count();
    },
    async *follow(from, signal, onConnection) {
      signal.addEventListener("abort", ring);
      while (!(await attempt(onConnection)));
      for (let next = from; !signal.aborted; ) {
        const record = source.records[next];
        if (failure) throw failure;
        if (record) {
          next++;
          yield record;
        } else await bell.promise;
      }
    },
  };
  return port;
}

/** Who follows asks again where no answer came. */
async function attempt(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    if (!(error instanceof LeixError) || error.code !== "broker/no-answer") throw error;
    return false;
  }
}
