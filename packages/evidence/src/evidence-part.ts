import {
  encodeCanonical,
  encodeRecord,
  LeixError,
  type ParsedRecord,
  parseRecord,
  type ToDigest,
  toLeafEntry,
} from "@leix/protocol";
import type { Evidence, EvidencePart } from "./evidence.ts";
import { EvidenceError, onPart } from "./evidence-error.ts";

/** A record of the file, taken apart, with the name of its place in the file. */
export interface NamedRecord {
  readonly name: string;
  readonly part: EvidencePart;
  readonly bytes: Uint8Array;
  readonly record: ParsedRecord;
}

/** Records by what they are there for. */
export interface EvidenceRecords {
  readonly message: NamedRecord;
  readonly acknowledgements: readonly NamedRecord[];
  /** All of them and the statements, in the order of the ledger. */
  readonly all: readonly NamedRecord[];
}

/**
 * Form, place and entry of every record; signatures are checked where they are followed. Throws an
 * EvidenceError: the codes of the parts, `record/index`, and `evidence/differs` for two in one place or out
 * of order and for the entry of another record.
 */
export async function parseRecords(evidence: Evidence, digest?: ToDigest): Promise<EvidenceRecords> {
  const toNamed = (name: string) => (part: EvidencePart, i: number) => {
    return parsePart(`${name}[${i}]`, part, digest);
  };
  const message = await parsePart("message", evidence.message, digest);
  const statements = await Promise.all(evidence.statements.map(toNamed("statements")));
  const acknowledgements = await Promise.all(evidence.acknowledgements.map(toNamed("acknowledgements")));
  refuseOtherOrder(statements);
  refuseOtherOrder([message, ...acknowledgements]);
  const all = [message, ...statements, ...acknowledgements].toSorted((a, b) => a.part.index - b.part.index);
  refuseOtherOrder(all);
  return { message, acknowledgements, all };
}

/** Throws an EvidenceError, as `parseRecords` does. */
export function parsePart(name: string, part: EvidencePart, digest?: ToDigest): Promise<NamedRecord> {
  return onPart(`${name}.record`, () => {
    const bytes = encodeRecord(part.record);
    const record = parseRecord(bytes, digest);
    const { index } = record.decision.content;
    if (index !== part.index) {
      throw new EvidenceError(
        `${name}.index`,
        new LeixError("record/index", `${part.index}, signed ${index}`),
      );
    }
    if (encodeCanonical(toLeafEntry(record.kind, bytes, digest)) !== encodeCanonical(part.entry)) {
      throw new EvidenceError(`${name}.entry`, new LeixError("evidence/differs", "another record's entry"));
    }
    return { name, part, bytes, record };
  });
}

export function refuseOtherOrder(records: readonly NamedRecord[]): void {
  for (const [i, { name, part }] of records.entries()) {
    const before = records[i - 1];
    if (before === undefined || before.part.index < part.index) continue;
    throw new EvidenceError(`${name}.index`, new LeixError("evidence/differs", `not behind ${before.name}`));
  }
}
