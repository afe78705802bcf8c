import { createLogger, joinHealth, runService, serveHealth, watchExpiry } from "@leix/runtime";
import { loadConfig } from "./config.ts";
import { createRegistryEvents } from "./events.ts";
import { openRegistry } from "./open-registry.ts";
import { loadRegistryExpiring, loadRegistryFolder } from "./registry-folder.ts";

const config = loadConfig();
const logger = createLogger("registry", config.LEIX_LOG_LEVEL);

await runService(logger, async (signal) => {
  const folder = await loadRegistryFolder(config.LEIX_NETWORK, config.LEIX_NATS_URL);
  const registry = await openRegistry(folder, createRegistryEvents(logger), signal);
  const health = joinHealth(registry, await watchExpiry(() => loadRegistryExpiring(folder), signal));
  await serveHealth(config, health, signal);
  return registry;
});
