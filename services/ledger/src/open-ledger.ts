import { answerParties, connectBroker, hearQuestions, watchConnection } from "@leix/broker";
import { createState, listLogKeys, listLogKeysOf, type State } from "@leix/exchange";
import type { LedgerWriter, LogKeys } from "@leix/ledger-store";
import { encodeLogRefusal, LeixError, LOG_SUBJECT } from "@leix/protocol";
import { createRateLimit, type RateLimit, untilAborted } from "@leix/runtime";
import { encodeVerifierKey } from "@leix/tlog";
import { isAlarm } from "./alarm.ts";
import { createCheckpointKeeper } from "./checkpoint-keeper.ts";
import { type Cosignatures, createCosignatures } from "./cosignatures.ts";
import { createCosignedFile } from "./cosigned-file.ts";
import type { LedgerEvents } from "./events.ts";
import type { LedgerFolder } from "./ledger-folder.ts";
import { createLedgerService, type LedgerService } from "./ledger-service.ts";
import {
  QUESTIONS_AT_ONCE_MAX,
  QUESTIONS_PER_SECOND,
  REQUESTS_AT_ONCE_MAX,
  REQUESTS_PER_SECOND,
  UNCOVERED_MS_MAX,
} from "./limits.ts";
import { createLogAnswers, createLogListener } from "./log-answers.ts";
import { createLogIdentity, type LogIdentity } from "./log-identity.ts";
import { createKeyFinder } from "./log-keys.ts";
import { type Connection, createNatsPorts } from "./nats-log.ts";
import type { CosignedMemory } from "./ports.ts";
import { createPublicLog, type PublicLog } from "./public-log.ts";
import { resumeFrom } from "./resume.ts";
import { serveLog } from "./serve-log.ts";
import { untilWriter } from "./standby.ts";

export interface OpenLedgerOptions {
  readonly folder: LedgerFolder;
  readonly events: LedgerEvents;
  /** Where the log is served over HTTPS; nowhere where it is left out. Port 0 is a free one. */
  readonly serve?: { readonly listen: string; readonly port: number } | undefined;
  /** LEDGER and CHECKPOINT over the connection. */
  readonly createPorts?: typeof createNatsPorts;
}

/** One instance of the ledger service, until its run ends. */
export interface OpenLedger {
  /**
   * Waits until the store is free, then keeps it, the checkpoints, and the answers. Where the ledger is not
   * to be believed it says so, signs nothing more, and stays for readers.
   */
  run(signal: AbortSignal): Promise<void>;
  readonly port: number | undefined;
  /** For health: what an operator has to look at. */
  problems(): readonly string[];
  /** Does it not know yet whether LEDGER is what it was? One that waits for the store has nothing to know. */
  isStarting(): boolean;
}

const FIRST_CONNECT_WAIT_MS = 60_000;
const REQUEST_RATE = { perSecond: REQUESTS_PER_SECOND, atOnceMax: REQUESTS_AT_ONCE_MAX };
const QUESTION_RATE = { perSecond: QUESTIONS_PER_SECOND, atOnceMax: QUESTIONS_AT_ONCE_MAX };

/** What an instance has from its start to its end. */
interface Instance extends OpenLedgerOptions {
  readonly identity: LogIdentity;
  readonly findKeys: LogKeys;
  readonly publicLog: PublicLog;
  readonly state: State;
  readonly memory: CosignedMemory;
  /** Of what is asked over HTTPS. */
  readonly requestLimit: RateLimit;
  readonly status: Status;
}

interface Status {
  isAway: boolean;
  stopped?: { readonly size: number; readonly error: LeixError };
  service?: LedgerService;
  /** Another instance writes the store. */
  isStandby?: boolean;
}

/** Serves what is published from the start, whoever writes the store. */
export async function openLedger(options: OpenLedgerOptions, signal: AbortSignal): Promise<OpenLedger> {
  const { folder, events, serve } = options;
  const { aud, anchorKey, anchorAccount } = folder.party;
  const state = createState({ aud, anchorKey, anchorAccount });
  const findKeys = createKeyFinder(state, folder.store);
  const clock = (): number => performance.now();
  const instance: Instance = {
    ...options,
    ...{ state, findKeys },
    identity: await createLogIdentity(aud, folder.key, (size) => listLogKeysOf(state, size)),
    publicLog: createPublicLog(folder.store, findKeys),
    memory: createCosignedFile(folder.folder, events.forgotten),
    requestLimit: createRateLimit(clock, REQUEST_RATE),
    status: { isAway: false },
  };
  const { publicLog, memory, requestLimit, status } = instance;
  const served = serve
    ? await serveLog(
        {
          ...serve,
          tls: folder.tls,
          state: () => (state.head.index > 0 ? state : undefined),
          ...{ publicLog, cosigned: memory, rateLimit: requestLimit, events },
        },
        signal,
      )
    : undefined;
  return {
    run: (ending) => runInstance(instance, ending),
    port: served?.port,
    problems: () => [...toProblems(status), ...listKeyProblems(instance)],
    isStarting: () => isStarting(status),
  };
}

