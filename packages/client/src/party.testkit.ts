import { join } from "node:path";
import type { AgencyId } from "@leix/protocol";
import { loadPartyFolder, PARTY_FILES } from "@leix/runtime";
import { type Chain, createChain } from "./chain.ts";
import { type Composed, compose } from "./compose.ts";
import type { Draft } from "./draft.ts";
import type { NodeEvent } from "./events.ts";
import type { AgencyName, TestExchange, TestPost } from "./exchange.testkit.ts";
import { type Identity, loadIdentity } from "./identity.ts";
import { type Membership, openMembership } from "./membership.ts";
import type { InboxDelivery } from "./ports.ts";
import type { SignedMessage } from "./store/outbox.ts";
import { openStore, type Store } from "./store.ts";

/** The parts of a node, unassembled. */
export interface TestParty extends Disposable {
  readonly agency: AgencyName;
  readonly folder: string;
  readonly identity: Identity;
  readonly store: Store;
  readonly post: TestPost;
  readonly membership: Membership;
  readonly chain: Chain;
  compose(draft: Draft): Promise<Composed>;
  /** Signs and stores a draft, or what a test made of one; what `send` does before it sends. */
  append(draft: Draft | Composed): Promise<SignedMessage>;
}

/** An agency that knows the membership up to now. */
export async function openTestParty(exchange: TestExchange, agency: AgencyName): Promise<TestParty> {
  const folder = await exchange.copyFolder(agency);
  const identity = await loadIdentity(await loadPartyFolder(folder));
  const store = openStore(join(folder, PARTY_FILES.store));
  const post = exchange.connect(agency);
  const membership = await openMembership(identity.trust, store, post);
  await membership.refresh();
  const chain = createChain(store, async () => identity.signingKey);
  const composeDraft = (draft: Draft) =>
    compose(draft, {
      identity,
      nowMs: exchange.nowMs,
      randomBytes: createRandomBytes(),
      findKey: membership.findEncryptionKey,
      findSpoc: membership.findSpoc,
      findGroup: membership.findGroup,
      isActive: membership.isActive,
      findThread: (ref) => store.inbox.get(ref.iss, ref.id)?.thread ?? store.outbox.get(ref.id)?.thread,
    });
  return {
    agency,
    folder,
    identity,
    store,
    post,
    membership,
    chain,
    compose: composeDraft,
    async append(draft) {
      const composed = "unplaced" in draft ? draft : await composeDraft(draft);
      const message = await chain.append(composed, exchange.nowMs);
      if (!message) throw new Error("not appended");
      return message;
    },
    [Symbol.dispose]: () => store[Symbol.dispose](),
  };
}

let randomSeed = 0;

/** Bytes that differ from call to call and are the same in every run. */
export function createRandomBytes(): (count: number) => Uint8Array {
  return (count) => {
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      randomSeed = (Math.imul(randomSeed, 1_664_525) + 1_013_904_223) >>> 0;
      bytes[i] = randomSeed >>> 24;
    }
    return bytes;
  };
}

export const OFFICER = { name: "A. Hoxha", role: "officer" } as const;

export function toAgencies(...names: readonly AgencyName[]): AgencyId[] {
  return names as readonly string[] as AgencyId[];
}

/** What a request says beside its text (P05). */
export const REQUEST_WORDS = {
  facts: "A lorry was seen at the border.",
  grounds: "It is registered there.",
  useRestriction: "Not to be used without our leave.",
} as const;

/** A request that the principles permit; what is said of its body comes beside what it must say. */
export function createRequest(to: readonly AgencyName[], changes: Partial<Draft> = {}): Draft {
  return {
    kind: "request",
    to: toAgencies(...to),
    purpose: "investigation",
    crime: "drug-trafficking",
    officer: OFFICER,
    ...changes,
    body: { text: "Who owns the lorry?", ...REQUEST_WORDS, ...("body" in changes ? changes.body : {}) },
  } as Draft;
}

/** Publishes what a party appended, and takes what came of it out of one inbox. */
export async function exchangeMessage(
  exchange: TestExchange,
  sender: TestParty,
  draft: Draft | Composed,
  receiver: TestParty,
): Promise<{
  readonly message: SignedMessage;
  readonly copy: InboxDelivery;
  readonly answer: InboxDelivery;
}> {
  const message = await sender.append(draft);
  await exchange.publish(sender.agency, message.envelope);
  const [copy] = receiver.post.inbox.takeAll();
  const [answer] = sender.post.inbox.takeAll();
  if (!copy || !answer) throw new Error("nothing came");
  return { message, copy, answer };
}

/** A node's events, and a way to wait for one of them. */
export interface EventLog {
  readonly events: readonly NodeEvent[];
  readonly onEvent: (event: NodeEvent) => void;
  /** The first event of a kind, past or to come, that fits. */
  until<K extends NodeEvent["kind"]>(
    kind: K,
    fits?: (event: Extract<NodeEvent, { kind: K }>) => boolean,
  ): Promise<Extract<NodeEvent, { kind: K }>>;
}

export function createEventLog(): EventLog {
  const events: NodeEvent[] = [];
  const listeners = new Set<() => void>();
  return {
    events,
    onEvent(event) {
      events.push(event);
      for (const listener of [...listeners]) listener();
    },
    until(kind, fits = () => true) {
      const { promise, resolve } = Promise.withResolvers<Extract<NodeEvent, { kind: typeof kind }>>();
      const look = () => {
        const found = events
          .filter((event): event is Extract<NodeEvent, { kind: typeof kind }> => event.kind === kind)
          .find(fits);
        if (!found) return;
        listeners.delete(look);
        resolve(found);
      };
      listeners.add(look);
      look();
      return promise;
    },
  };
}
