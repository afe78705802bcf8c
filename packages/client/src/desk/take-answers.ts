import type { State } from "@leix/exchange";
import { type Digest, type ErrorCode, LeixError, listRejected, parseReply } from "@leix/protocol";
import type { InboxDelivery, Post } from "../ports.ts";
import { verifyDecision } from "../verify-decision.ts";
import type { DeskFolder } from "./desk-folder.ts";
import type { SignedStatement } from "./signed-statement.ts";

/** What the exchange has made of a statement, signed by its policy service. */
export type StatementAnswer =
  | { readonly kind: "recorded"; readonly index: number; readonly at: number }
  | { readonly kind: "refused"; readonly code: ErrorCode; readonly detail: string };

interface Reading {
  readonly post: Pick<Post, "receive" | "listRules">;
  readonly folder: DeskFolder;
  readonly state: State;
  readonly refresh: () => Promise<unknown>;
}

/**
 * Takes what comes into the inbox until the signal is aborted. An answer is proven, kept, and only then
 * acknowledged: after a crash at any point it comes again, or is in the folder.
 */
export async function takeAnswers(reading: Reading, signal: AbortSignal): Promise<void> {
  for await (const deliveries of reading.post.receive(signal)) {
    for (const delivery of deliveries) {
      await keepAnswer(delivery, reading);
      delivery.acknowledge();
    }
  }
}

async function keepAnswer({ payload }: InboxDelivery, reading: Reading): Promise<void> {
  try {
    const digests = (await openAnswer(payload, reading)).map(({ digest }) => digest);
    for (const digest of digests) await reading.folder.keepDecision(digest, payload);
  } catch (error) {
    if (!(error instanceof LeixError) || error.code.startsWith("broker/")) throw error;
    await reading.folder.keepUnproven(payload);
  }
}

/** Undefined where no answer is in the folder. Throws where what is there proves nothing. */
export async function findAnswer(
  { digest, rawDigest }: SignedStatement,
  reading: Omit<Reading, "post">,
): Promise<StatementAnswer | undefined> {
  for (const name of [digest, rawDigest]) {
    const payload = await reading.folder.findDecision(name);
    const answers = payload ? await openAnswer(payload, reading) : [];
    const found = answers.find((one) => one.digest === name);
    if (found) return found.answer;
  }
  return undefined;
}

/**
 * What is answered of which inputs: many may be rejected together. A key of the policy service that is not
 * known here may be a new one.
 */
async function openAnswer(
  payload: Uint8Array,
  { state, refresh }: Pick<Reading, "state" | "refresh">,
): Promise<readonly { digest: Digest; answer: StatementAnswer }[]> {
  const { decision, detail = "" } = parseReply(payload);
  const membership = { findKey: (kid: Parameters<typeof state.keys.get>[0]) => state.keys.get(kid) };
  const verify = () => verifyDecision(decision, membership, state.trust.aud);
  const { content } = await verify().catch(async (error: unknown) => {
    if (!(error instanceof LeixError) || error.code !== "jws/key-unknown") throw error;
    await refresh();
    return verify();
  });
  const { digest } = content.input;
  if (content.kind === "statement") {
    return [{ digest, answer: { kind: "recorded", index: content.index, at: content.at } }];
  }
  const rejected = listRejected(content);
  if (rejected.length > 0) {
    return rejected.map((one) => ({
      digest: one.digest,
      answer: { kind: "refused", code: one.code, detail },
    }));
  }
  throw new LeixError("decision/other-message", content.kind);
}
