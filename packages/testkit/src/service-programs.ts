import { join } from "node:path";
import { NETWORK_FILES } from "@leix/runtime";
import type { TestExchange } from "./exchange.ts";
import { startProgram, type TestProgram } from "./program.ts";

/** A place in the work of a round; `before` and `after` each call of a port. */
export type FaultPlace =
  `${"before" | "after"} ${"record" | "delivery" | "quarantine" | "acknowledgement" | "tick"}`;

/** What happens when a place is reached for the n-th time. */
export interface Fault {
  readonly at: FaultPlace;
  readonly time: number;
  /**
   * `kill`: as a crash. `stop`: it stands still until it is woken. `lost answer`: the port says that it
   * cannot know.
   */
  readonly what: "kill" | "stop" | "lost answer";
}

/** What the program is told, in JSON, as its only argument. */
export interface FaultOrder {
  readonly network: string;
  readonly natsUrl: string;
  readonly faults: readonly Fault[];
  /**
   * Digests of inputs, of their bytes or of their signing inputs. They make one round, whenever they come,
   * and nothing counts before it. Without them everything counts from the start.
   */
  readonly about?: readonly string[];
  /** Nothing counts before the first tick of the clock is to be published. */
  readonly fromTick?: boolean;
  /** Nothing counts before the first summary of a flood is to be recorded. */
  readonly fromFlood?: boolean;
  /** Since then its clock goes so many times as fast as it should: a minute takes a moment. */
  readonly hurry?: { readonly sinceMs: number; readonly times: number };
  /** Digests of inputs that end the process whenever it looks at them. */
  readonly deadly?: readonly string[];
  /**
   * It starts as if the ledger had no record yet: like one that was there before the genesis, of which
   * another has taken everything.
   */
  readonly startsEmpty?: boolean;
}

/** The same for the ledger service: at which of its writes it dies, counted from 0. */
export interface LedgerFaultOrder {
  readonly network: string;
  readonly natsUrl?: string;
  readonly store?: string;
  /**
   * Writes count from its start, from when the store is open and its end was found, or from when a checkpoint
   * is public.
   */
  readonly from: "start" | "open" | "published";
  readonly killAt: number;
}

const STARTED = '"event":"policy.started"';

/**
 * The policy service as it is, but for ports that come to harm where they are told to. A line `fault: …`
 * tells of each fault as it comes.
 */
export function startFaultyPolicy(
  exchange: TestExchange,
  harm: Omit<FaultOrder, "network" | "natsUrl">,
): Promise<TestProgram> {
  const order: FaultOrder = { network: exchange.dir, natsUrl: exchange.broker.natsUrl, ...harm };
  return startProgram({
    file: new URL("../../../services/policy/src/faulty-policy.testkit.ts", import.meta.url),
    args: [JSON.stringify(order)],
    logFile: join(exchange.dir, NETWORK_FILES.log, "policy-faulty.log"),
  });
}

/**
 * What the program told last of its faults, without `fault: `. Not the last line: a service writes its log on
 * another thread, which a `kill` may find at it.
 */
export function findLastFault({ lines }: TestProgram): string | undefined {
  const prefix = "fault: ";
  return lines.findLast((line) => line.startsWith(prefix))?.slice(prefix.length);
}

/** The policy service itself, once it has folded the ledger. */
export async function startPolicy(exchange: TestExchange, name = "policy"): Promise<TestProgram> {
  const program = await startProgram({
    file: new URL("../../../services/policy/src/main.ts", import.meta.url),
    env: { LEIX_NETWORK: exchange.dir, LEIX_NATS_URL: exchange.broker.natsUrl },
    logFile: join(exchange.dir, NETWORK_FILES.log, `${name}.log`),
  });
  await program.untilSaid(STARTED);
  return program;
}

/** An agency's node as a process of its own, once it has the membership. */
export async function startAgency(
  exchange: TestExchange,
  agency: string,
  natsUrl = exchange.broker.natsUrl,
): Promise<TestProgram> {
  const program = await startProgram({
    file: new URL("../../../services/agency/src/main.ts", import.meta.url),
    env: { LEIX_NETWORK: exchange.dir, LEIX_NATS_URL: natsUrl, LEIX_AGENCY: agency },
    logFile: join(exchange.dir, NETWORK_FILES.log, `${agency}.log`),
  });
  await program.untilSaid('"event":"agency.started"');
  return program;
}

/** The ledger service as it is, until the write at which it is told to die. */
export function startFaultyLedger(order: LedgerFaultOrder): Promise<TestProgram> {
  return startProgram({
    file: new URL("../../../services/ledger/src/faulty-ledger.testkit.ts", import.meta.url),
    args: [JSON.stringify(order)],
    logFile: join(order.network, NETWORK_FILES.log, "ledger-faulty.log"),
  });
}

export interface LedgerProgramOptions {
  /** Another folder of tiles and records than the network's own: a second machine. */
  readonly store?: string;
  /** Where it serves the log. */
  readonly port?: number;
  /** Of its log file. */
  readonly name?: string;
}

/** The ledger service itself, on a network folder. */
export function startLedger(network: string, options: LedgerProgramOptions = {}): Promise<TestProgram> {
  const { store, port, name = "ledger" } = options;
  return startProgram({
    file: new URL("../../../services/ledger/src/main.ts", import.meta.url),
    env: {
      LEIX_NETWORK: network,
      ...(store === undefined ? {} : { LEIX_LEDGER_STORE: store }),
      ...(port === undefined ? {} : { LEIX_LOG_PORT: String(port), LEIX_LOG_LISTEN: "127.0.0.1" }),
    },
    logFile: join(network, NETWORK_FILES.log, `${name}.log`),
  });
}
