import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { BrokerAccess, ConnectionEvent } from "@leix/broker";
import {
  type AgencyId,
  type AgencyStatement,
  invariant,
  LeixError,
  type MessageId,
  type MessageRef,
  type SigningKey,
} from "@leix/protocol";
import { listEndingSoon, loadPartyFolder, PARTY_FILES, type PassphraseSource } from "@leix/runtime";
import { type Archive, createArchive, type SentMessage } from "./archive.ts";
import { type Bell, createBell } from "./bell.ts";
import { createChain } from "./chain.ts";
import { type ComposeOptions, compose } from "./compose.ts";
import { dispatch } from "./dispatch.ts";
import type { Draft } from "./draft.ts";
import type { NodeEvent, OnNodeEvent } from "./events.ts";
import { explainMessage, type MessageExplanation } from "./explain.ts";
import { createNodeHealth } from "./health.ts";
import { type Identity, loadIdentity } from "./identity.ts";
import { createKeyChoice } from "./key-choice.ts";
import { openMembership } from "./membership.ts";
import { createNatsPost } from "./nats-post.ts";
import type { OfficerName } from "./officer.ts";
import { listKeyEnds, refuseEndedKey } from "./own-keys.ts";
import type { Post } from "./ports.ts";
import { refuseBehind } from "./resume-chain.ts";
import { eraseOnWord } from "./retention.ts";
import { type RunChoices, type RunOptions, refreshMembership, runNode } from "./run-node.ts";
import type { SentRow } from "./store/outbox.ts";
import { openStore, type Store } from "./store.ts";
import { createWitness, type Witness } from "./witness.ts";

export interface NodeOptions {
  /** The agency's own folder: keys, certificates, and the node's store. */
  readonly folder: string;
  /** Where the broker is, instead of what the folder says. */
  readonly natsUrl?: string;
  /** Of the folder's encrypted secrets, where they are opened elsewhere, too: a person is asked once. */
  readonly askPassphrase?: PassphraseSource;
  readonly onEvent?: OnNodeEvent;
  /** How long to keep trying for the first connection. Default 0: one try. */
  readonly connectWaitMs?: number;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  readonly randomBytes?: (count: number) => Uint8Array;
  /** The exchange, by another way than NATS. */
  readonly post?: Post;
}

/** What an officer can say of a message that was received. */
export type OfficerWord = "read" | "rectified" | "erased" | "restricted";

/** A message on its way. Until it is `received` it is only here, and is sent again until it is. */
export interface Sent {
  readonly ref: MessageRef;
  readonly status: "stored" | "received";
}

/**
 * One agency's part of the exchange. Several nodes may share one folder: a service, and a person's command
 * line.
 */
export interface AgencyNode extends AsyncDisposable {
  readonly agency: AgencyId;
  /** What was sent and received so far; needs no broker. */
  readonly archive: Archive;
  /** The agency as a witness of the ledger. */
  readonly witness: Witness;
  /**
   * Encrypts, signs and stores the message, then hands it to the exchange: on return it will be sent,
   * whatever happens to this process. Copies to the single points of contact are added where they are owed,
   * unless the draft says why they are withheld. Throws, before anything is stored, `input/too-large`,
   * `claims/recipients`, the `claims/group-` codes, `client/recipient-unusable`, `client/not-found` (re),
   * `body/form`, `input/schema`, `client/chain-behind`, and `jws/key-not-valid` where the agency's signing
   * key has ended.
   */
  send(draft: Draft): Promise<Sent>;
  /**
   * An officer's word on a message that was received, or on what a correction or a notice asks to be done
   * about it, sent to its sender. `erased` takes the text out of the store first, for ever; the others are
   * said, and what they say is done elsewhere. Throws as `send` does, and `client/store-unusable` where
   * what is erased cannot be proven gone: then nothing is said.
   */
  acknowledge(ref: MessageRef, status: OfficerWord, officer: OfficerName): Promise<Sent>;
  /**
   * Settles when the message's decision or rejection is in the store, or that of the message which was sent
   * in its place because its key had been replaced meanwhile; `run` has to be under way, here or in
   * another process. Throws `client/decision-timeout`: nothing is lost by that.
   */
  waitForDecision(ref: MessageRef, timeoutMs: number): Promise<SentMessage>;
  /**
   * Receives, verifies, acknowledges and sends again until the signal is aborted. Throws what cannot be
   * mended by going on: `ledger/rolled-back`, `broker/unreachable` (at the start only), a store that cannot
   * be written.
   */
  run(signal: AbortSignal, choices?: RunChoices): Promise<void>;
  /** What keeps it from its work at the moment; empty when all is well. */
  problems(): readonly string[];
  /** Asks for newer membership, which `send` and `run` do by themselves. */
  refreshMembership(): Promise<number>;
  /** The agency's own newest statement, as far as this node knows. */
  findStatement(): AgencyStatement | undefined;
  /** What became of a message and why. Throws as `archive.find` does. */
  explain(id: string, language?: string): MessageExplanation;
}

/** What decides for another process may have written it. */
const LOOK_AGAIN_MS = 100;
const SEND_ATTEMPTS_MAX = 3;

/**
 * Loads the folder and the store; connects at the first use of the broker. Throws `config/` codes,
 * `client/store-unusable`.
 */
