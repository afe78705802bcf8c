import { AccountId } from "@leix/protocol";
import type { NatsConnection } from "@nats-io/transport-node";

/**
 * Given the account that asks, as the broker vouches for it, and its question; its answer must fit one
 * message.
 */
export type RulesHandler = (account: AccountId, question: Uint8Array) => Promise<Uint8Array>;

const QUEUE = "rules";

/**
 * Answers what parties ask at `leix.rules`, until the signal is aborted; of several instances each question
 * goes to one. Needs the role `registry`. A handler that throws leaves its question unanswered: `onError` is
 * told, and the party asks again.
 */
export async function serveRules(
  nc: NatsConnection,
  handler: RulesHandler,
  options: { readonly signal: AbortSignal; readonly onError: (error: unknown) => void },
): Promise<void> {
  const subscription = nc.subscribe("leix.rules.*", { queue: QUEUE });
  const stop = (): void => subscription.unsubscribe();
  options.signal.addEventListener("abort", stop, { once: true });
  try {
    for await (const message of subscription) {
      const account = AccountId.safeParse(message.subject.split(".")[2]);
      if (!account.success || !message.reply) continue;
      try {
        message.respond(await handler(account.data, message.data));
      } catch (error) {
        options.onError(error);
      }
    }
  } finally {
    options.signal.removeEventListener("abort", stop);
  }
}
