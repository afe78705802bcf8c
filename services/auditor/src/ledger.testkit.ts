import { LeixError } from "@leix/protocol";
import type { Ledger, Memory, Seen } from "./ports.ts";

/** A ledger in memory that can grow, shrink, and not answer. */
export interface TestLedgerPort extends Ledger {
  readonly records: Uint8Array[];
  append(...records: readonly Uint8Array[]): void;
  /** What a follower is told when it looks again. */
  fail(error: LeixError): void;
  /** So often it does not answer when it is asked for its length. */
  silences: number;
}

export function createLedgerPort(records: readonly Uint8Array[]): TestLedgerPort {
  let bell = Promise.withResolvers<void>();
  let failure: LeixError | undefined;
  const ring = (): void => {
    bell.resolve();
    bell = Promise.withResolvers();
  };
  const port: TestLedgerPort = {
    records: [...records],
    silences: 0,
    append(...more) {
      port.records.push(...more);
      ring();
    },
    fail(error) {
      failure = error;
      ring();
    },
    count() {
      if (port.silences-- > 0) return Promise.reject(new LeixError("broker/no-answer"));
      return Promise.resolve(port.records.length);
    },
    async *follow(signal) {
      signal.addEventListener("abort", ring);
      for (let next = 0; !signal.aborted; ) {
        const record = port.records[next];
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

/** Remembers in memory, or fails to. */
export interface TestMemory extends Memory {
  seen: Seen | undefined;
  /** Everything that was ever kept. */
  readonly kept: Seen[];
  fault: Error | undefined;
}

export function createTestMemory(seen?: Seen): TestMemory {
  const memory: TestMemory = {
    seen,
    kept: [],
    fault: undefined,
    load: () => Promise.resolve(memory.seen),
    save(next) {
      if (memory.fault) return Promise.reject(memory.fault);
      memory.seen = next;
      memory.kept.push(next);
      return Promise.resolve();
    },
  };
  return memory;
}
