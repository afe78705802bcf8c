import { once } from "node:events";
import type { Logger } from "./logger.ts";

/** Something with a life: it runs until the signal is aborted, then settles. */
export interface Service {
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Runs a service until SIGTERM or SIGINT. An error ends the process with exit code 1: whoever started it
 * starts it again, and starting again is how it recovers.
 */
export async function runService(
  logger: Logger,
  create: (signal: AbortSignal) => Promise<Service>,
): Promise<void> {
  const controller = new AbortController();
  const stop = () => controller.abort(new Error("stopped by a signal"));
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  // Where `leix network up` started it: a supervisor that is gone could never stop it.
  process.once("disconnect", stop);
  try {
    const service = await create(controller.signal);
    await service.run(controller.signal);
    logger.info({ event: "service.stopped" });
  } catch (error) {
    if (controller.signal.aborted) {
      logger.info({ event: "service.stopped" });
      return;
    }
    logger.fatal({ event: "service.failed", err: error });
    process.exitCode = 1;
  } finally {
    controller.abort();
    process.off("SIGTERM", stop);
    process.off("SIGINT", stop);
    process.off("disconnect", stop);
  }
}

/** Settles when the signal is aborted. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}
