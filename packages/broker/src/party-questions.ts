import { AccountId, LOG_SUBJECT, RULES_SUBJECT } from "@leix/protocol";
import type { NatsConnection } from "@nats-io/transport-node";

/**
 * Given the account that asks, as the broker vouches for it, and its question; its answer must fit one
 * message.
 */
export type QuestionHandler = (account: AccountId, question: Uint8Array) => Promise<Uint8Array>;

/** What parties can ask: membership (needs the role `registry`), the log (the role `ledger`). */
export type QuestionSubject = typeof RULES_SUBJECT | typeof LOG_SUBJECT;

const QUEUES: Readonly<Record<QuestionSubject, string>> = { [RULES_SUBJECT]: "rules", [LOG_SUBJECT]: "log" };

/**
 * Answers what parties ask, until the signal is aborted; of several instances each question goes to one. A
 * handler that throws leaves its question unanswered: `onError` is told, and the party asks again.
 */
export async function answerParties(
  nc: NatsConnection,
  subject: QuestionSubject,
  handler: QuestionHandler,
  options: { readonly signal: AbortSignal; readonly onError: (error: unknown) => void },
): Promise<void> {
  const subscription = nc.subscribe(`${subject}.*`, { queue: QUEUES[subject] });
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