async function runInstance(instance: Instance, signal: AbortSignal): Promise<void> {
  const { folder, findKeys, events, publicLog, state, status } = instance;
  await using resources = new AsyncDisposableStack();
  try {
    const onLook = async (): Promise<void> => {
      const reader = await publicLog.refresh();
      if (reader) await resumeFrom(state, reader);
    };
    const onWait = async (): Promise<void> => {
      await onLook();
      status.isStandby = true;
    };
    const waiting = { folder: folder.store, log: findKeys, events, onLook: onWait };
    const writer = await untilWriter(waiting, signal);
    if (!writer) return;
    status.isStandby = false;
    resources.use(writer);
    await onLook();
    await keepLog(instance, writer, resources, signal);
  } catch (error) {
    if (!isAlarm(error)) throw error;
    const size = publicLog.reader?.head.size ?? 0;
    status.stopped = { size, error };
    events.stopped(size, error.code, error.detail);
    await untilAborted(signal);
  }
}

/** As the store's writer, over a connection of its own. */
async function keepLog(
  instance: Instance,
  writer: LedgerWriter,
  resources: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<void> {
  const { events, publicLog, state, memory, status, identity } = instance;
  const last = await resumeFrom(state, writer.openReader());
  const nc = resources.adopt(await connect(instance, signal), (connection) => connection.close());
  const watch = watchConnection(nc);
  resources.defer(() => watch.close());
  const { ledger, checkpoints } = (instance.createPorts ?? createNatsPorts)(nc, watch);
  const republish = async (note: Uint8Array, size: number): Promise<void> => {
    if (writer.published?.size !== size) return;
    await writer.publish(note).catch(ignoreOlder);
    await publicLog.refresh();
  };
  const now = (): number => Math.floor(Date.now() / 1_000);
  const cosignatures = createCosignatures({ state, memory, events, now, republish });
  const onPublished = async (): Promise<void> => {
    const reader = await publicLog.refresh();
    if (reader) await cosignatures.notePublished(reader);
  };
  const toPublic = (note: Uint8Array, size: number) => cosignatures.toPublic(note, size);
  const keeper = createCheckpointKeeper({ writer, checkpoints, identity, events, toPublic });
  const clock = (): number => performance.now();
  const service = createLedgerService({
    ...{ writer, state, last, ledger, keeper, events, clock, onPublished },
    maySign: () => isNamed(instance),
  });
  status.service = service;
  events.started(writer.head.size, writer.published?.size ?? 0);
  const answering = answerQuestions(nc, instance, cosignatures, signal);
  try {
    await service.run(signal);
  } catch (error) {
    if (!isAlarm(error)) throw error;
    status.stopped = { size: writer.head.size, error };
    events.stopped(writer.head.size, error.code, error.detail);
  }
  await untilAborted(signal);
  await answering;
}

/** Until the signal is aborted. */
async function answerQuestions(
  nc: Connection,
  { state, publicLog, events }: Instance,
  cosignatures: Cosignatures,
  signal: AbortSignal,
): Promise<void> {
  const clock = (): number => performance.now();
  const createOptions = () => {
    const rateLimit = createRateLimit(clock, QUESTION_RATE);
    return { state, publicLog, cosignatures, events, rateLimit };
  };
  const options = { signal, onError: events.failed };
  const busy = encodeLogRefusal("ledger/too-many-requests");
  await Promise.all([
    answerParties(nc, LOG_SUBJECT, createLogAnswers(createOptions()), { ...options, busy }),
    hearQuestions(nc, LOG_SUBJECT, createLogListener(createOptions()), options),
  ]);
}

/** A newer checkpoint came first: this one is not public any more. */
function ignoreOlder(error: unknown): void {
  if (!(error instanceof LeixError) || error.code !== "ledger/checkpoint-older") throw error;
}

function connect({ folder, events, status }: Instance, signal: AbortSignal): Promise<Connection> {
  return connectBroker(folder.access, {
    name: "ledger",
    signal,
    firstConnectWaitMs: FIRST_CONNECT_WAIT_MS,
    onEvent: (event) => {
      events.connection(event);
      if (event.kind === "disconnected") status.isAway = true;
      if (event.kind !== "reconnected") return;
      status.isAway = false;
      status.service?.reconnected();
    },
  });
}

/** Is its key one that the ledger has for it now? */
function isNamed({ state, identity }: Instance): boolean {
  return listLogKeys(state, Math.floor(Date.now() / 1_000)).some((key) => {
    return encodeVerifierKey(key) === identity.log;
  });
}

function listKeyProblems(instance: Instance): string[] {
  // The statement about this service comes after the anchor's.
  if (instance.state.head.index < 2 || isNamed(instance)) return [];
  return ["its key is not one that the ledger has for it now, so it signs nothing: jws/key-unknown"];
}

function isStarting({ service, stopped, isStandby }: Status): boolean {
  return !stopped && !isStandby && service?.isCompared !== true;
}

function toProblems(status: Status): string[] {
  const { isAway, stopped, service } = status;
  const uncoveredMs = service?.uncoveredMs() ?? 0;
  const isBehind = uncoveredMs > UNCOVERED_MS_MAX && !stopped;
  return [
    ...(isStarting(status) ? ["LEDGER is still to be compared with the store"] : []),
    ...(isAway ? ["no connection to the broker"] : []),
    ...(stopped ? [`nothing is signed any more, after record ${stopped.size}: ${stopped.error.code}`] : []),
    ...(isBehind ? [`no checkpoint for ${Math.floor(uncoveredMs / 1_000)} s, and there are records`] : []),
  ];
}
