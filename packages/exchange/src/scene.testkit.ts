import type { PolicyFile } from "@leix/principles";
import { invariant, type MessageRef } from "@leix/protocol";
import type { Decided } from "./batch.ts";
import { startTestLedger, type TestLedger, toWord } from "./ledger.testkit.ts";
import { findMessage } from "./messages.ts";
import { createQueries } from "./queries.ts";
import { createWorld, NOW, type SentMessage, type SignerName, type World } from "./world.testkit.ts";

/** A ledger on which time passes: every message is made, received and decided at one moment. */
export interface Scene {
  readonly world: World;
  readonly ledger: TestLedger;
  readonly queries: ReturnType<typeof createQueries>;
  /** Sends, and returns what was sent. Throws unless it ended with `expected`. */
  send(
    by: SignerName,
    to: readonly string[],
    content: Readonly<Record<string, unknown>>,
    at?: number,
    expected?: string,
  ): Promise<SentMessage>;
  /** A message about another, in its thread. */
  reply(
    by: SignerName,
    to: readonly string[],
    kind: string,
    re: MessageRef,
    content?: Readonly<Record<string, unknown>>,
    at?: number,
    expected?: string,
  ): Promise<SentMessage>;
  tick(at: number): Promise<Decided>;
}

export async function createScene(
  files?: readonly PolicyFile[],
  anchor: Parameters<typeof startTestLedger>[1] = {},
): Promise<Scene> {
  const world = createWorld(files);
  const ledger = await startTestLedger(world, anchor);
  const send: Scene["send"] = async (by, to, content, at = NOW, expected = "permitted") => {
    const sent = await world.message(by, to, { classification: "unclassified", ...content }, { at });
    const [decided] = await ledger.appendInputs([sent.input], at);
    const word = toWord(decided);
    invariant(word === expected, `${word} instead of ${expected}: ${JSON.stringify(content)}`);
    return sent;
  };
  return {
    world,
    ledger,
    queries: createQueries(ledger.state),
    send,
    reply(by, to, kind, re, content = {}, at = NOW, expected = "permitted") {
      const isBare = kind === "acknowledgement";
      const thread = findMessage(ledger.state, re)?.thread ?? re.id;
      const bare = isBare ? { purpose: undefined, classification: undefined } : {};
      return send(by, to, { kind, re, thread, ...bare, ...content }, at, expected);
    },
    async tick(at) {
      const [decided] = await ledger.appendInputs([world.tick(at)], at);
      invariant(decided !== undefined, "a tick has an outcome");
      return decided;
    },
  };
}
