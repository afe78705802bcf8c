export { type Exported, exportLedger } from "./export.ts";
export { drawPlace, type FilePlace } from "./place-bar.ts";
export { createNativePrimitives } from "./replay/native-primitives.ts";
export { replayLedger } from "./replay.ts";
export { isSound, type Replay, type ReplayProgress } from "./replay-result.ts";
export type { ReplayDifference, ReplaySource, SourceRecord } from "./replay-source.ts";
export { toReport } from "./report.ts";
export { openBrokerSource, openFileSource } from "./sources.ts";
export { loadTrust } from "./trust.ts";
