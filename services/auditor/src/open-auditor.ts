import { type ConnectionEvent, connectBroker, followLedger } from "@leix/broker";
import type { PartyFolder } from "@leix/runtime";
import { createNatsSource, createSeenFile } from "@leix/seen-ledger";
import { createAuditorService } from "./auditor-service.ts";
import type { AuditorEvents } from "./events.ts";
import type { Ledger } from "./ports.ts";

/** An auditor over a broker, until its run ends. */
export interface Auditor {
  run(signal: AbortSignal): Promise<void>;
  problems(): readonly string[];
}

type Connection = Awaited<ReturnType<typeof connectBroker>>;
const FIRST_CONNECT_WAIT_MS = 60_000;

/** Connects with what is in the folder. The connection is closed when the run ends. */
export async function openAuditor(
  folder: PartyFolder,
  events: AuditorEvents,
  signal: AbortSignal,
): Promise<Auditor> {
  let isAway = false;
  const onEvent = (event: ConnectionEvent) => {
    events.connection(event);
    if (event.kind === "disconnected") isAway = true;
    if (event.kind === "reconnected") isAway = false;
  };
  const options = { name: "auditor", signal, firstConnectWaitMs: FIRST_CONNECT_WAIT_MS, onEvent };
  const nc = await connectBroker(folder.access, options);
  const { aud, anchorKey, anchorAccount } = folder.party;
  const service = createAuditorService({
    ledger: createNatsLedger(nc),
    memory: createSeenFile(folder.folder),
    trust: { aud, anchorKey, anchorAccount },
    events,
  });
  return {
    problems: () => [...(isAway ? ["no connection to the broker"] : []), ...service.problems()],
    async run(runSignal) {
      try {
        await service.run(runSignal);
      } finally {
        await nc.close();
      }
    },
  };
}

/** LEDGER as the port. Record `n` has sequence `n + 1`. */
function createNatsLedger(nc: Connection): Ledger {
  return {
    ...createNatsSource(nc),
    async *follow(from, signal, onConnection) {
      const messages = followLedger(nc, from + 1, signal, undefined, onConnection);
      for await (const message of messages) yield message.data;
    },
  };
}
