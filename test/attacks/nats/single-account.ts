import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findNatsServer, startNatsServer } from "@leix/broker";
import { AckPolicy, jetstreamManager, RetentionPolicy } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";

/**
 * The configuration that LEIX does not have: agencies A and B in one account, kept apart by subject
 * permissions alone. An attack that succeeds here and fails against LEIX is stopped by the accounts, and by
 * nothing else.
 */
export interface SingleAccount extends AsyncDisposable {
  /**
   * May publish its own `out.<name>.>`, pull and acknowledge its own consumer, subscribe to its own inbox. C
   * is a second user of A that may also make consumers, as the usual client libraries want to.
   */
  connectAgency(name: Agency): Promise<NatsConnection>;
  /** Everything the stream OUT holds, as subject and text. */
  readOut(): Promise<{ subject: string; text: string }[]>;
  /** Puts a message into the inbox of A. */
  deliverToA(id: string, text: string): Promise<void>;
}

type Agency = "A" | "B" | "C";
const PASSWORD = "control";

function renderUser(name: Agency): string {
  const publish = [`out.${name}.>`, `$JS.API.CONSUMER.MSG.NEXT.IN.${name}`, `$JS.ACK.IN.${name}.>`];
  if (name === "C") publish.push("$JS.API.CONSUMER.CREATE.IN.*.in.A.>");
  return `{ user: ${name}, password: ${PASSWORD}, permissions {
    publish: { allow: ${JSON.stringify(publish)} }
    subscribe: { allow: ["_INBOX_${name}.>"] } } }`;
}

export async function startSingleAccount(): Promise<SingleAccount> {
  const folder = await mkdtemp(join(tmpdir(), "leix-single-"));
  const { path: binary } = await findNatsServer({ env: process.env, say: () => undefined });
  const config = `listen: "127.0.0.1:-1"
jetstream { store_dir: "store" }
accounts { ONE { jetstream: enabled, users: [
  { user: admin, password: ${PASSWORD} }
  ${renderUser("A")}
  ${renderUser("B")}
  ${renderUser("C")}
] } }`;
  await writeFile(join(folder, "n.conf"), config);
  const listening = Promise.withResolvers<string>();
  const server = await startNatsServer({
    binary,
    folder,
    configFile: "n.conf",
    onLine: (line) => {
      const port = /client connections on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (port !== undefined) listening.resolve(`127.0.0.1:${port}`);
    },
  });
  const servers = await listening.promise;
  const admin = await connect({ servers, user: "admin", pass: PASSWORD });
  const manager = await jetstreamManager(admin);
  await manager.streams.add({ name: "OUT", subjects: ["out.>"], retention: RetentionPolicy.Limits });
  await manager.streams.add({ name: "IN", subjects: ["in.>"], retention: RetentionPolicy.Limits });
  for (const name of ["A", "B"]) {
    await manager.consumers.add("IN", {
      durable_name: name,
      filter_subject: `in.${name}.>`,
      ack_policy: AckPolicy.Explicit,
    });
  }
  return {
    connectAgency: (name) => connect({ servers, user: name, pass: PASSWORD, inboxPrefix: `_INBOX_${name}` }),
    async readOut() {
      const { state } = await manager.streams.info("OUT");
      const messages = [];
      for (let seq = 1; seq <= state.last_seq; seq++) {
        const message = await manager.streams.getMessage("OUT", { seq });
        if (message !== null) messages.push({ subject: message.subject, text: message.string() });
      }
      return messages;
    },
    async deliverToA(id, text) {
      await admin.request(`in.A.${id}`, text, { timeout: 5_000 });
    },
    async [Symbol.asyncDispose]() {
      await admin.close();
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
