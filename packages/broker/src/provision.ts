import { type AccountId, LeixError, STREAMS } from "@leix/protocol";
import { JetStreamApiError, type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { READER_API } from "./accounts/roles.ts";
import { toRequestError } from "./broker-error.ts";
import {
  type NamedConsumer,
  type StreamSizes,
  toWantedConsumers,
  toWantedOutConsumer,
  toWantedStreams,
} from "./streams.ts";

/**
 * Creates the six streams; one that exists as wanted is left as it is, also a LEDGER whose beginning was put
 * away. Needs the role `provisioner`. Throws broker/refused when a stream exists with other settings: nothing
 * here ever changes a stream. Throws broker/no-answer when the broker does not answer: repeating is harmless,
 * as with everything here.
 */
export async function createStreams(nc: NatsConnection, sizes: StreamSizes): Promise<void> {
  const manager = await openManager(nc);
  for (const config of toWantedStreams(sizes)) {
    await attempt(`stream ${config.name}`, async () => {
      const first_seq = config.name === STREAMS.ledger ? await findFirstSequence(manager) : undefined;
      await manager.streams.add(first_seq ? { ...config, first_seq } : config);
    });
  }
}

/** Of a LEDGER that was made to begin later than at 1; the same stream to the server only with that. */
async function findFirstSequence(manager: JetStreamManager): Promise<number | undefined> {
  const info = await attemptInfo(() => manager.streams.info(STREAMS.ledger));
  return info?.config.first_seq;
}

/**
 * Makes sure that both consumers of an account exist as wanted. Repeating it changes nothing, and restores a
 * consumer that is missing. Needs the role `registry`.
 */
export async function ensurePartyConsumers(nc: NatsConnection, account: AccountId): Promise<void> {
  await ensureConsumers(nc, toWantedConsumers(account));
}

/**
 * The same for the account of the exchange's own clock, which sends and is sent nothing. Needs the role
 * `registry`.
 */
export async function ensureClockConsumer(nc: NatsConnection, account: AccountId): Promise<void> {
  await ensureConsumers(nc, [toWantedOutConsumer(account)]);
}

async function ensureConsumers(nc: NatsConnection, consumers: readonly NamedConsumer[]): Promise<void> {
  const manager = await openManager(nc);
  for (const { stream, config } of consumers) {
    await attempt(`consumer ${stream}/${config.durable_name}`, () => manager.consumers.add(stream, config));
  }
}

/** One setting that is not as it should be. */
export interface Difference {
  /** `stream LEDGER` or `consumer OUT/A…`. */
  readonly of: string;
  readonly setting: string;
  readonly wanted: unknown;
  /** Undefined when there is no such stream or consumer. */
  readonly actual: unknown;
}

export interface WantedBroker {
  readonly sizes: StreamSizes;
  /** Of parties. */
  readonly accounts: readonly AccountId[];
  /** Of the exchange's own clock. */
  readonly clock?: AccountId;
}

/**
 * Compares the streams, and the consumers of these accounts, with what they should be. Needs the role
 * `monitor`.
 */
export async function compareBroker(nc: NatsConnection, wanted: WantedBroker): Promise<Difference[]> {
  const manager = await openManager(nc, READER_API);
  const differences: Difference[] = [];
  for (const config of toWantedStreams(wanted.sizes)) {
    const info = await attemptInfo(() => manager.streams.info(config.name));
    differences.push(...compareSettings(`stream ${config.name}`, { ...config }, info?.config));
  }
  const consumers = [
    ...wanted.accounts.flatMap(toWantedConsumers),
    ...(wanted.clock ? [toWantedOutConsumer(wanted.clock)] : []),
  ];
  for (const { stream, config } of consumers) {
    const info = await attemptInfo(() => manager.consumers.info(stream, config.durable_name));
    differences.push(
      ...compareSettings(`consumer ${stream}/${config.durable_name}`, { ...config }, info?.config),
    );
  }
  return differences;
}

/**
 * Every wanted setting that the actual ones do not have. The server leaves out what is false, zero or empty.
 */
export function compareSettings(
  of: string,
  wanted: Readonly<Record<string, unknown>>,
  actual: object | undefined,
): Difference[] {
  if (actual === undefined) return [{ of, setting: "exists", wanted: true, actual: undefined }];
  const has: Readonly<Record<string, unknown>> = { ...actual };
  return Object.entries(wanted)
    .filter(([setting, value]) => !isSame(value, has[setting]))
    .map(([setting, value]) => ({ of, setting, wanted: value, actual: has[setting] }));
}

function isSame(wanted: unknown, actual: unknown): boolean {
  if (actual === undefined) return wanted === false || wanted === 0;
  return JSON.stringify(wanted) === JSON.stringify(actual);
}

/** Without the check that asks for `$JS.API.INFO`: none of our users may. */
export function openManager(nc: NatsConnection, apiPrefix = "$JS.API"): Promise<JetStreamManager> {
  return jetstreamManager(nc, { checkAPI: false, apiPrefix });
}

async function attemptInfo<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof JetStreamApiError && cause.status === 404) return undefined;
    throw toBrokerError("reading the settings", cause);
  }
}

/** Throws `broker/refused` for what the server refused, `broker/no-answer`. */
export async function attempt<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw toBrokerError(what, cause);
  }
}

function toBrokerError(what: string, cause: unknown): LeixError {
  if (cause instanceof JetStreamApiError) {
    return new LeixError("broker/refused", `${what}: ${cause.code} ${cause.message}`, { cause });
  }
  return toRequestError(what, cause);
}
