import { createNkey, formatCredentials } from "@leix/broker";
import type { AccountId } from "@leix/protocol";
import {
  startTestBroker,
  type TestBroker,
  type TestConnection,
  type TestKeyPair,
  waitUntil,
} from "@leix/testkit";
import { jetstreamManager } from "@nats-io/jetstream";
import { encodeUser } from "@nats-io/jwt";
import { errors, headers, type MsgHdrs } from "@nats-io/transport-node";

/** LEIX's broker with a hostile party ATTACKER and a party VICTIM, and observers of what arrives where. */
export interface Siege extends AsyncDisposable {
  readonly broker: TestBroker;
  readonly attacker: AccountId;
  readonly victim: AccountId;
  /** What a party has: a user of its signing key, bound to the template. */
  readonly ordinary: TestConnection;
  /** What a hostile party can make itself, with its own identity key: a user without any restriction. */
  readonly unrestricted: TestConnection;
  /** Every message seen in the account BROKER, and in the victim's, since the last call. */
  seen(): Promise<readonly Seen[]>;
  /** Waits until the server's log has what it refused: a violation of the attacker's rights on a subject. */
  logged(violation: "Publish" | "Subscription", subject: string): Promise<void>;
  /** What every stream holds. */
  counts(): Promise<Readonly<Record<string, number>>>;
}

export interface Seen {
  readonly where: "BROKER" | "VICTIM";
  readonly subject: string;
  readonly text: string;
  /** Names of the headers. */
  readonly headers: readonly string[];
}

export async function startSiege(): Promise<Siege> {
  const log: string[] = [];
  const broker = await startTestBroker({
    parties: ["ATTACKER", "VICTIM"],
    onLine: (line) => log.push(line),
  });
  const [attacker, victim] = [broker.party("ATTACKER"), broker.party("VICTIM")];
  const counter = await connectUnrestricted(broker, broker.keys.broker);
  const manager = await jetstreamManager(counter, { checkAPI: false });
  const messages: Seen[] = [];
  const observers = await Promise.all([
    observe(broker, "BROKER", broker.keys.broker, messages),
    observe(broker, "VICTIM", victim.identity, messages),
  ]);
  return {
    broker,
    attacker: attacker.account,
    victim: victim.account,
    ordinary: await broker.connectParty("ATTACKER"),
    unrestricted: await connectUnrestricted(broker, attacker.identity),
    async seen() {
      for (const observer of observers) await observer.flush();
      return messages.splice(0).filter(({ subject }) => !OBSERVERS.test(subject));
    },
    async logged(violation, subject) {
      await waitUntil(`a ${violation} violation on ${subject} in the server's log`, () =>
        log.some((line) => line.includes(`${violation} Violation`) && line.includes(`"${subject}"`)),
      );
    },
    async counts() {
      const streams = ["OUT", "LEDGER", "INBOX", "QUARANTINE", "CHECKPOINT"];
      const infos = await Promise.all(streams.map((stream) => manager.streams.info(stream)));
      return Object.fromEntries(infos.map(({ config, state }) => [config.name, state.messages]));
    },
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}

/** A user signed by the account's identity key: no signing key's template applies to it. */
export async function connectUnrestricted(
  broker: TestBroker,
  identity: TestKeyPair,
): Promise<TestConnection> {
  const user = createNkey("user");
  const jwt = await encodeUser("unrestricted", user, identity, {});
  return broker.connectWith(formatCredentials(jwt, user), { name: "unrestricted" });
}

async function observe(
  broker: TestBroker,
  where: Seen["where"],
  identity: TestKeyPair,
  messages: Seen[],
): Promise<TestConnection> {
  const nc = await connectUnrestricted(broker, identity);
  nc.subscribe(">", {
    callback: (_error, message) => {
      if (message.subject?.startsWith("_INBOX.")) return;
      const headers = message.headers?.keys() ?? [];
      messages.push({ where, subject: message.subject, text: message.string(), headers });
    },
  });
  await nc.flush();
  return nc;
}

/** What the attacker sees of a request, in one word and the answer. */
export type Outcome =
  | { readonly kind: "refused" }
  | { readonly kind: "nobody" }
  | { readonly kind: "silence" }
  | { readonly kind: "answer"; readonly text: string };

/** What the observers themselves cause. */
const OBSERVERS = /^(\$JS\.EVENT\.ADVISORY\.|\$JS\.API\.(STREAM|CONSUMER)\.INFO\.)/;
const SILENCE_MS = 400;

export async function attempt(
  nc: TestConnection,
  subject: string,
  data: string | Uint8Array = "{}",
  fields?: MsgHdrs,
): Promise<Outcome> {
  try {
    const options = fields === undefined ? {} : { headers: fields };
    const answer = await nc.request(subject, data, { timeout: SILENCE_MS, ...options });
    return { kind: "answer", text: answer.string() };
  } catch (error) {
    if (isRefusal(error)) return { kind: "refused" };
    if (error instanceof errors.RequestError && error.isNoResponders()) return { kind: "nobody" };
    if (error instanceof errors.TimeoutError) return { kind: "silence" };
    throw error;
  }
}

function isRefusal(error: unknown): boolean {
  if (error instanceof errors.PermissionViolationError) return true;
  return error instanceof Error && error.cause !== undefined && isRefusal(error.cause);
}

export function toHeaders(fields: Readonly<Record<string, string>>): MsgHdrs {
  const set = headers();
  for (const [name, value] of Object.entries(fields)) set.set(name, value);
  return set;
}
