import { READER_API } from "@leix/broker";
import { STREAMS } from "@leix/protocol";
import type { TestExchange } from "@leix/testkit";
import { jetstreamManager } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";

/** Longer than any of the small batches here takes, also on a busy machine. */
const RETURNS_MS = 6_000;

/**
 * From now on the broker gives back after seconds what was in hands that died, from OUT and from every inbox.
 * In service it is half a minute, which is for large batches; what happens then is the same. For tests in
 * which the registry is not started again: it would find its consumers changed.
 */
export async function hastenRedelivery(exchange: TestExchange): Promise<void> {
  const { parties, brokerAccount } = exchange.network;
  const accounts = parties.flatMap(({ account }) => (account ? [account] : []));
  const places = [
    ...[...accounts, brokerAccount].map((account) => [STREAMS.out, account] as const),
    ...accounts.map((account) => [STREAMS.inbox, account] as const),
  ];
  await exchange.as("monitor", async (monitor) => {
    const reader = await jetstreamManager(monitor, { checkAPI: false, apiPrefix: READER_API });
    await exchange.as("registry", async (registry) => {
      for (const [stream, account] of places) {
        const { config } = await reader.consumers.info(stream, account);
        const changed = { ...config, ack_wait: nanos(RETURNS_MS) };
        const question = JSON.stringify({ stream_name: stream, config: changed, action: "update" });
        const subject = `$JS.API.CONSUMER.CREATE.${stream}.${account}.${config.filter_subject}`;
        const answer = (await registry.request(subject, question)).json<{ error?: unknown }>();
        if (answer.error) throw new Error(`${stream} ${account}: ${JSON.stringify(answer.error)}`);
      }
    });
  });
}
