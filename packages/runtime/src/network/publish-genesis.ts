import { sendMessage } from "@leix/broker";
import { encodeUtf8, toDigest } from "@leix/protocol";
import { loadGenesis } from "./genesis-files.ts";
import { loadNetwork } from "./network-file.ts";
import { connectAs, type PartyConnection, type ReachOptions, withConnection } from "./party-connection.ts";
import { openRecordedInputs } from "./recorded-inputs.ts";

export interface GenesisOptions extends ReachOptions {
  /** Told after each statement that is recorded now: how many of all are. */
  readonly onProgress?: (recorded: number, total: number) => void;
  /** How long one statement may take to be recorded; a minute where it is left out. */
  readonly answerMs?: number;
}

export interface PublishedGenesis {
  /** Statements that were published now; the others were in the ledger before. */
  readonly published: number;
  readonly total: number;
}

const ANSWER_MS = 60_000;

/**
 * Publishes the first statements that are not in the ledger yet, each through its issuer's own account, and
 * each when the one before it is recorded: the same path as any statement's. Two that do this at once do no
 * harm. Throws `client/decision-timeout` where the policy service records nothing, and the rejection's code
 * where it rejects one.
 */
export async function publishGenesis(dir: string, options: GenesisOptions = {}): Promise<PublishedGenesis> {
  const network = await loadNetwork(dir);
  const inputs = (await loadGenesis(dir)).map((input) => {
    const bytes = encodeUtf8(input.envelope);
    return { ...input, bytes, rawDigest: toDigest(bytes), name: input.file };
  });
  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, ...(options.signal ? [options.signal] : [])]);
  const publishers = new Map<string, PartyConnection>();
  const connect = async (party: string): Promise<PartyConnection> => {
    const nc = publishers.get(party) ?? (await connectAs(dir, network, party, options));
    publishers.set(party, nc);
    return nc;
  };
  try {
    return await withConnection(dir, network, "auditor", options, async (nc) => {
      const recorded = await openRecordedInputs(nc, inputs, signal);
      let published = 0;
      for (const [i, input] of inputs.entries()) {
        if (recorded.has(input)) continue;
        await sendMessage(await connect(input.by), input.bytes);
        published++;
        await recorded.waitFor(input, options.answerMs ?? ANSWER_MS);
        options.onProgress?.(i + 1, inputs.length);
      }
      return { published, total: inputs.length };
    });
  } finally {
    ended.abort();
    await Promise.all([...publishers.values()].map((nc) => nc.close()));
  }
}
