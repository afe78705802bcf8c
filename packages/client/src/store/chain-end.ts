import { Digest, MessageId } from "@leix/protocol";
import { z } from "zod";
import type { Database } from "./database.ts";

const ResumedRow = z.object({ seq: z.int(), digest: Digest, atMs: z.int() });
type ResumedChain = z.infer<typeof ResumedRow>;

/** What a store that was put back from a backup was told, or has found out, of the messages it has lost. */
export interface ChainEnd {
  /** The agency's last message, of which the store has no more than this; by a person's word. */
  resume(end: ResumedChain): void;
  /** Somebody refers to a message of this agency that the store does not have. */
  addMissing(id: MessageId): void;
  /** One that was made after the chain was resumed, or of a chain that never was. */
  findMissing(): MessageId | undefined;
}

export function createChainEnd(database: Database): ChainEnd {
  const resumed = database.prepare("SELECT seq, digest, at_ms AS atMs FROM chain_resumed");
  const resume = database.prepare(
    `INSERT INTO chain_resumed (one, seq, digest, at_ms) VALUES (1, ?, ?, ?)
     ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, digest = excluded.digest, at_ms = excluded.at_ms`,
  );
  const add = database.prepare("INSERT OR IGNORE INTO chain_missing (id) VALUES (?)");
  const missing = database.prepare("SELECT id FROM chain_missing ORDER BY id DESC LIMIT 1");
  const getResumed = () => ResumedRow.optional().parse(resumed.get());
  return {
    resume: ({ seq, digest, atMs }) => void resume.run(seq, digest, atMs),
    addMissing: (id) => void add.run(id),
    findMissing() {
      const row = missing.get();
      if (!row) return undefined;
      const id = MessageId.parse(row.id);
      return toMadeMs(id) > (getResumed()?.atMs ?? 0) ? id : undefined;
    },
  };
}

/** A UUIDv7 begins with its time (RFC 9562 section 5.7). */
function toMadeMs(id: MessageId): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
