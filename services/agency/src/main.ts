import { join } from "node:path";
import { createNode } from "@leix/client";
import { createLogger, runService, serveHealth } from "@leix/runtime";
import { loadConfig } from "./config.ts";
import { createAgencyEvents } from "./events.ts";
import { serveWitness } from "./witness-server.ts";

const CONNECT_WAIT_MS = 60_000;

const config = loadConfig();
const logger = createLogger("agency", config.LEIX_LOG_LEVEL);

await runService(logger, async (signal) => {
  const events = createAgencyEvents(logger);
  const folder = join(config.LEIX_NETWORK, "agencies", config.LEIX_AGENCY);
  const node = await createNode({
    folder,
    ...(config.LEIX_NATS_URL ? { natsUrl: config.LEIX_NATS_URL } : {}),
    connectWaitMs: CONNECT_WAIT_MS,
    onEvent: events.node,
  });
  if (config.LEIX_HTTP_PORT) await serveHealth(config.LEIX_HTTP_PORT, node, signal);
  const { LEIX_WITNESS_PORT: port, LEIX_WITNESS_LISTEN: host } = config;
  if (port) {
    const clock = () => performance.now();
    const { witness } = node;
    const { refused: onRefused, failed: onFailed } = events;
    await serveWitness({ witness, folder, host, port, clock, onRefused, onFailed }, signal);
  }
  events.started(node.agency);
  return {
    async run(stopped) {
      await using running = node;
      const failed = new AbortController();
      const either = AbortSignal.any([stopped, failed.signal]);
      const orStopBoth = (work: Promise<void>) => work.finally(() => failed.abort());
      await Promise.all([orStopBoth(running.run(either)), orStopBoth(running.witness.run(either))]);
    },
  };
});
