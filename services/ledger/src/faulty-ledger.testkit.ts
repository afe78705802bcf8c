import { writeSync } from "node:fs";
import { createLogger, runService } from "@leix/runtime";
import type { LedgerFaultOrder } from "@leix/testkit";
import { announceWrites } from "./deadly-writes.testkit.ts";

/**
 * The ledger service as it is, but that it dies at its nth write, on its disk or into CHECKPOINT: before it,
 * which is after the one before. Started by packages/testkit, service-programs.ts.
 */
const order = JSON.parse(process.argv[2] ?? "") as LedgerFaultOrder;
let writes = 0;
let isArmed = order.from === "start";

function meet(what: string): void {
  if (!isArmed || writes++ !== order.killAt) return;
  writeSync(1, `fault: write ${order.killAt}, ${what}\n`);
  process.kill(process.pid, "SIGKILL");
  // The signal is on its way, and nothing may be done until it is here.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
}

announceWrites(meet);
const { createLedgerEvents } = await import("./events.ts");
const { loadLedgerFolder } = await import("./ledger-folder.ts");
const { createNatsPorts } = await import("./nats-log.ts");
const { openLedger } = await import("./open-ledger.ts");

const logger = createLogger("ledger", "debug");
const events = createLedgerEvents(logger);
await runService(logger, async (signal) => {
  const places = { natsUrl: order.natsUrl, store: order.store };
  return openLedger(
    {
      folder: await loadLedgerFolder(order.network, places),
      events: {
        ...events,
        started: (size, published) => {
          events.started(size, published);
          isArmed ||= order.from === "open";
        },
        published: (size) => {
          events.published(size);
          isArmed ||= order.from === "published";
        },
      },
      createPorts: (nc, watch) => {
        const { ledger, checkpoints } = createNatsPorts(nc, watch);
        const append = async (note: Uint8Array, after: number): Promise<number> => {
          meet("checkpoint to be appended");
          const sequence = await checkpoints.append(note, after);
          meet("checkpoint appended");
          return sequence;
        };
        return { ledger, checkpoints: { ...checkpoints, append } };
      },
    },
    signal,
  );
});