export async function createNode(options: NodeOptions): Promise<AgencyNode> {
  const folder = await loadPartyFolder(options.folder, options.natsUrl, options.askPassphrase);
  const identity = await loadIdentity(folder);
  const [changed, arrived, reconnected] = [createBell(), createBell(), createBell()];
  const health = createNodeHealth();
  const onEvent = (event: NodeEvent) => {
    health.note(event);
    if (event.kind === "broker.changed" && event.change.kind === "reconnected") reconnected.ring();
    options.onEvent?.(event);
  };
  await using resources = new AsyncDisposableStack();
  const store = resources.use(openStore(join(options.folder, PARTY_FILES.store)));
  const post = options.post ?? resources.use(openPost(folder.access, identity, options, onEvent));
  const membership = await openMembership(identity.trust, store, post);
  const clock = options.clock ?? Date.now;
  const toComposeOptions = () => ({
    identity,
    nowMs: clock(),
    randomBytes: options.randomBytes ?? randomBytes,
    findKey: membership.findEncryptionKey,
    findSpoc: membership.findSpoc,
    findGroup: membership.findGroup,
    isActive: membership.isActive,
    findThread: (ref: MessageRef) => findThread(store, identity, ref),
  });
  const findSigningKey = createKeyChoice({
    agency: identity.agency,
    use: "sig",
    first: identity.signingKey,
    load: identity.loadSigningKeys,
    membership,
    clock,
  });
  const forksFolder = join(options.folder, PARTY_FILES.forks);
  const witness = await createWitness({ identity, store, membership, post, forksFolder, onEvent, clock });
  const context: NodeContext = {
    identity,
    membership,
    store,
    post,
    onEvent,
    clock,
    arrived,
    reconnected,
    changed: changed.ring,
    waitForChange: changed.wait,
    findSigningKey,
    randomBytes: options.randomBytes ?? randomBytes,
    chain: createChain(store, findSigningKey),
    compose: toComposeOptions,
    witness,
    problems: () => [
      ...health.problems(),
      ...witness.problems(),
      ...(store.chainEnd.findMissing() ? ["nothing is signed any more: client/chain-behind"] : []),
      ...listEndingSoon(
        listKeyEnds(membership.findAgency(identity.agency)?.keys ?? [], identity.agency),
        clock(),
      ),
    ],
  };
  return toNode(context, resources.move());
}

interface NodeContext extends RunOptions {
  readonly compose: () => ComposeOptions;
  readonly findSigningKey: () => Promise<SigningKey>;
  readonly waitForChange: Bell["wait"];
  readonly problems: () => readonly string[];
  readonly witness: Witness;
}

function toNode(context: NodeContext, resources: AsyncDisposableStack): AgencyNode {
  const { identity, store, membership } = context;
  const archive = createArchive(store, identity, context.clock);
  return {
    agency: identity.agency,
    archive,
    witness: context.witness,
    send: (draft) => send(draft, context),
    acknowledge: (re, status, officer) =>
      send({ kind: "acknowledgement", to: [re.iss], re, status, officer }, context),
    async waitForDecision({ id }, timeoutMs) {
      const deadline = performance.now() + timeoutMs;
      let last = findLast(store, id);
      while (last?.decision === null) {
        if (performance.now() >= deadline) throw new LeixError("client/decision-timeout", id);
        await context.waitForChange(LOOK_AGAIN_MS);
        last = findLast(store, id);
      }
      return archive.getSent(last?.id ?? id);
    },
    run: (signal, choices) => runNode(context, signal, choices),
    problems: context.problems,
    refreshMembership: () => membership.refresh(),
    findStatement: () => membership.findAgency(identity.agency),
    explain: (id, language = "en") => explainMessage(archive.find(id), archive.listNotices(), language),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** A message, or the one that was sent in its place. */
function findLast({ outbox }: Pick<Store, "outbox">, id: MessageId): SentRow | undefined {
  const row = outbox.get(id);
  return row?.replacedBy ? findLast({ outbox }, row.replacedBy) : row;
}

/** Stored before sent: a crash in between, and the message is sent at the next start. */
async function send(draft: Draft, context: NodeContext): Promise<Sent> {
  const { membership, chain, identity, onEvent, store } = context;
  refuseBehind(store);
  if (draft.kind === "acknowledgement" && draft.status === "erased") eraseOnWord(context, draft.re);
  if (membership.count === 0) await membership.refresh();
  await refreshMembership(context);
  const composeOptions = context.compose();
  const { kid } = await context.findSigningKey();
  refuseEndedKey(membership, identity.agency, kid, composeOptions.nowMs);
  const message = await chain.append(await compose(draft, composeOptions), composeOptions.nowMs);
  invariant(message, "nothing stands against a message that a person sends");
  onEvent({ kind: "message.stored", messageId: message.id, messageKind: message.kind });
  let hindrance = await dispatch(message.id, context);
  for (let i = 1; i < SEND_ATTEMPTS_MAX && hindrance === "broker/not-acknowledged"; i++) {
    hindrance = await dispatch(message.id, context);
  }
  const ref = { iss: identity.agency, id: message.id, digest: message.digest };
  return { ref, status: hindrance === undefined ? "received" : "stored" };
}

/** Only what it has sent, or received and believed, can this agency refer to. */
function findThread(store: Store, { agency }: Identity, ref: MessageRef) {
  if (ref.iss === agency) {
    const sent = store.outbox.get(ref.id);
    return sent?.digest === ref.digest ? sent.thread : undefined;
  }
  const received = store.inbox.get(ref.iss, ref.id);
  return received?.digest === ref.digest && received.status !== "unverifiable"
    ? (received.thread ?? undefined)
    : undefined;
}

function openPost(
  access: BrokerAccess,
  { agency, account }: Identity,
  { connectWaitMs = 0 }: NodeOptions,
  onEvent: OnNodeEvent,
): ReturnType<typeof createNatsPost> {
  const onChange = (change: ConnectionEvent) => onEvent({ kind: "broker.changed", change });
  return createNatsPost({ access, account, name: agency, connectWaitMs, onChange });
}
