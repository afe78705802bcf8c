import { AccountId, LOG_SUBJECT, RULES_SUBJECT } from "@leix/protocol";
import type { Msg, NatsConnection } from "@nats-io/transport-node";
import { QuestionLine } from "./question-line.ts";

/**
 * Given the account that asks, as the broker vouches for it, and its question; its answer must fit one
 * message.
 */
export type QuestionHandler = (account: AccountId, question: Uint8Array) => Promise<Uint8Array>;

/** What parties can ask: membership (needs the role `registry`), the log (the role `ledger`). */
export type QuestionSubject = typeof RULES_SUBJECT | typeof LOG_SUBJECT;

export interface QuestionOptions {
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
}

export interface AnswerOptions extends QuestionOptions {
  /** What a party is answered that has too many waiting. Without one it is not answered, and asks again. */
  readonly busy?: Uint8Array;
}

const QUEUES: Readonly<Record<QuestionSubject, string>> = { [RULES_SUBJECT]: "rules", [LOG_SUBJECT]: "log" };
/** What waits longer than a party does is of no use to it. */
const LINE_LIMITS = { atOnceMax: 16, atOncePerAccountMax: 2, waitingPerAccountMax: 64 };

/**
 * Answers what parties ask, until the signal is aborted; of several instances each question goes to one.
 * Several at once, by turns among the parties. A handler that throws leaves its question unanswered:
 * `onError` is told, and the party asks again; what `onError` throws ends it.
 */
export function answerParties(
  nc: NatsConnection,
  subject: QuestionSubject,
  handler: QuestionHandler,
  options: AnswerOptions,
): Promise<void> {
  const { busy } = options;
  return serve(nc, subject, QUEUES[subject], options, {
    take: async (account, message) => {
      message.respond(await handler(account, message.data));
    },
    refuse: (message) => void (busy && message.respond(busy)),
  });
}

/**
 * Hears what parties ask, until the signal is aborted: every instance hears every question, whoever answers
 * it. Of a party that asks too fast, some are not heard.
 */
export function hearQuestions(
  nc: NatsConnection,
  subject: QuestionSubject,
  hear: (account: AccountId, question: Uint8Array) => Promise<void>,
  options: QuestionOptions,
): Promise<void> {
  return serve(nc, subject, undefined, options, {
    take: (account, message) => hear(account, message.data),
    refuse: () => undefined,
  });
}

interface Work {
  readonly take: (account: AccountId, message: Msg) => Promise<void>;
  /** Of a party that has too many waiting. */
  readonly refuse: (message: Msg) => void;
}

async function serve(
  nc: NatsConnection,
  subject: QuestionSubject,
  queue: string | undefined,
  { signal, onError }: QuestionOptions,
  { take, refuse }: Work,
): Promise<void> {
  const subscription = nc.subscribe(`${subject}.*`, queue === undefined ? {} : { queue });
  const line = new QuestionLine<Msg>(LINE_LIMITS);
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const stop = (): void => subscription.unsubscribe();
  const run = async (account: AccountId, message: Msg): Promise<void> => {
    try {
      await take(account, message).catch(onError);
    } catch (error) {
      failure ??= { error };
      stop();
    }
    line.answered(account);
    serveNext();
  };
  const serveNext = (): void => {
    while (!failure && !signal.aborted) {
      const next = line.take();
      if (!next) return;
      const work = run(next.account, next.question);
      running.add(work);
      void work.then(() => running.delete(work));
    }
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    for await (const message of subscription) {
      const account = AccountId.safeParse(message.subject.split(".")[2]);
      if (!account.success || !message.reply) continue;
      if (line.add(account.data, message)) serveNext();
      else refuse(message);
    }
    while (running.size > 0) await Promise.all(running);
  } finally {
    signal.removeEventListener("abort", stop);
  }
  if (failure) throw failure.error;
}
