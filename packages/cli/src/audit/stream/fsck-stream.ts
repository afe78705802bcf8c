import { type LedgerStream, loadLedgerStream, READER_API, readRemains } from "@leix/broker";
import { openLedgerReader, type RepairSource } from "@leix/ledger-store";
import { loadNetwork, type PartyConnection, withConnection } from "@leix/runtime";
import { loadRunConfig } from "../../network/config.ts";
import { toCount } from "../progress.ts";
import { withAuditor } from "../source-choice.ts";
import { compareSealed, type SealedFinding } from "./compare-sealed.ts";
import { compareStream, type StreamFinding, type StreamReport } from "./compare-stream.ts";
import { type CheckpointFinding, compareCheckpoint } from "./newest-checkpoint.ts";
import { createStreamRepairSource } from "./stream-repair-source.ts";

/** LEDGER, SEALED and CHECKPOINT of the broker, beside a store. */
export interface BrokerReport extends StreamReport {
  readonly checkpoint: CheckpointFinding | null;
  /** Null also where nothing was put away. */
  readonly sealed: SealedFinding | null;
}

export function isSound({ damaged, checkpoint, sealed }: BrokerReport): boolean {
  return damaged === 0 && checkpoint === null && sealed === null;
}

/**
 * Compares what the broker serves with the store's tree, as far as the store's checkpoint reaches. Throws
 * what opening the store throws, the `tlog/` codes where its tiles are damaged, `broker/no-answer`.
 */
export async function checkBroker(
  dir: string,
  folder: string,
  log: string,
  onProgress: (sequence: number, last: number) => void,
): Promise<BrokerReport> {
  const reader = await openLedgerReader(folder, { log });
  return withStream(dir, async (nc, stream) => {
    const checkpoint = await compareCheckpoint(nc, reader, log);
    const begin = stream.firstSequence - 1;
    const sealed = begin === 0 ? null : await compareSealed(nc, folder, begin);
    const report = await compareStream(reader, stream, readRemains(nc, stream), onProgress);
    return { ...report, checkpoint, sealed };
  });
}

/** What of LEDGER is served, to repair a store from. */
export function withStreamSource<T>(dir: string, work: (source: RepairSource) => Promise<T>): Promise<T> {
  return withStream(dir, async (nc, stream) => {
    await using source = createStreamRepairSource(nc, stream);
    return await work(source);
  });
}

/** What the server counts the monitor may ask, what it has, the auditor. */
async function withStream<T>(
  dir: string,
  work: (nc: PartyConnection, stream: LedgerStream) => Promise<T>,
): Promise<T> {
  const { natsUrl } = loadRunConfig();
  const network = await loadNetwork(dir);
  const stream = await withConnection(dir, network, "monitor", { natsUrl }, (nc) =>
    loadLedgerStream(nc, READER_API),
  );
  return withAuditor(dir, (nc) => work(nc, stream ?? NO_STREAM));
}

/** One that was taken away has lost everything. */
const NO_STREAM: LedgerStream = { created: "", firstSequence: 1, lastSequence: 0 };

export function toBrokerLines(report: BrokerReport): string[] {
  const { same, ahead, damaged, findings, more, checkpoint, sealed, first } = report;
  const begin = first === 1 ? "" : `, from ${toCount(first)} on: what was before is put away`;
  return [
    ...findings.map(toFindingLine),
    ...(more > 0 ? [`and ${toCount(more)} more`] : []),
    ...(checkpoint ? [`CHECKPOINT: ${checkpoint.detail} [${checkpoint.code}]`] : []),
    ...(sealed ? [toSealedLine(sealed)] : []),
    `LEDGER       ${toCount(same)} messages are the records that the tree has${begin}`,
    ...(ahead > 0 ? [`  not covered  ${toCount(ahead)} are past the store's checkpoint`] : []),
    ...(damaged > 0 ? [`  damaged      ${toCount(damaged)}`] : []),
    ...(isSound(report) ? [] : ["Mend it from the store: stop the services, then leix ledger restore"]),
  ];
}

function toSealedLine({ index, detail, code }: SealedFinding): string {
  return `SEALED, the state before the seal at record ${index}: ${detail} [${code}]`;
}

function toFindingLine({ sequence, through, index, damage, detail, code }: StreamFinding): string {
  const records = through === undefined ? `record ${index}` : `records ${index} to ${through - 1}`;
  const place = through === undefined ? `sequence ${sequence}` : `sequences ${sequence} to ${through}`;
  return `LEDGER, ${place} (${records}): ${damage}: ${detail} [${code}]`;
}
