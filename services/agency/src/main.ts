import { join } from "node:path";
import { createNode } from "@leix/client";
import {
  createLogger,
  joinHealth,
  loadPartyFolder,
  runService,
  serveHealth,
  watchExpiry,
} from "@leix/runtime";
import { loadConfig } from "./config.ts";
import { createAgencyEvents } from "./events.ts";
import { loadAgencyExpiring } from "./expiring.ts";
import { createRenewal } from "./renewal.ts";
import { serveWitness } from "./witness-server.ts";

const CONNECT_WAIT_MS = 60_000;

const config = loadConfig();
const logger = createLogger("agency", config.LEIX_LOG_LEVEL);

await runService(logger, async (signal) => {
  const events = createAgencyEvents(logger);
  const folder = join(config.LEIX_NETWORK, "agencies", config.LEIX_AGENCY);
  const { LEIX_NATS_URL: natsUrl } = config;
  const party = await loadPartyFolder(folder, natsUrl);
  const { askPassphrase } = party;
  const node = await createNode({
    ...{ folder, askPassphrase },
    ...(natsUrl ? { natsUrl } : {}),
    connectWaitMs: CONNECT_WAIT_MS,
    onEvent: events.node,
  });
  const renewal = createRenewal({
    ...{ folder, natsUrl, askPassphrase, clock: Date.now },
    ...{ onRenewed: events.renewed, onFailed: events.notRenewed },
  });
  const expiry = await watchExpiry(() => loadAgencyExpiring(party), signal);
  const health = joinHealth(node, renewal, expiry);
  await serveHealth(config, health, signal);
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
      const orStopAll = (work: Promise<void>) => work.finally(() => failed.abort());
      const works = [running.run(either), running.witness.run(either), renewal.run(either)];
      await Promise.all(works.map(orStopAll));
    },
  };
});
