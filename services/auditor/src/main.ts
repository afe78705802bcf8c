import { join } from "node:path";
import {
  createLogger,
  joinHealth,
  loadExpiring,
  loadPartyFolder,
  runService,
  serveHealth,
  watchExpiry,
} from "@leix/runtime";
import { loadConfig } from "./config.ts";
import { createAuditorEvents } from "./events.ts";
import { openAuditor } from "./open-auditor.ts";

const config = loadConfig();
const logger = createLogger("auditor", config.LEIX_LOG_LEVEL);

await runService(logger, async (signal) => {
  const folder = join(config.LEIX_NETWORK, "services", "auditor");
  const party = await loadPartyFolder(folder, config.LEIX_NATS_URL);
  const auditor = await openAuditor(party, createAuditorEvents(logger), signal);
  const health = joinHealth(auditor, await watchExpiry(() => loadExpiring(party), signal));
  await serveHealth(config, health, signal);
  return auditor;
});
