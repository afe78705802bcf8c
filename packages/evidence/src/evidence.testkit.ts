import {
  createWorld,
  NOW,
  startTestLedger,
  type TestLedger,
  toAgency,
  toRegisteredKey,
  toSigningKey,
  type World,
} from "@leix/exchange/testkit";
import {
  AgencyId,
  decodeUtf8,
  encodeLeafEntry,
  MessageId,
  parseRecord,
  ServiceId,
  toLeafEntry,
  toLogOrigin,
  toWitnessName,
} from "@leix/protocol";
import {
  cosignCheckpoint,
  createSigner,
  encodeCheckpoint,
  encodeNote,
  hashLeaf,
  hashTree,
  type NoteSignature,
  signNote,
} from "@leix/tlog";
import { createCollector } from "./collector.ts";
import type { Evidence } from "./evidence.ts";
import { makeEvidence } from "./make-evidence.ts";

type KeyName = "ledger" | "spare" | "policy";

/** The ledger service's statement, as the anchor makes it. */
export function signLedgerService(world: World, key: KeyName = "ledger", version = 1) {
  const subject = ServiceId.parse("ledger");
  const keys = [toRegisteredKey(key)];
  return world.statement("anchor", { kind: "service", subject, keys, status: "active", version });
}

/** A ledger whose tree somebody signs; `anchor` is what its first statement says otherwise. */
export async function startSignedLedger(
  world: World = createWorld(),
  anchor: Parameters<typeof startTestLedger>[1] = {},
): Promise<TestLedger> {
  const ledger = await startTestLedger(world, anchor);
  await ledger.append(await signLedgerService(world));
  return ledger;
}

export interface CheckpointChoices {
  readonly size?: number;
  readonly key?: KeyName;
  readonly origin?: string;
  readonly root?: Uint8Array;
  /** Cosigned by this agency with the spare key. */
  readonly witness?: { readonly agency: string; readonly at: number };
}

export function toTreeRoot(records: readonly Uint8Array[]): Uint8Array {
  return hashTree(
    records.map((bytes) => hashLeaf(encodeLeafEntry(toLeafEntry(parseRecord(bytes).kind, bytes)))),
  );
}

/** A checkpoint of the ledger's first records, all where no size is given. */
export async function signCheckpoint(
  { records, world }: Pick<TestLedger, "records" | "world">,
  choices: CheckpointChoices = {},
): Promise<string> {
  const { aud } = world.trust;
  const { size = records.length, key = "ledger", origin = toLogOrigin(aud), witness } = choices;
  const { root = toTreeRoot(records.slice(0, size)) } = choices;
  const text = encodeCheckpoint({ origin, size, root, extensions: [] });
  const signer = await createSigner(origin, "ed25519", toSigningKey(key));
  const signatures: NoteSignature[] = [await signNote(text, signer)];
  if (witness) {
    const name = toWitnessName(aud, AgencyId.parse(witness.agency));
    const cosigner = await createSigner(name, "cosignature/v1", toSigningKey("spare"));
    signatures.push(await cosignCheckpoint(text, witness.at, cosigner));
  }
  return decodeUtf8(encodeNote({ text, signatures }));
}

/** Evidence of a message of this ledger, under a checkpoint. */
export async function collect(
  ledger: Pick<TestLedger, "records" | "world">,
  id: string,
  checkpoint?: string,
): Promise<Evidence> {
  const note = checkpoint ?? (await signCheckpoint(ledger));
  const collector = createCollector(ledger.world.trust, { id: MessageId.parse(id) }, note);
  for (const record of ledger.records) collector.add(record);
  return makeEvidence(collector.finish());
}

/** What a recipient's node sends by itself. */
export function acknowledge(
  world: World,
  by: "RS-SPOC" | "RS-FIU",
  re: { iss: string; id: string },
  status: "received" | "undecryptable" | "unverifiable" = "received",
) {
  const bare = { kind: "acknowledgement", purpose: undefined, classification: undefined };
  return world.message(by, [re.iss], { ...bare, status, re, thread: re.id });
}

/** An agency that cosigns from now on, with the spare key. */
export async function appointWitness(
  { world, append }: TestLedger,
  changes: { readonly version?: number; readonly nbf?: number; readonly status?: "active" | "revoked" } = {},
): Promise<void> {
  const { version = 2, nbf = NOW, status = "active" } = changes;
  const cosign = toRegisteredKey("spare", { use: "cosign", nbf });
  const keys = [toRegisteredKey("RS-FIU"), cosign];
  await append(await world.statement("RS", toAgency("RS-FIU", { version, status, keys })));
}

/** A request to two agencies that is permitted, and acknowledged by one of them; cosigned by the other. */
export async function createTreatedMessage(text?: string, isWitnessed = false, world = createWorld()) {
  const ledger = await startSignedLedger(world);
  const clear = { classification: "unclassified" };
  const sent = await world.message(
    "AL-SPOC",
    ["RS-SPOC", "RS-FIU"],
    clear,
    text === undefined ? {} : { text },
  );
  await ledger.append(sent);
  await ledger.append(await acknowledge(world, "RS-SPOC", sent.ref));
  if (isWitnessed) await appointWitness(ledger);
  const witness = isWitnessed ? { witness: { agency: "RS-FIU", at: NOW + 60 } } : {};
  const checkpoint = await signCheckpoint(ledger, witness);
  return { ledger, sent, evidence: await collect(ledger, sent.ref.id, checkpoint) };
}
