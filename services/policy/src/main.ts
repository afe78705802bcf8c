import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { connectBroker, openOutDrain } from "@leix/broker";
import { encodeBase64url } from "@leix/protocol";
import {
  createLogger,
  joinHealth,
  loadExpiring,
  loadPartyFolder,
  loadSigningKey,
  readZoneVersion,
  runService,
  serveHealth,
  watchExpiry,
} from "@leix/runtime";
import { createSeenFile } from "@leix/seen-ledger";
import { loadConfig } from "./config.ts";
import { createPolicyEvents } from "./events.ts";
import { createNatsInboxes, createNatsQuarantine, createNatsTicks } from "./nats-inboxes.ts";
import { createNatsLedger } from "./nats-ledger.ts";
import { createPolicyService } from "./policy-service.ts";

const config = loadConfig();
const logger = createLogger("policy", config.LEIX_LOG_LEVEL);

await runService(logger, async (signal) => {
  const folder = join(config.LEIX_NETWORK, "services", "policy");
  const own = await loadPartyFolder(folder, config.LEIX_NATS_URL);
  const { access, party, askPassphrase } = own;
  const events = createPolicyEvents(logger);
  await using opening = new AsyncDisposableStack();
  const nc = opening.adopt(
    await connectBroker(access, {
      name: "policy",
      signal,
      firstConnectWaitMs: 60_000,
      onEvent: events.connection,
    }),
    (connection) => connection.close(),
  );
  const service = createPolicyService({
    ledger: createNatsLedger(nc),
    memory: createSeenFile(folder),
    inboxes: createNatsInboxes(nc),
    quarantine: createNatsQuarantine(nc),
    ticks: createNatsTicks(nc),
    drain: opening.use(openOutDrain(nc)),
    trust: { aud: party.aud, anchorKey: party.anchorKey, anchorAccount: party.anchorAccount },
    key: await loadSigningKey(folder, askPassphrase),
    events,
    clock: Date.now,
    tz: readZoneVersion(),
    createSalt: () => encodeBase64url(randomBytes(16)),
  });
  const health = joinHealth(service, await watchExpiry(() => loadExpiring(own), signal));
  await serveHealth(config, health, signal);
  const opened = opening.move();
  return {
    async run(runSignal) {
      // At the end what was fetched and not decided goes back at once, instead of waiting for its time to run
      // out.
      await using _closedAtTheEnd = opened;
      await service.run(runSignal);
    },
  };
});
