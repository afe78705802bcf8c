import { setTimeout } from "node:timers/promises";
import { LeixError } from "@leix/protocol";
import type { DeskParts } from "./desk.ts";
import { toName } from "./desk-folder.ts";
import type { SignedStatement } from "./signed-statement.ts";
import { findAnswer, type StatementAnswer, takeAnswers } from "./take-answers.ts";

/** How often the folder is looked into: another process on it may have taken the answer. */
const LOOK_MS = 100;
/** After so long without an answer it is sent again: whoever took the first answer may not have kept it. */
const RESEND_MS = 5_000;
/** The registry follows a record within moments; where it does not, the next refresh brings it. */
const SETTLE_MS = 5_000;

/**
 * The order of writes: outgoing, published, answer kept, answer acknowledged, no longer outgoing. Ended after
 * any of them, it is done again from the start, and the exchange gives the answer that it gave.
 */
export async function publishStatement(
  signed: SignedStatement,
  parts: DeskParts,
  timeoutMs: number,
): Promise<StatementAnswer> {
  const { folder, kept, post } = parts;
  await folder.keepOutgoing(signed);
  if (kept.state.head.index === 0) await kept.refresh(post);
  const answer = await untilAnswered(signed, parts, timeoutMs);
  await folder.dropOutgoing(signed.digest);
  if (answer.kind === "recorded") await untilKept(answer.index, parts);
  return answer;
}

async function untilAnswered(
  signed: SignedStatement,
  { folder, kept, post }: DeskParts,
  timeoutMs: number,
): Promise<StatementAnswer> {
  const reading = { post, folder, state: kept.state, refresh: () => kept.refresh(post) };
  const ended = new AbortController();
  let failure: { readonly error: unknown } | undefined;
  const taking = takeAnswers(reading, ended.signal).catch((error: unknown) => {
    failure = { error };
  });
  const deadline = performance.now() + timeoutMs;
  let sendAt = 0;
  try {
    while (true) {
      if (performance.now() >= sendAt) {
        await send(signed, post);
        sendAt = performance.now() + RESEND_MS;
      }
      const answer = await findAnswer(signed, reading);
      if (answer) return answer;
      if (failure) throw failure.error;
      if (performance.now() >= deadline) throw new LeixError("client/decision-timeout", toName(signed));
      await setTimeout(LOOK_MS);
    }
  } finally {
    ended.abort();
    await taking;
  }
}

/** Perhaps stored counts as sent: it is sent again where no answer comes. */
async function send({ bytes }: SignedStatement, post: DeskParts["post"]): Promise<void> {
  try {
    await post.send(bytes);
  } catch (error) {
    if (!(error instanceof LeixError) || error.code !== "broker/not-acknowledged") throw error;
  }
}

async function untilKept(index: number, { kept, post }: DeskParts): Promise<void> {
  const deadline = performance.now() + SETTLE_MS;
  while (kept.state.head.index <= index && performance.now() < deadline) {
    try {
      await kept.refresh(post);
    } catch (error) {
      if (!(error instanceof LeixError) || !error.code.startsWith("broker/")) throw error;
    }
    if (kept.state.head.index <= index) await setTimeout(LOOK_MS);
  }
}
