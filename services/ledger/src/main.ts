import { createLogger, runService, serveHealth } from "@leix/runtime";
import { loadConfig } from "./config.ts";
import { createLedgerEvents } from "./events.ts";
import { loadLedgerFolder } from "./ledger-folder.ts";
import { openLedger } from "./open-ledger.ts";

const config = loadConfig();
const logger = createLogger("ledger", config.LEIX_LOG_LEVEL);

await runService(logger, async (signal) => {
  const { LEIX_NATS_URL: natsUrl, LEIX_LEDGER_STORE: store, LEIX_LOG_PORT: port } = config;
  const instance = await openLedger(
    {
      folder: await loadLedgerFolder(config.LEIX_NETWORK, { natsUrl, store }),
      events: createLedgerEvents(logger),
      serve: port === undefined ? undefined : { listen: config.LEIX_LOG_LISTEN, port },
    },
    signal,
  );
  if (config.LEIX_HTTP_PORT) await serveHealth(config.LEIX_HTTP_PORT, instance, signal);
  return instance;
});
