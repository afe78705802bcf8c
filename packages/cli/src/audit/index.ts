export { openBrokerSource } from "./broker-source.ts";
export { type Exported, exportLedger } from "./export.ts";
export { openFileSource } from "./file-source.ts";
export { drawPlace, type FilePlace } from "./place-bar.ts";
export { replayLedger } from "./replay.ts";
export { isSound, type Replay, type ReplayProgress } from "./replay-result.ts";
export type { ReplayDifference, ReplaySource, SourceRecord } from "./replay-source.ts";
export { toReport } from "./report.ts";
export { loadTrust } from "./trust.ts";
