import { LeixError } from "@leix/protocol";
import { type StartBrokerOptions, startBroker } from "./start-broker.ts";

/** The network's nats-server, started again whenever it ends unasked. `await using` stops it. */
export interface BrokerProcess extends AsyncDisposable {
  readonly pid: number;
  /** Ends it at once, as a crash would, and waits; it is started again by itself. */
  kill(): Promise<void>;
  pause(): void;
  resume(): void;
  /** Ends it for good, in order. */
  stop(): Promise<void>;
}

const RESTART_ATTEMPTS_MAX = 5;

/**
 * Throws as `startBroker` where it does not start the first time; later failures are said, and tried again.
 */
export async function superviseBroker(
  dir: string,
  options: StartBrokerOptions & { readonly ending?: AbortSignal },
): Promise<BrokerProcess> {
  let server = await startBroker(dir, options);
  const stopping = new AbortController();
  const last = AbortSignal.any([stopping.signal, ...(options.ending ? [options.ending] : [])]);
  const lives = (async () => {
    for (let failures = 0; failures < RESTART_ATTEMPTS_MAX; ) {
      const { code, signal } = await server.exited;
      if (last.aborted) return;
      options.say(`nats-server ended (${signal ?? `exit code ${code}`}) and is started again`);
      try {
        server = await startBroker(dir, options);
        failures = 0;
        if (last.aborted) await server.stop();
      } catch (error) {
        if (!(error instanceof LeixError)) throw error;
        failures++;
        options.say(error.explain());
      }
    }
  })();
  const stop = async (): Promise<void> => {
    stopping.abort();
    server.resume();
    await server.stop();
    await lives;
  };
  return {
    get pid() {
      return server.pid;
    },
    kill: () => server.kill(),
    pause: () => server.pause(),
    resume: () => server.resume(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
