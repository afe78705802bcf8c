export { type Exported, exportLedger } from "./export.ts";
export { drawPlace, type FilePlace } from "./place-bar.ts";
export {
  isSound,
  type Replay,
  type ReplayDifference,
  type ReplayProgress,
  type ReplaySource,
  replayLedger,
  type SourceRecord,
} from "./replay.ts";
export { toReport } from "./report.ts";
export { openBrokerSource, openFileSource } from "./sources.ts";
export { loadTrust } from "./trust.ts";
