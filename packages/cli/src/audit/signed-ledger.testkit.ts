import { listSealedParts, type SealedItem } from "@leix/exchange";
import {
  createInputs,
  createWorld,
  NOW,
  startTestLedger,
  type TestLedger,
  toRegisteredKey,
  toSigningKey,
} from "@leix/exchange/testkit";
import { AgencyId, decodeUtf8, parseRecord, toLogOrigin, toWitnessName } from "@leix/protocol";
import { LedgerFileHeader, writeLedgerFile } from "@leix/runtime";
import {
  appendLeafHashes,
  type CompactRange,
  cosignCheckpoint,
  createRange,
  createSigner,
  encodeCheckpoint,
  encodeNote,
  encodeVerifierKey,
  signNote,
  type TreeHead,
} from "@leix/tlog";
import { createLedger, toTestHead, toTestLeaf } from "./export.testkit.ts";

type SignerName = Parameters<typeof toSigningKey>[0];
type Cosigners = Readonly<Record<string, SignerName>>;

/** A ledger whose ledger service has a key, and that key. */
export interface SignedLedger extends TestLedger {
  readonly vkey: string;
  /** The head of its tree at a size. */
  headAt(size: number): TreeHead;
  /** With a key of the world, and cosigned by those agencies, each with the key that is named. */
  sign(head: TreeHead, by?: SignerName, cosigners?: Cosigners): Promise<Uint8Array>;
}

/** With records of every kind; the ledger service is known from the middle on. */
export async function createSignedLedger(): Promise<SignedLedger> {
  return signLedger(await createLedger());
}

const EPOCH_SECONDS = 3_600;

/** One whose first epoch is sealed, and what is put away with the seal. */
export interface SealedLedger extends SignedLedger {
  /** Index of the seal. */
  readonly seal: number;
  readonly items: readonly SealedItem[];
  readonly tree: CompactRange;
  /** How many records before the seal are neither statements nor seals. */
  readonly erasable: number;
}

/** With records of every kind before the seal, and after it some that rest on them. */
export async function createSealedLedger(): Promise<SealedLedger> {
  const ledger = await startTestLedger(createWorld(), { epochSeconds: EPOCH_SECONDS });
  const { world, records, state } = ledger;
  const sent = await world.message("AL-SPOC", ["RS-SPOC"], { classification: "unclassified" });
  await ledger.append(sent);
  await ledger.appendInputs(await createInputs(world));
  const signed = await signLedger(ledger);
  const seal = records.length;
  const statements = records.filter((record) => parseRecord(record).kind === "statement");
  const items: SealedItem[] = [
    ...statements.map((record) => ({ kind: "statement", record }) as const),
    ...listSealedParts(state),
  ];
  const later = NOW + EPOCH_SECONDS;
  await ledger.appendInputs([world.tick(later)], later);
  const answer = { kind: "answer", re: sent.ref, classification: "unclassified" } as const;
  const inputs = [
    await world.message("RS-SPOC", ["AL-SPOC"], answer),
    await world.message("AL-SPOC", ["RS-SPOC"], { classification: "unclassified" }),
  ].map(({ input }) => input);
  await ledger.appendInputs([sent.input, ...inputs], later + 1);
  const tree = appendLeafHashes(createRange(), records.slice(0, seal).map(toTestLeaf));
  return { ...signed, seal, items, tree, erasable: seal - statements.length };
}

/** The ledger with two more records, the first about its ledger service. */
export async function signLedger(ledger: TestLedger): Promise<SignedLedger> {
  const { world } = ledger;
  const keys = [toRegisteredKey("ledger")];
  await ledger.append(
    await world.statement("anchor", { kind: "service", subject: "ledger", keys, status: "active" }),
    await world.message("AL-SPOC", ["RS-SPOC"], { classification: "unclassified" }),
  );
  const signer = (by: SignerName) => createSigner(toLogOrigin(world.trust.aud), "ed25519", toSigningKey(by));
  return {
    ...ledger,
    vkey: encodeVerifierKey((await signer("ledger")).key),
    headAt: (size) => toTestHead(ledger.records.slice(0, size)),
    async sign(head, by = "ledger", cosigners = {}) {
      const own = await signer(by);
      const text = encodeCheckpoint({ origin: own.key.name, ...head, extensions: [] });
      const lines = Object.entries(cosigners).map(async ([agency, key]) => {
        const name = toWitnessName(world.trust.aud, AgencyId.parse(agency));
        return cosignCheckpoint(text, NOW, await createSigner(name, "cosignature/v1", toSigningKey(key)));
      });
      return encodeNote({ text, signatures: [await signNote(text, own), ...(await Promise.all(lines))] });
    },
  };
}

/** As `leix audit export` writes it, with a checkpoint. */
export async function writeSignedExport(
  file: string,
  { records, world }: TestLedger,
  checkpoint: Uint8Array,
  cosigned?: Uint8Array,
): Promise<void> {
  const header = LedgerFileHeader.parse({
    ...{ format: "leix-ledger", v: 1, ...world.trust, records: records.length },
    checkpoint: decodeUtf8(checkpoint),
    ...(cosigned ? { cosigned: decodeUtf8(cosigned) } : {}),
  });
  await writeLedgerFile(file, header, give(records));
}

async function* give(records: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* records;
}
