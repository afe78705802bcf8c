import { createLogger, runService, serveHealth } from "@leix/runtime";
import { loadConfig } from "./config.ts";
import { createRegistryEvents } from "./events.ts";
import { openRegistry } from "./open-registry.ts";
import { loadRegistryFolder } from "./registry-folder.ts";

const config = loadConfig();
const logger = createLogger("registry", config.LEIX_LOG_LEVEL);

await runService(logger, async (signal) => {
  const folder = await loadRegistryFolder(config.LEIX_NETWORK, config.LEIX_NATS_URL);
  const registry = await openRegistry(folder, createRegistryEvents(logger), signal);
  if (config.LEIX_HTTP_PORT) await serveHealth(config.LEIX_HTTP_PORT, registry, signal);
  return registry;
});
