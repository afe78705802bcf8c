import type { LedgerSource } from "./ledger-source.ts";
import type { Memory, Seen } from "./seen.ts";

export { createLogSigner, signCheckpoint } from "./checkpoint.testkit.ts";

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

/** LEDGER and CHECKPOINT as two variables. */
export interface TestSource extends LedgerSource {
  records: readonly Uint8Array[];
  note: Uint8Array | null;
}

export function createTestSource(records: readonly Uint8Array[]): TestSource {
  const source: TestSource = {
    records,
    note: null,
    settleMsMax: 0,
    count: () => Promise.resolve(source.records.length),
    load: (index) => Promise.resolve(source.records[index] ?? new Uint8Array()),
    loadCheckpoint: () => Promise.resolve(source.note),
    loadSealed: () => Promise.resolve(null),
  };
  return source;
}
