import { waitUntil } from "@leix/testkit";
import type { LedgerEvents } from "./events.ts";
import { type LedgerFolder, loadLedgerFolder } from "./ledger-folder.ts";
import type { createNatsPorts } from "./nats-log.ts";
import { openLedger } from "./open-ledger.ts";

export interface TestInstanceOptions {
  /** Another folder than the network's own: a second machine. */
  readonly store?: string;
  readonly createPorts?: typeof createNatsPorts;
}

/** One instance of the service in this process, serving over HTTPS, and what it said. */
export interface TestInstance extends AsyncDisposable {
  readonly folder: LedgerFolder;
  readonly said: readonly string[];
  readonly port: number;
  problems(): readonly string[];
  until(text: string): Promise<string>;
  /** Until a checkpoint of at least this size is public. */
  untilPublished(size: number): Promise<void>;
}

export async function startInstance(
  { dir }: { readonly dir: string },
  options: TestInstanceOptions = {},
): Promise<TestInstance> {
  const said: string[] = [];
  let published = 0;
  const events: LedgerEvents = {
    waitingForStore: () => void said.push("waiting for the store"),
    started: (size, before) => void said.push(`started ${size} ${before}`),
    appended: (size, count) => void said.push(`appended ${size} ${count}`),
    compared: (size) => void said.push(`compared ${size}`),
    published: (size) => {
      published = size;
      said.push(`published ${size}`);
    },
    raced: (size, code) => void said.push(`raced ${size} ${code}`),
    cosigned: (size, count) => void said.push(`cosigned ${size} ${count}`),
    forgotten: ({ code }) => void said.push(`forgotten ${code}`),
    stopped: (size, code) => void said.push(`stopped ${size} ${code}`),
    waiting: () => undefined,
    refused: (_party, code) => void said.push(`refused ${code}`),
    failed: (error) => void said.push(`failed ${error}`),
    reloaded: () => void said.push("reloaded"),
    connection: ({ kind }) => void said.push(kind),
  };
  const controller = new AbortController();
  const folder = await loadLedgerFolder(dir, { store: options.store });
  const { createPorts } = options;
  const instance = await openLedger(
    { folder, events, serve: { listen: "127.0.0.1", port: 0 }, ...(createPorts ? { createPorts } : {}) },
    controller.signal,
  );
  let failure: unknown;
  const ended = instance.run(controller.signal).catch((error: unknown) => {
    failure = error;
  });
  const look = <T>(what: string, find: () => T): Promise<NonNullable<Exclude<T, false>>> => {
    return waitUntil(`${what}; it said ${said.join(", ")}`, () => {
      if (failure !== undefined) throw failure;
      return find();
    });
  };
  return {
    folder,
    said,
    port: instance.port ?? 0,
    problems: () => instance.problems(),
    until: (text) => look(text, () => said.find((line) => line.startsWith(text))),
    untilPublished: async (size) => void (await look(`published ${size}`, () => published >= size)),
    async [Symbol.asyncDispose]() {
      controller.abort();
      await ended;
      if (failure !== undefined) throw failure;
    },
  };
}
