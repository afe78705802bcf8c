import { type TestLedger, toRegisteredKey, toSigningKey } from "@leix/exchange/testkit";
import { decodeUtf8, toLogOrigin } from "@leix/protocol";
import { LedgerFileHeader, writeLedgerFile } from "@leix/runtime";
import {
  createSigner,
  encodeCheckpoint,
  encodeNote,
  encodeVerifierKey,
  signNote,
  type TreeHead,
} from "@leix/tlog";
import { createLedger, toTestHead } from "./export.testkit.ts";

/** A ledger whose ledger service has a key, and that key. */
export interface SignedLedger extends TestLedger {
  readonly vkey: string;
  /** The head of its tree at a size. */
  headAt(size: number): TreeHead;
  sign(head: TreeHead, by?: "ledger" | "spare"): Promise<Uint8Array>;
}

/** With records of every kind; the ledger service is known from the middle on. */
export async function createSignedLedger(): Promise<SignedLedger> {
  const ledger = await createLedger();
  const { world } = ledger;
  const keys = [toRegisteredKey("ledger")];
  await ledger.append(
    await world.statement("anchor", { kind: "service", subject: "ledger", keys, status: "active" }),
    await world.message("AL-SPOC", ["RS-SPOC"], { classification: "unclassified" }),
  );
  const signer = (by: "ledger" | "spare") =>
    createSigner(toLogOrigin(world.trust.aud), "ed25519", toSigningKey(by));
  return {
    ...ledger,
    vkey: encodeVerifierKey((await signer("ledger")).key),
    headAt: (size) => toTestHead(ledger.records.slice(0, size)),
    async sign(head, by = "ledger") {
      const own = await signer(by);
      const text = encodeCheckpoint({ origin: own.key.name, ...head, extensions: [] });
      return encodeNote({ text, signatures: [await signNote(text, own)] });
    },
  };
}

/** As `leix audit export` writes it, with a checkpoint. */
export async function writeSignedExport(
  file: string,
  { records, world }: TestLedger,
  checkpoint: Uint8Array,
): Promise<void> {
  const header = LedgerFileHeader.parse({
    ...{ format: "leix-ledger", v: 1, ...world.trust, records: records.length },
    checkpoint: decodeUtf8(checkpoint),
  });
  await writeLedgerFile(file, header, give(records));
}

async function* give(records: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* records;
}
