export { parseConfig } from "./config.ts";
export { type Health, serveHealth } from "./health.ts";
export { runService, type Service, untilAborted } from "./lifecycle.ts";
export { createLogger, type Logger } from "./logger.ts";
export {
  loadDecryptionKeys,
  loadPartyFolder,
  loadSigningKey,
  PARTY_FILES,
  PartyFile,
  type PartyFolder,
} from "./party-folder.ts";
