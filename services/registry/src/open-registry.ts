import { answerParties, type ConnectionEvent, connectBroker } from "@leix/broker";
import { type AccountId, LeixError, RULES_SUBJECT } from "@leix/protocol";
import { untilAborted } from "@leix/runtime";
import { createSeenFile } from "@leix/seen-ledger";
import { certify, parseCertificateQuestion } from "./certify.ts";
import type { RegistryEvents } from "./events.ts";
import { createNatsAccounts, createNatsLedger } from "./nats-broker.ts";
import type { RegistryFolder } from "./registry-folder.ts";
import { createRegistryService, type RegistryService } from "./registry-service.ts";
import { encodeRefusal } from "./rules.ts";

/** A registry over a broker, until its run ends. */
export interface Registry {
  run(signal: AbortSignal): Promise<void>;
  readonly ready: Promise<void>;
  problems(): readonly string[];
  warnings(): readonly string[];
  isStarting(): boolean;
}

type Identity = "registry" | "pusher";
const FIRST_CONNECT_WAIT_MS = 60_000;

/** Connects with both identities. Their connections are closed when the run ends. */
export async function openRegistry(
  folder: RegistryFolder,
  events: RegistryEvents,
  signal: AbortSignal,
): Promise<Registry> {
  const away = new Set<Identity>();
  let service: RegistryService | undefined;
  const onEvent = (identity: Identity) => (event: ConnectionEvent) => {
    events.connection(event, identity);
    if (event.kind === "disconnected") away.add(identity);
    if (event.kind !== "reconnected") return;
    away.delete(identity);
    service?.reconnected();
  };
  const connect = (identity: Identity) => {
    const options = { name: identity, signal, firstConnectWaitMs: FIRST_CONNECT_WAIT_MS };
    return connectBroker(folder[identity], { ...options, onEvent: onEvent(identity) });
  };
  await using opening = new AsyncDisposableStack();
  const registry = opening.adopt(await connect("registry"), (nc) => nc.close());
  const pusher = opening.adopt(await connect("pusher"), (nc) => nc.close());
  const { aud, anchorKey, anchorAccount } = folder.party;
  const started = createRegistryService({
    ledger: createNatsLedger(registry),
    memory: createSeenFile(folder.folder),
    accounts: createNatsAccounts(registry, pusher),
    signer: folder.signer,
    trust: { aud, anchorKey, anchorAccount },
    events,
    clock: () => performance.now(),
  });
  service = started;
  const connections = opening.move();
  return {
    ready: started.ready,
    problems: () => [
      ...[...away].map((identity) => `${identity}: no connection to the broker`),
      ...started.problems(),
    ],
    warnings: () => started.warnings(),
    isStarting: () => started.isStarting(),
    async run(runSignal) {
      await using _closedAtTheEnd = connections;
      const failure = new AbortController();
      const either = AbortSignal.any([runSignal, failure.signal]);
      const stopOthers = (work: Promise<void>) => work.finally(() => failure.abort());
      await Promise.all([
        stopOthers(started.run(either)),
        stopOthers(answerMembers(started, folder, events, registry, either)),
      ]);
    },
  };
}

/** Only when the ledger is folded: a member that asks earlier would take a part for the whole. */
async function answerMembers(
  service: RegistryService,
  folder: RegistryFolder,
  events: RegistryEvents,
  registry: Parameters<typeof answerParties>[0],
  signal: AbortSignal,
): Promise<void> {
  await Promise.race([service.ready, untilAborted(signal)]);
  if (signal.aborted) return;
  const answer = async (account: AccountId, question: Uint8Array): Promise<Uint8Array> => {
    const request = parseCertificateQuestion(question);
    if (request === undefined) return service.answer(account, question);
    const party = service.findMember(account);
    const certificate = await certify(party, request, await folder.loadIssuer(), new Date());
    events.certified(party);
    return certificate;
  };
  await answerParties(
    registry,
    RULES_SUBJECT,
    async (account, question) => {
      try {
        return await answer(account, question);
      } catch (error) {
        if (!(error instanceof LeixError)) throw error;
        events.rulesRefused(account, error.code);
        return encodeRefusal(error.code);
      }
    },
    {
      signal,
      onError: (error) => {
        throw error;
      },
    },
  );
}
