import type { Trust } from "@leix/exchange";
import { auditStatement, createState, listLogKeys } from "@leix/exchange";
import type { RepairSource } from "@leix/ledger-store";
import {
  decodeBase64url,
  encodeUtf8,
  LeixError,
  limits,
  parseEnvelope,
  parseJws,
  parseStatement,
  STATEMENT_TYP,
  toLogOrigin,
} from "@leix/protocol";
import { loadGenesis } from "@leix/runtime";
import { encodeVerifierKey, parseCheckpoint, parseNote, parseVerifierKey, toVerifierKey } from "@leix/tlog";
import { findLogKeys } from "./replay/follow-log.ts";
import { toVkey } from "./replay/log-keys.ts";
import { readStatement } from "./replay/statement-keys.ts";
import { loadStoredNote, readStoredLines } from "./store-source.ts";

/**
 * Who signs the checkpoints of a store that may be damaged: as it was given; as the store's own records say,
 * all of them; as `loadOther` says, for an older copy may name a key that was replaced since; as far as the
 * store's own can be read; as the network's folder says. Throws `ledger/checkpoint-invalid`.
 */
export async function findStoreLog(
  dir: string,
  folder: string,
  trust: Trust,
  log: string | undefined,
  loadOther = async (): Promise<string | undefined> => undefined,
): Promise<string> {
  if (log !== undefined) return encodeVerifierKey(parseVerifierKey(log, "ed25519"));
  try {
    const note = await loadStoredNote(folder);
    return await toVkey(note, await findLogKeys(trust, readStoredLines(folder), note));
  } catch (cause) {
    if (!(cause instanceof LeixError)) throw cause;
    const found = (await loadOther()) ?? (await readLog(folder, trust)) ?? (await loadFirstLog(dir, trust));
    if (found !== undefined) return found;
    throw new LeixError("ledger/checkpoint-invalid", "nothing says who signs it: name it with --log", {
      cause,
    });
  }
}

/**
 * Who signs, by the copy that a store is to be repaired from: of the store's own records the damaged one may
 * be the one that says it. The copy's statements are proven from the anchor's key. Undefined where it has no
 * checkpoint, or not all of what that covers.
 */
export async function findCopyLog(copy: RepairSource, trust: Trust): Promise<string | undefined> {
  const note = await copy.checkpoint?.();
  if (!note) return undefined;
  try {
    const { size } = parseCheckpoint(parseNote(note).text);
    // So many it only says. The last of them is in no copy that was cut off, and is never erased.
    if (size === 0 || !(await copy.record(size - 1))) return undefined;
    return await toVkey(note, await findLogKeys(trust, listRecords(copy, size), note));
  } catch (error) {
    if (error instanceof LeixError) return undefined;
    throw error;
  }
}

async function* listRecords(copy: RepairSource, size: number): AsyncGenerator<Uint8Array, void> {
  for (let index = 0; index < size; index++) {
    // One that was erased is no statement: it has nothing to say here.
    yield (await copy.record(index)) ?? new Uint8Array();
  }
}

/** The newest key that the store's statements bring, passing over those that are damaged. */
async function readLog(folder: string, trust: Trust): Promise<string | undefined> {
  const state = createState(trust);
  for await (const record of readStoredLines(folder)) {
    const { kind } = readStatement(record) ?? {};
    if (kind !== "anchor" && kind !== "service") continue;
    try {
      await auditStatement(state, record);
    } catch (error) {
      if (!(error instanceof LeixError)) throw error;
    }
  }
  const newest = listLogKeys(state).at(-1);
  return newest && encodeVerifierKey(newest);
}

/** The key with which a network began, from its own folder. */
async function loadFirstLog(dir: string, { aud }: Trust): Promise<string | undefined> {
  for (const { envelope } of await loadFirst(dir)) {
    const parsed = parseEnvelope(encodeUtf8(envelope));
    if (!("statement" in parsed)) continue;
    const statement = parseStatement(
      parseJws(parsed.statement, STATEMENT_TYP, limits.STATEMENT_BYTES_MAX).payload,
    );
    if (statement.kind !== "service" || statement.subject !== "ledger") continue;
    const [key] = statement.keys;
    const publicKey = key?.alg === "Ed25519" ? decodeBase64url(key.jwk.x) : null;
    if (publicKey) return encodeVerifierKey(toVerifierKey(toLogOrigin(aud), "ed25519", publicKey));
  }
  return undefined;
}

async function loadFirst(dir: string): Promise<readonly { readonly envelope: string }[]> {
  try {
    return await loadGenesis(dir);
  } catch (error) {
    if (error instanceof LeixError) return [];
    throw error;
  }
}
