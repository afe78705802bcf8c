import { createLogger, joinHealth, runService, serveHealth, watchExpiry } from "@leix/runtime";
import { loadConfig } from "./config.ts";
import { createLedgerEvents } from "./events.ts";
import { loadLedgerExpiring, loadLedgerFolder } from "./ledger-folder.ts";
import { openLedger } from "./open-ledger.ts";

const config = loadConfig();
const logger = createLogger("ledger", config.LEIX_LOG_LEVEL);

await runService(logger, async (signal) => {
  const { LEIX_NATS_URL: natsUrl, LEIX_LEDGER_STORE: store, LEIX_LOG_PORT: port } = config;
  const folder = await loadLedgerFolder(config.LEIX_NETWORK, { natsUrl, store });
  const instance = await openLedger(
    {
      folder,
      events: createLedgerEvents(logger),
      serve: port === undefined ? undefined : { listen: config.LEIX_LOG_LISTEN, port },
    },
    signal,
  );
  const health = joinHealth(instance, await watchExpiry(() => loadLedgerExpiring(folder), signal));
  await serveHealth(config, health, signal);
  return instance;
});
